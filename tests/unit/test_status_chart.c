/* status_chart: a bar for each value, in a picture of its own size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <limits.h>
#include <string.h>

#include "web/status_chart.h"

static long long values[DAY_SLOTS];

static int forget_values(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < DAY_SLOTS; i++)
		values[i] = -1;
	return 0;
}

static struct buffer written(enum status_unit unit)
{
	const struct status_chart chart = {"Waits", unit, values,
					   "Nothing has waited."};
	struct buffer out = BUFFER_EMPTY;

	status_chart_write(&chart, &out);
	assert_false(out.has_failed);
	return out;
}

static void assert_shows(enum status_unit unit, const char *largest,
			 const char *path)
{
	struct buffer out = written(unit), expected = BUFFER_EMPTY;

	buffer_format(&expected, "the highest is %s</small>", largest);
	assert_non_null(strstr(out.data, expected.data));
	buffer_clear(&expected);
	buffer_format(&expected, " d=\"%s\"/>", path);
	if (strstr(out.data, expected.data) == NULL)
		fail_msg("no %s in %s", expected.data, out.data);
	buffer_free(&expected);
	buffer_free(&out);
}

static void each_value_is_a_bar_of_its_height(void **state)
{
	(void)state;
	values[0] = 100;
	values[1] = 50;
	values[143] = 0;
	assert_shows(STATUS_COUNT, "100",
		     "M0 100V4h1V100zM1 100V52h1V100zM143 100V99h1V100z");
}

static void milliseconds_are_told_as_seconds(void **state)
{
	(void)state;
	values[5] = 12034;
	assert_shows(STATUS_MS, "12.034 s", "M5 100V4h1V100z");
}

static void seconds_are_told_as_people_say_them(void **state)
{
	static const struct {
		long long seconds;
		const char *text;
	} cases[] = {
		{0, "0 s"},
		{119, "119 s"},
		{120, "2 min"},
		{7199, "119 min"},
		{7200, "2 h 0 min"},
		{86400 + 3600 * 3 + 60 * 20 + 59, "27 h 20 min"},
		{2 * 86400 - 1, "47 h 59 min"},
		{2 * 86400, "2 days"},
		{LLONG_MAX, "106751991167300 days"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		values[5] = cases[i].seconds;
		assert_shows(STATUS_SECONDS, cases[i].text,
			     cases[i].seconds == 0 ? "M5 100V99h1V100z"
						   : "M5 100V4h1V100z");
	}
}

static void a_day_of_nothing_but_noughts_is_flat(void **state)
{
	(void)state;
	values[5] = 0;
	assert_shows(STATUS_COUNT, "0", "M5 100V99h1V100z");
}

static void no_value_leaves_the_picture(void **state)
{
	(void)state;
	values[0] = LLONG_MAX;
	values[1] = LLONG_MAX - 1;
	assert_shows(STATUS_COUNT, "9223372036854775807",
		     "M0 100V4h1V100zM1 100V4h1V100z");
}

static void without_a_value_it_says_what_it_was_given(void **state)
{
	struct buffer out = written(STATUS_COUNT);

	(void)state;
	assert_null(strstr(out.data, "<svg"));
	assert_non_null(strstr(out.data, "Nothing has waited."));
	buffer_free(&out);
}

#define FORGETTING(test) cmocka_unit_test_setup(test, forget_values)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FORGETTING(each_value_is_a_bar_of_its_height),
		FORGETTING(milliseconds_are_told_as_seconds),
		FORGETTING(seconds_are_told_as_people_say_them),
		FORGETTING(a_day_of_nothing_but_noughts_is_flat),
		FORGETTING(no_value_leaves_the_picture),
		FORGETTING(without_a_value_it_says_what_it_was_given),
	};

	return cmocka_run_group_tests_name("status_chart", tests, NULL, NULL);
}
