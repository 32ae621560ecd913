/* base/clock.h: a time that is read is written letter by letter the same. */
#include "base/clock.h"
#include "fuzz.h"

#define MAX_BYTES 40

FUZZ_TARGET(rfc3339, MAX_BYTES)
{
	static char room[MAX_BYTES + 1];
	const char *text = fuzz_text(room, sizeof(room), data, size);
	char written[CLOCK_RFC3339_BYTES];
	long long wall_ms = -42;

	if (clock_parse_rfc3339(text, &wall_ms) != 0) {
		FUZZ_CHECK(wall_ms == -42);
		return;
	}
	FUZZ_CHECK(strlen(text) == 24);
	if (text[0] == '0' || strncmp(text + 17, "60", 2) == 0)
		return; /* a year before 1000, a leap second */
	clock_rfc3339(wall_ms, written);
	FUZZ_CHECK(strcmp(text, written) == 0);
}
