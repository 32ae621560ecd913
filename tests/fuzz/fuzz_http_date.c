/* base/clock.h: a date that is read is written and read as the same one. */
#include "base/clock.h"
#include "fuzz.h"

#define MAX_BYTES 64

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
