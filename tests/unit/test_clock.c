/* clock: dates as HTTP and JSON write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <limits.h>

#include "base/clock.h"
#include "base_fixture.h"

static void a_time_is_written_in_rfc3339_with_milliseconds(void **state)
{
	static const struct {
		long long ms;
		const char *text;
	} cases[] = {
		{0, "1970-01-01T00:00:00.000Z"},
		{1, "1970-01-01T00:00:00.001Z"},
		{999, "1970-01-01T00:00:00.999Z"},
		{1000, "1970-01-01T00:00:01.000Z"},
		{1795248000123, "2026-11-21T08:00:00.123Z"},
		{951782400000, "2000-02-29T00:00:00.000Z"},
		{253402300799999, "9999-12-31T23:59:59.999Z"},
	};
	char text[CLOCK_RFC3339_BYTES];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		clock_rfc3339(cases[i].ms, text);
		if (strcmp(text, cases[i].text) != 0)
			fail_msg("%lld: %s, not %s", cases[i].ms, text,
				 cases[i].text);
	}
}

static void a_time_in_rfc3339_reads_back(void **state)
{
	static const long long times_ms[] = {0,
					     -1,
					     -1000,
					     1795248000123,
					     951782399999,
					     253402300799999,
					     -30610224000000};
	char text[CLOCK_RFC3339_BYTES];
	long long ms;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(times_ms) / sizeof(times_ms[0]); i++) {
		clock_rfc3339(times_ms[i], text);
		if (clock_parse_rfc3339(text, &ms) != 0 || ms != times_ms[i])
			fail_msg("%s is read as %lld", text, ms);
	}
}

static void what_clock_rfc3339_does_not_write_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"2026-11-21T08:00:00Z",
		"2026-11-21T08:00:00.12Z",
		"2026-11-21T08:00:00.1234Z",
		"2026-11-21T08:00:00.123",
		"2026-11-21T08:00:00.123z",
		"2026-11-21t08:00:00.123Z",
		"2026-11-21 08:00:00.123Z",
		"2026-11-21T08:00:00,123Z",
		"2026-11-21T08:00:00.+12Z",
		"2026-11-21T08:00:00.123+00:00",
		"2026-00-21T08:00:00.123Z",
		"2026-13-21T08:00:00.123Z",
		"2026-02-29T08:00:00.123Z",
		"2026-11-00T08:00:00.123Z",
		"2026-11-21T24:00:00.123Z",
		"2026-11-21T08:60:00.123Z",
		"2026-11-21T08:00:61.123Z",
		"2026-1-021T08:00:00.123Z",
		"-026-11-21T08:00:00.123Z",
		"2026-11-21T08:00:00.123ZZ",
	};
	long long ms = 7;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (clock_parse_rfc3339(texts[i], &ms) != -1 || ms != 7)
			fail_msg("\"%s\" is read as %lld", texts[i], ms);
}

static void regress_milliseconds_before_1970_ran_backwards(void **state)
{
	char text[CLOCK_RFC3339_BYTES];

	(void)state;
	clock_rfc3339(-1, text);
	assert_string_equal(text, "1969-12-31T23:59:59.999Z");
	clock_rfc3339(-1000, text);
	assert_string_equal(text, "1969-12-31T23:59:59.000Z");
}

/* strftime left the text undefined where the year did not fit. */
static void regress_a_year_past_9999_left_no_date(void **state)
{
	char text[CLOCK_HTTP_DATE_BYTES];

	(void)state;
	clock_http_date((time_t)LLONG_MAX, text);
	assert_string_equal(text, "Fri, 31 Dec 9999 23:59:59 GMT");
	clock_http_date((time_t)LLONG_MIN, text);
	assert_string_equal(text, "Wed, 01 Jan 1000 00:00:00 GMT");
	clock_rfc3339(LLONG_MAX, text);
	assert_memory_equal(text, "9999-12-31T23:59:59.", 20);
	clock_rfc3339(LLONG_MIN, text);
	assert_memory_equal(text, "1000-01-01T00:00:00.", 20);
}

