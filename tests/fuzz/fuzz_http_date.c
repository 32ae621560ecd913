/* base/clock.h: a date that is read is one to the C library too, and is written
 * and read as the same one. */
#include "base/clock.h"
#include "fuzz.h"

#define MAX_BYTES 64

/* What the C library makes of it by the same three forms; it takes more than
 * they allow. A year of two digits is left to it and to us. */
static void check_library(const char *text, time_t seconds)
{
	static const char *const forms[] = {"%a, %d %b %Y %H:%M:%S GMT",
					    "%A, %d-%b-%y %H:%M:%S GMT",
					    "%a %b %e %H:%M:%S %Y"};
	bool is_known = false;
	size_t i;

	for (i = 0; i < 3 && !is_known; i++) {
		struct tm tm = {0};
		const char *end = strptime(text, forms[i], &tm);

		is_known = end != NULL && *end == '\0';
		if (is_known && i != 1)
			FUZZ_CHECK(timegm(&tm) == seconds);
	}
	FUZZ_CHECK(is_known);
}

FUZZ_TARGET(http_date, MAX_BYTES)
{
	static char room[MAX_BYTES + 1];
	const char *text = fuzz_text(room, sizeof(room), data, size);
	char written[CLOCK_HTTP_DATE_BYTES];
	time_t seconds = -42, again;

	if (clock_parse_http_date(text, &seconds) != 0) {
		FUZZ_CHECK(seconds == -42);
		return;
	}
	/* From the year 0 to a leap second's end of 9999. */
	FUZZ_CHECK(seconds >= -62167219200 && seconds <= 253402300800);
	FUZZ_CHECK(strlen(text) >= 24);
	check_library(text, seconds);
	/* Years that are written as others are left out. */
	if (seconds < -30610224000 || seconds > 253402300799)
		return;
	clock_http_date(seconds, written);
	FUZZ_CHECK(strlen(written) == 29);
	FUZZ_CHECK(clock_parse_http_date(written, &again) == 0);
	FUZZ_CHECK(again == seconds);
	/* The same form says the same, but for the day's name and a leap
	 * second. */
	if (strlen(text) == 29 && strncmp(text + 23, "60", 2) != 0)
		FUZZ_CHECK(strcmp(text + 3, written + 3) == 0);
}
