#include "base/clock.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

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

void clock_rfc3339(long long wall_ms, char text[CLOCK_RFC3339_BYTES])
{
	time_t seconds = (time_t)(wall_ms / 1000);
	char whole[CLOCK_RFC3339_BYTES];
	struct tm tm;

	if (gmtime_r(&seconds, &tm) == NULL)
		memset(&tm, 0, sizeof(tm));
	strftime(whole, sizeof(whole), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text, CLOCK_RFC3339_BYTES, "%.24s.%03uZ", whole,
		 (unsigned)(wall_ms % 1000) % 1000);
}

/* No program sets a locale, so strftime and strptime speak English. */
void clock_http_date(time_t seconds, char text[CLOCK_HTTP_DATE_BYTES])
{
	struct tm tm;

	if (gmtime_r(&seconds, &tm) == NULL)
		memset(&tm, 0, sizeof(tm));
	strftime(text, CLOCK_HTTP_DATE_BYTES, "%a, %d %b %Y %H:%M:%S GMT", &tm);
}

/* A year of two digits that seems more than 50 years ahead is in the past
 * (RFC 9110 §5.6.7); strptime has put it between 1969 and 2068. */
static void mend_two_digit_year(struct tm *tm)
{
	time_t now = (time_t)(clock_wall_ms() / 1000);
	struct tm today;

	if (gmtime_r(&now, &today) != NULL && tm->tm_year > today.tm_year + 50)
		tm->tm_year -= 100;
}

int clock_parse_http_date(const char *text, time_t *seconds)
{
	static const struct {
		const char *form; /* of strptime, in the C locale */
		bool is_two_digit_year;
	} forms[] = {
		{"%a, %d %b %Y %H:%M:%S GMT", false},
		{"%A, %d-%b-%y %H:%M:%S GMT", true},
		{"%a %b %d %H:%M:%S %Y", false},
	};
	const char *end;
	struct tm tm;
	size_t i;

	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		memset(&tm, 0, sizeof(tm));
		end = strptime(text, forms[i].form, &tm);
		if (end == NULL || *end != '\0')
			continue;
		if (forms[i].is_two_digit_year)
			mend_two_digit_year(&tm);
		*seconds = timegm(&tm);
		return 0;
	}
	return -1;
}