static void every_month_and_day_has_its_name_and_reads_back(void **state)
{
	static const struct {
		time_t seconds;
		const char *text;
	} cases[] = {
		{0, "Thu, 01 Jan 1970 00:00:00 GMT"},
		{-1, "Wed, 31 Dec 1969 23:59:59 GMT"},
		{784111777, "Sun, 06 Nov 1994 08:49:37 GMT"},
		{951782400, "Tue, 29 Feb 2000 00:00:00 GMT"},
		{1767312000, "Fri, 02 Jan 2026 00:00:00 GMT"},
		{1772323200, "Sun, 01 Mar 2026 00:00:00 GMT"},
		{1775520000, "Tue, 07 Apr 2026 00:00:00 GMT"},
		{1777680000, "Sat, 02 May 2026 00:00:00 GMT"},
		{1780272000, "Mon, 01 Jun 2026 00:00:00 GMT"},
		{1782950400, "Thu, 02 Jul 2026 00:00:00 GMT"},
		{1786017600, "Thu, 06 Aug 2026 12:00:00 GMT"},
		{1790812800, "Thu, 01 Oct 2026 00:00:00 GMT"},
		{1790726399, "Tue, 29 Sep 2026 23:59:59 GMT"},
		{1795248000, "Sat, 21 Nov 2026 08:00:00 GMT"},
		{1798675200, "Thu, 31 Dec 2026 00:00:00 GMT"},
	};
	char text[CLOCK_HTTP_DATE_BYTES];
	time_t seconds;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		clock_http_date(cases[i].seconds, text);
		if (strcmp(text, cases[i].text) != 0)
			fail_msg("%s, not %s", text, cases[i].text);
		assert_int_equal(clock_parse_http_date(text, &seconds), 0);
		assert_int_equal(seconds, cases[i].seconds);
	}
}

static void the_three_forms_of_rfc9110_name_the_same_moment(void **state)
{
	static const struct {
		const char *text;
		time_t seconds;
	} cases[] = {
		{"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
		{"Sunday, 06-Nov-94 08:49:37 GMT", 784111777},
		{"Sun Nov  6 08:49:37 1994", 784111777},
		{"Wed Nov 16 08:49:37 1994", 784975777},
		{"Tue, 29 Feb 2000 00:00:00 GMT", 951782400},
		{"Thursday, 29-Feb-24 12:00:00 GMT", 1709208000},
		{"Tue Feb 29 00:00:00 2000", 951782400},
		{"Sat, 31 Dec 2016 23:59:60 GMT", 1483228800}, /* leap second */
		{"Fri, 31 Dec 9999 23:59:59 GMT", 253402300799},
		/* the day's name is not compared with the date */
		{"Mon, 06 Nov 1994 08:49:37 GMT", 784111777},
	};
	time_t seconds;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		seconds = -1;
		if (clock_parse_http_date(cases[i].text, &seconds) != 0)
			fail_msg("%s is refused", cases[i].text);
		if (seconds != cases[i].seconds)
			fail_msg("%s is %lld", cases[i].text,
				 (long long)seconds);
	}
}

static void what_is_no_http_date_is_refused(void **state)
{
	static const char *const cases[] = {
		"",
		"0",
		"Sun",
		"Sun,",
		"Sun, ",
		"784111777",
		"1994-11-06T08:49:37Z",
		"Sun, 06 Nov 1994 08:49:37",
		"Sun, 06 Nov 1994 08:49:37 gmt",
		"Sun, 06 Nov 1994 08:49:37 UTC",
		"Sun, 06 Nov 1994 08:49:37 +0000",
		"Sun, 06 Nov 1994 08:49:37 GMT ",
		"Sun, 06 Nov 1994 08:49:37 GMT, x",
		" Sun, 06 Nov 1994 08:49:37 GMT",
		"Sun, 06 Nov 1994  08:49:37 GMT",
		"Sun, 06 Nov 94 08:49:37 GMT",
		"Sun, 06 Nov +994 08:49:37 GMT",
		"Sun, 06 Nov -994 08:49:37 GMT",
		"Sun, 6 Nov 1994 08:49:37 GMT",
		"Sun,  6 Nov 1994 08:49:37 GMT",
		"Sun, 06 Nov 1994 8:49:37 GMT",
		"Sun, 06 Nov 1994 24:00:00 GMT",
		"Sun, 06 Nov 1994 08:60:00 GMT",
		"Sun, 06 Nov 1994 08:49:61 GMT",
		"Sun, 06 Nov 1994 08:49 GMT",
		"Sun, 00 Nov 1994 08:49:37 GMT",
		"Sun, 06 Nob 1994 08:49:37 GMT",
		"Sun, 06 nov 1994 08:49:37 GMT",
		"Sun, 06 November 1994 08:49:37 GMT",
		"Son, 06 Nov 1994 08:49:37 GMT",
		"Sunday, 06 Nov 1994 08:49:37 GMT",
		"Sun, 06-Nov-94 08:49:37 GMT",
		"Sunday, 06-Nov-1994 08:49:37 GMT",
		"Sunday, 32-Nov-94 08:49:37 GMT",
		"Sun Nov 6 08:49:37 1994",
		"Sun Nov  6 08:49:37 94",
		"Sun Nov -6 08:49:37 1994",
		"Sun Nov  6 08:49:37 1994 GMT",
		"Sun Nov 31 08:49:37 1994",
		"Sun, dd Nov yyyy hh:mm:ss GMT",
		"Sun, 06 nnn 1994 08:49:37 GMT",
	};
	time_t seconds;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		seconds = 42;
		if (clock_parse_http_date(cases[i], &seconds) != -1)
			fail_msg("\"%s\" is accepted", cases[i]);
		assert_int_equal(seconds, 42);
	}
}

