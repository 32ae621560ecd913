#include "base/clock.h"

#include <stdbool.h>
#include <string.h>

#include "base/count.h"
#include "base/text.h"

/* Both written forms have a year of four digits, which strftime makes of 1000
 * to 9999. */
#define FIRST_WRITABLE_S (-30610224000LL)
#define LAST_WRITABLE_S 253402300799LL

/* Spelled out here, since those of strftime follow the locale. */
static const char *const day_names[] = {"Sunday",    "Monday",   "Tuesday",
					"Wednesday", "Thursday", "Friday",
					"Saturday"};
static const char *const month_names[] = {"Jan", "Feb", "Mar", "Apr",
					  "May", "Jun", "Jul", "Aug",
					  "Sep", "Oct", "Nov", "Dec"};

static long long read_clock_ms(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

long long clock_wall_ms(void)
{
	return read_clock_ms(CLOCK_REALTIME);
}

long long clock_monotonic_ms(void)
{
	return read_clock_ms(CLOCK_MONOTONIC);
}

static void break_down(long long seconds, struct tm *tm)
{
	time_t writable;

	if (seconds < FIRST_WRITABLE_S)
		seconds = FIRST_WRITABLE_S;
	if (seconds > LAST_WRITABLE_S)
		seconds = LAST_WRITABLE_S;
	writable = (time_t)seconds;
	gmtime_r(&writable, tm);
}

void clock_rfc3339(long long wall_ms, char text[CLOCK_RFC3339_BYTES])
{
	long long seconds = wall_ms / 1000;
	long long ms = wall_ms % 1000;
	struct tm tm;

	if (ms < 0) {
		seconds--;
		ms += 1000;
	}
	break_down(seconds, &tm);
	strftime(text, CLOCK_RFC3339_BYTES, "%Y-%m-%dT%H:%M:%S.000Z", &tm);
	text[20] = (char)('0' + ms / 100);
	text[21] = (char)('0' + ms / 10 % 10);
	text[22] = (char)('0' + ms % 10);
}

void clock_http_date(time_t seconds, char text[CLOCK_HTTP_DATE_BYTES])
{
	struct tm tm;

	break_down(seconds, &tm);
	strftime(text, CLOCK_HTTP_DATE_BYTES, "ddd, %d mmm %Y %H:%M:%S GMT",
		 &tm);
	memcpy(text, day_names[tm.tm_wday], 3);
	memcpy(text + 8, month_names[tm.tm_mon], 3);
}

/* Returns 0 for January, or -1. */
static int find_month(const char *text)
{
	int month;

	for (month = 0; month < 12; month++)
		if (strncmp(text, month_names[month], 3) == 0)
			return month;
	return -1;
}

/* Returns what follows the name of a day, or NULL. */
static const char *skip_day_name(const char *text, bool is_full)
{
	size_t i, length;

	for (i = 0; i < 7; i++) {
		length = is_full ? strlen(day_names[i]) : 3;
		if (strncmp(text, day_names[i], length) == 0)
			return text + length;
	}
	return NULL;
}

static int *find_field(struct tm *tm, char letter)
{
	switch (letter) {
	case 'y':
		return &tm->tm_year;
	case 'o':
		return &tm->tm_mon;
	case 'd':
	case '_':
		return &tm->tm_mday;
	case 'h':
		return &tm->tm_hour;
	case 'm':
		return &tm->tm_min;
	case 's':
		return &tm->tm_sec;
	default:
		return NULL;
	}
}

/* Reads `text` by `form`, in which each of "yodhms" stands for a digit of that
 * field (`o` of the month), "nnn" for the name of a month, `_` for a digit of the day or a blank,
 * and the rest for itself. */
static bool read_form(const char *text, const char *form, struct tm *tm)
{
	for (; *form != '\0'; form++, text++) {
		int *field = find_field(tm, *form);

		if (field != NULL && *text >= '0' && *text <= '9') {
			*field = *field * 10 + (*text - '0');
		} else if (*form == 'n') {
			tm->tm_mon = find_month(text);
			if (tm->tm_mon < 0)
				return false;
			form += 2;
			text += 2;
		} else if (field != NULL ? *form != '_' || *text != ' '
					 : *text != *form) {
			return false;
		}
	}
	return *text == '\0';
}

/* Puts a year of two digits into this century, or into the last one where it
 * would lie more than 50 years ahead (RFC 9110 §5.6.7). */
static void mend_two_digit_year(struct tm *tm)
{
	long long now = clock_wall_ms() / 1000;
	struct tm latest, date;

	break_down(now, &latest);
	tm->tm_year += latest.tm_year / 100 * 100;
	latest.tm_year += 50;
	date = *tm;
	if (timegm(&date) > timegm(&latest))
		tm->tm_year -= 100;
}

/* A day that the month does not have is one that timegm moves. */
static int count_seconds(const struct tm *tm, time_t *seconds)
{
	struct tm date = *tm;

	if (tm->tm_mday < 1 || tm->tm_hour > 23 || tm->tm_min > 59 ||
	    tm->tm_sec > 60)
		return -1;
	date.tm_sec = 0;
	*seconds = timegm(&date) + tm->tm_sec;
	return date.tm_mday == tm->tm_mday ? 0 : -1;
}

int clock_parse_http_date(const char *text, time_t *seconds)
{
	static const struct {
		const char *form; /* of read_form, after the day's name */
		bool is_full_day, is_two_digit_year;
	} forms[] = {
		{", dd nnn yyyy hh:mm:ss GMT", false, false},
		{", dd-nnn-yy hh:mm:ss GMT", true, true},
		{" nnn _d hh:mm:ss yyyy", false, false},
	};
	const char *rest;
	struct tm tm;
	time_t result;
	size_t i;

	for (i = 0; i < COUNT(forms); i++) {
		memset(&tm, 0, sizeof(tm));
		rest = skip_day_name(text, forms[i].is_full_day);
		if (rest == NULL || !read_form(rest, forms[i].form, &tm))
			continue;
		if (forms[i].is_two_digit_year)
			mend_two_digit_year(&tm);
		else
			tm.tm_year -= 1900;
		if (count_seconds(&tm, &result) != 0)
			return -1;
		*seconds = result;
		return 0;
	}
	return -1;
}

int clock_parse_rfc3339(const char *text, long long *wall_ms)
{
	char start[] = "yyyy-oo-ddThh:mm:ss"; /* what stands before the point */
	const size_t point = sizeof(start) - 1;
	struct tm tm = {0};
	long long ms;
	time_t seconds;

	if (strlen(text) != point + strlen(".000Z") || text[point] != '.' ||
	    text[point + 4] != 'Z' ||
	    text_number(text + point + 1, 3, &ms) != 0)
		return -1;
	memcpy(start, text, point);
	if (!read_form(start, "yyyy-oo-ddThh:mm:ss", &tm) || tm.tm_mon < 1 ||
	    tm.tm_mon > 12)
		return -1;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	if (count_seconds(&tm, &seconds) != 0)
		return -1;
	*wall_ms = (long long)seconds * 1000 + ms;
	return 0;
}
