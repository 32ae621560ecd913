/* media_settings: what the settings allow, the media files' code can do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/setting_rules.h"
#include "base_fixture.h"
#include "media/media_settings.h"
#include "media/media_walk.h"
#include "upstream/http.h"

/* More requests than a conversation may have would end a long walk as a fault
 * of ours. */
static void regress_a_walk_of_all_pages_allowed_fits_a_conversation(
	void **state)
{
	(void)state;
	assert_true(setting_rules[SETTING_MAX_PAGES].most <= HTTP_MAX_REQUESTS);
}

static void a_page_of_the_greatest_size_allowed_is_read(void **state)
{
	(void)state;
	assert_true(setting_rules[SETTING_PAGE_SIZE].most <=
		    MEDIA_PAGE_MAX_ELEMENTS);
}

static void each_setting_becomes_its_own_option(void **state)
{
	static const char *const names[] = {
		"MARQUEE_MAX_PAGES",   "MARQUEE_PAGE_SIZE",
		"MARQUEE_CONCURRENCY", "MARQUEE_RETRIES",
		"MARQUEE_TIMEOUT_MS",  "MARQUEE_CONNECT_TIMEOUT_MS",
		"MARQUEE_MAX_BYTES",   "MARQUEE_MAX_WALKS",
		"MARQUEE_INDEX_TTL_S",
	};
	struct settings *settings;
	struct media_options options;
	struct error err = {0};
	char number[2] = "1";
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++, number[0]++)
		assert_int_equal(setenv(names[i], number, 1), 0);
	setenv("MARQUEE_FILES_URL", "http://media", 1);
	setenv("MARQUEE_CACHE_DIR", "some/cache", 1);
	put_file("empty.env", "");
	settings = settings_load("empty.env", &err);
	if (settings == NULL)
		fail_msg("%s", err.message);
	options = media_settings_options(settings);
	assert_string_equal(options.base, "http://media");
	assert_string_equal(options.cache_dir, "some/cache");
	assert_int_equal(options.max_pages, 1);
	assert_int_equal(options.page_size, 2);
	assert_int_equal(options.concurrency, 3);
	assert_int_equal(options.retries, 4);
	assert_int_equal(options.timeout_ms, 5);
	assert_int_equal(options.connect_timeout_ms, 6);
	assert_int_equal(options.max_bytes, 7);
	assert_int_equal(options.max_walks, 8);
	assert_int_equal(options.index_ttl_s, 9);
	settings_free(settings);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			regress_a_walk_of_all_pages_allowed_fits_a_conversation),
		cmocka_unit_test(a_page_of_the_greatest_size_allowed_is_read),
		cmocka_unit_test_setup_teardown(
			each_setting_becomes_its_own_option, enter_directory,
			leave_directory),
	};

	return cmocka_run_group_tests_name("media_settings", tests, NULL, NULL);
}