static void regress_a_day_that_the_month_lacks_was_moved(void **state)
{
	static const char *const cases[] = {
		"Mon, 30 Feb 2026 00:00:00 GMT",
		"Sun, 29 Feb 2026 00:00:00 GMT",
		"Thu, 29 Feb 1900 00:00:00 GMT",
		"Tue, 31 Apr 2026 00:00:00 GMT",
		"Fri, 32 Jan 2026 00:00:00 GMT",
		"Friday, 29-Feb-25 00:00:00 GMT",
		"Sun Feb 30 00:00:00 2026",
	};
	time_t seconds;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++)
		if (clock_parse_http_date(cases[i], &seconds) != -1)
			fail_msg("%s is accepted", cases[i]);
}

/* The day `days` from now, `years` later. */
static time_t later(int years, int days)
{
	time_t moment = time(NULL) + days * 86400;
	struct tm tm;

	gmtime_r(&moment, &tm);
	tm.tm_year += years;
	return timegm(&tm);
}

static void assert_two_digits_mean(int years, int days, int years_meant)
{
	time_t moment = later(years, days), seconds;
	char day[32], hour[16], text[64];
	struct tm tm, meant;

	gmtime_r(&moment, &tm);
	strftime(day, sizeof(day), "%A, %d-%b", &tm);
	strftime(hour, sizeof(hour), "%H:%M:%S", &tm);
	snprintf(text, sizeof(text), "%s-%02d %s GMT", day, tm.tm_year % 100,
		 hour);
	assert_int_equal(clock_parse_http_date(text, &seconds), 0);
	gmtime_r(&seconds, &meant);
	if (meant.tm_year - tm.tm_year != years_meant - years)
		fail_msg("%s is read as %d", text, meant.tm_year + 1900);
}

/* strptime put 69 to 99 into the last century whatever the year is. */
static void regress_two_digit_years_did_not_follow_the_fifty_years(void **state)
{
	time_t now = time(NULL);
	struct tm tm;
	int in_century, years;

	(void)state;
	gmtime_r(&now, &tm);
	in_century = tm.tm_year % 100;
	for (years = 1 - in_century; years < 99 - in_century; years++)
		if (years != 50)
			assert_two_digits_mean(
				years, 0, years > 50 ? years - 100 : years);
	if (in_century < 49) {
		assert_two_digits_mean(50, -2, 50);
		assert_two_digits_mean(50, 2, -50);
	}
}

static void the_clocks_tell_this_time_and_go_forward(void **state)
{
	long long before = clock_monotonic_ms();
	long long wall_s = clock_wall_ms() / 1000;
	time_t now = time(NULL);

	(void)state;
	assert_in_range(wall_s, now - 2, now + 2);
	assert_true(clock_monotonic_ms() >= before);
	assert_true(before > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_time_is_written_in_rfc3339_with_milliseconds),
		cmocka_unit_test(a_time_in_rfc3339_reads_back),
		cmocka_unit_test(what_clock_rfc3339_does_not_write_is_refused),
		cmocka_unit_test(
			regress_milliseconds_before_1970_ran_backwards),
		cmocka_unit_test(regress_a_year_past_9999_left_no_date),
		cmocka_unit_test(
			every_month_and_day_has_its_name_and_reads_back),
		cmocka_unit_test(
			the_three_forms_of_rfc9110_name_the_same_moment),
		cmocka_unit_test(what_is_no_http_date_is_refused),
		cmocka_unit_test(regress_a_day_that_the_month_lacks_was_moved),
		cmocka_unit_test(
			regress_two_digit_years_did_not_follow_the_fifty_years),
		cmocka_unit_test(the_clocks_tell_this_time_and_go_forward),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
