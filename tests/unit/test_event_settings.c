/* event_settings: which settings mean the database of this host, which a server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base_fixture.h"
#include "events/event_settings.h"

/* What comes of a value of MARQUEE_EVENTS_URL. */
static const struct {
	const char *value;
	bool is_server;
	const char *complaint; /* NULL: it is one of them */
} cases[] = {
	{"sqlite:", false, NULL},
	{"", false, NULL},
	{"postgresql://me:secret@db/events", true, NULL},
	{"postgres://me@db/events", true, NULL},
	{"sqlite:/elsewhere/events.db", false,
	 "\"sqlite:/elsewhere/events.db\", allowed are sqlite: "},
};

static void sqlite_is_the_state_directory_and_postgresql_is_a_server(
	void **state)
{
	struct event_store_options options;
	struct settings *settings;
	struct error err;
	size_t i;
	int status;

	(void)state;
	put_file("empty.env", "");
	setenv("MARQUEE_STATE_DIR", "/some/where", 1);
	for (i = 0; i < COUNT(cases); i++) {
		print_message("%s\n", cases[i].value);
		err = (struct error){0};
		setenv("MARQUEE_EVENTS_URL", cases[i].value, 1);
		settings = settings_load("empty.env", &err);
		assert_non_null(settings);
		status = event_settings_read(settings, &options, &err);
		if (cases[i].complaint != NULL) {
			assert_int_equal(status, -1);
			assert_int_equal(err.code, EX_CONFIG);
			assert_non_null(
				strstr(err.message, cases[i].complaint));
		} else if (cases[i].is_server) {
			assert_int_equal(status, 0);
			assert_null(options.directory);
			assert_string_equal(options.url, cases[i].value);
		} else {
			assert_int_equal(status, 0);
			assert_null(options.url);
			assert_string_equal(options.directory, "/some/where");
		}
		settings_free(settings);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			sqlite_is_the_state_directory_and_postgresql_is_a_server,
			enter_directory, leave_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
