/* event_settings: which settings mean the database of this host. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base_fixture.h"
#include "events/event_settings.h"

/* What comes of a value of MARQUEE_EVENTS_URL. */
static const struct {
	const char *url;
	const char *complaint; /* NULL: it is the state directory */
} cases[] = {
	{"sqlite:", NULL},
	{"", NULL},
	{"sqlite:/elsewhere/events.db", "\"sqlite:/elsewhere/events.db\""},
	{"postgresql://db/events", "\"postgresql://db/events\", allowed is "
				   "sqlite:"},
	{"postgresql://me:secret@db/events", "\"postgresql://me:***@db/"
					     "events\""},
};

static void only_sqlite_is_the_state_directory_and_others_are_refused(
	void **state)
{
	struct settings *settings;
	const char *directory;
	struct error err;
	size_t i;

	(void)state;
	put_file("empty.env", "");
	setenv("MARQUEE_STATE_DIR", "/some/where", 1);
	for (i = 0; i < COUNT(cases); i++) {
		print_message("%s\n", cases[i].url);
		err = (struct error){0};
		setenv("MARQUEE_EVENTS_URL", cases[i].url, 1);
		settings = settings_load("empty.env", &err);
		assert_non_null(settings);
		directory = event_settings_directory(settings, &err);
		if (cases[i].complaint == NULL) {
			assert_string_equal(directory, "/some/where");
		} else {
			assert_null(directory);
			assert_int_equal(err.code, EX_CONFIG);
			assert_non_null(
				strstr(err.message, cases[i].complaint));
		}
		settings_free(settings);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			only_sqlite_is_the_state_directory_and_others_are_refused,
			enter_directory, leave_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
