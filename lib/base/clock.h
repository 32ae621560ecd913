/*
 * Time: two clocks and the three ways it is written.
 */
#ifndef MARQUEE_BASE_CLOCK_H
#define MARQUEE_BASE_CLOCK_H

#include <stddef.h>
#include <time.h>

/* Milliseconds since 1970 (UTC). Jumps when somebody sets the clock: for
 * showing and for comparing with file times only. */
long long clock_wall_ms(void);

/* Milliseconds since some moment; never jumps. For deadlines and durations. */
long long clock_monotonic_ms(void);

/* "2026-11-21T08:00:00.123Z" (RFC 3339 §5.6). A time outside the years 1000 to
 * 9999 is written as the nearest one inside. */
#define CLOCK_RFC3339_BYTES 32
void clock_rfc3339(long long wall_ms, char text[CLOCK_RFC3339_BYTES]);

/* Reads what clock_rfc3339 writes, and no other of the RFC's forms. Returns 0
 * and sets `wall_ms`, or -1. */
int clock_parse_rfc3339(const char *text, long long *wall_ms);

/* "Sat, 21 Nov 2026 08:00:00 GMT" (IMF-fixdate, RFC 9110 §5.6.7), whatever
 * the locale; the years as above. */
#define CLOCK_HTTP_DATE_BYTES 32
void clock_http_date(time_t seconds, char text[CLOCK_HTTP_DATE_BYTES]);

/* Reads any of the three forms of RFC 9110 §5.6.7: IMF-fixdate, RFC 850 and
 * asctime. Returns 0 and sets `seconds`, or -1 where `text` is no valid date,
 * which a recipient then ignores. Whether the day's name fits the date is not
 * asked. */
int clock_parse_http_date(const char *text, time_t *seconds);

#endif
