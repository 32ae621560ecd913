/* movies_health: the films' entry, from the cache and the publisher's note. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cache_fixture.h"
#include "web/movies_health.h"
#include "web_fixture.h"

/* An age of a few seconds is as good as none, and any time of publication. */
static void assert_report(enum health_state state, const char *expected)
{
	const char *const member = "\"age_s\":", *const since =
							 "published\":\"";
	const size_t time_length = strlen("2026-11-21T08:00:00.000Z");
	struct buffer out = BUFFER_EMPTY;
	struct json_writer json = JSON_WRITER(&out);
	char *age, *published;

	json_begin_object(&json);
	assert_int_equal(movies_health_report("cache", &json), state);
	json_end_object(&json);
	age = strstr(out.data, member);
	if (age != NULL && age[strlen(member)] >= '1' &&
	    age[strlen(member)] <= '9' && age[strlen(member) + 1] == ',')
		age[strlen(member)] = '0';
	published = strstr(out.data, since);
	if (published != NULL) {
		published += strlen(since);
		memmove(published, published + time_length,
			strlen(published + time_length) + 1);
	}
	assert_string_equal(out.data, expected);
	buffer_free(&out);
}

static void fresh_data_is_ok_with_its_counts(void **state)
{
	(void)state;
	publish_with_status("result=ok\nsource=upstream\nfilms=22\npeople=57\n"
			    "generation=3fa9\nlast_run=2026-11-21T08:00:00."
			    "000Z\nfailures=0\n",
			    true);
	assert_report(
		HEALTH_OK,
		"{\"age_s\":0,\"published\":\"\",\"films\":22,\"people\":57,"
		"\"source\":\"upstream\",\"generation\":\"3fa9\","
		"\"last_run\":\"2026-11-21T08:00:00.000Z\","
		"\"failures\":0,\"last_error\":null}");
}

static void regress_a_run_that_went_well_left_no_time(void **state)
{
	struct buffer out = BUFFER_EMPTY;
	struct json_writer json = JSON_WRITER(&out);

	(void)state;
	publish_with_status("result=ok\nsource=upstream\nfailures=0\n", true);
	json_begin_object(&json);
	movies_health_report("cache", &json);
	assert_non_null(strstr(out.data, "\"last_run\":\"20"));
	buffer_free(&out);
}

static void the_bundled_catalogue_is_degraded_and_says_why(void **state)
{
	(void)state;
	publish_with_status(
		"result=failed\nsource=bundled\nfilms=22\nfailures=3\n"
		"error=cannot connect to \"host\"\n",
		false);
	assert_report(HEALTH_DEGRADED,
		      "{\"age_s\":null,\"published\":\"\",\"films\":22,"
		      "\"people\":null,"
		      "\"source\":\"bundled\",\"generation\":null,"
		      "\"last_run\":null,\"failures\":3,"
		      "\"last_error\":\"cannot connect to \\\"host\\\"\"}");
}

static void an_error_of_an_earlier_run_is_not_the_last(void **state)
{
	(void)state;
	publish_with_status(
		"result=ok\nerror=long ago\nfilms=x\nlast_run=then\n", true);
	assert_report(HEALTH_OK, "{\"age_s\":0,\"published\":\"\",\"films\":"
				 "null,\"people\":null,"
				 "\"source\":null,\"generation\":null,"
				 "\"last_run\":\"then\","
				 "\"failures\":null,\"last_error\":null}");
}

static void nothing_published_is_down_with_every_member(void **state)
{
	(void)state;
	assert_report(HEALTH_DOWN,
		      "{\"age_s\":null,\"published\":null,\"films\":null,"
		      "\"people\":null,"
		      "\"source\":null,\"generation\":null,\"last_run\":null,"
		      "\"failures\":null,\"last_error\":null}");
}

int main(void)
{
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, enter_directory, leave_directory)
	const struct CMUnitTest tests[] = {
		TEST(fresh_data_is_ok_with_its_counts),
		TEST(regress_a_run_that_went_well_left_no_time),
		TEST(the_bundled_catalogue_is_degraded_and_says_why),
		TEST(an_error_of_an_earlier_run_is_not_the_last),
		TEST(nothing_published_is_down_with_every_member),
	};

	return cmocka_run_group_tests_name("movies_health", tests, NULL, NULL);
}
