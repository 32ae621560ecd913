/* web/range.h: a part lies within the body, and says the same said again. */
#include "fuzz.h"
#include "web/range.h"

#define MAX_BYTES 96

static void check_part(const struct range *range, uint64_t length)
{
	struct range again;
	char text[64];

	FUZZ_CHECK(range->bytes > 0);
	FUZZ_CHECK(range->first < length);
	FUZZ_CHECK(range->bytes <= length - range->first);
	snprintf(text, sizeof(text), "bytes=%llu-%llu",
		 (unsigned long long)range->first,
		 (unsigned long long)(range->first + range->bytes - 1));
	FUZZ_CHECK(range_read(text, length, &again) == RANGE_PART);
	FUZZ_CHECK(again.first == range->first && again.bytes == range->bytes);
}

/* Whether it has the form of one range, whatever the numbers are. */
static bool has_form(const char *text)
{
	size_t first, last;

	text += strspn(text, " \t");
	first = strspn(text, "0123456789");
	if (text[first] != '-')
		return false;
	last = strspn(text + first + 1, "0123456789");
	text += first + 1 + last;
	return first + last > 0 && text[strspn(text, " \t")] == '\0';
}

FUZZ_TARGET(range, MAX_BYTES)
{
	static const uint64_t lengths[] = {0, 1, 1000, UINT64_MAX};
	static char room[MAX_BYTES + 1];
	const char *header = fuzz_text(room, sizeof(room), data, size);
	uint64_t length = lengths[fuzz_seed(data, size) % 4];
	struct range range = {UINT64_MAX, 0}, other;
	enum range_verdict verdict = range_read(header, length, &range);

	/* What is no range is none of any body. */
	FUZZ_CHECK((verdict == RANGE_WHOLE) ==
		   (range_read(header, 7, &other) == RANGE_WHOLE));
	if (verdict != RANGE_WHOLE)
		FUZZ_CHECK(has_form(header + 6));
	if (verdict == RANGE_PART)
		check_part(&range, length);
	else
		FUZZ_CHECK(range.first == UINT64_MAX);
}
