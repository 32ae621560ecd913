#include "web/range.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

static void skip_blanks(const char **at)
{
	*at += strspn(*at, " \t");
}

/* Reads digits; a number past what fits is as good as the largest one.
 * Returns false where there are none. */
static bool read_position(const char **at, uint64_t *position)
{
	const char *start = *at;

	for (*position = 0; **at >= '0' && **at <= '9'; (*at)++) {
		uint64_t digit = (uint64_t)(**at - '0');

		if (*position > (UINT64_MAX - digit) / 10)
			*position = UINT64_MAX;
		else
			*position = *position * 10 + digit;
	}
	return *at != start;
}

struct bounds {
	bool has_first, has_last;
	uint64_t first, last;
};

/* first-pos "-" [ last-pos ], or "-" suffix-length, and nothing more. */
static bool read_bounds(const char *text, struct bounds *bounds)
{
	skip_blanks(&text);
	bounds->has_first = read_position(&text, &bounds->first);
	if (*text != '-')
		return false;
	text++;
	bounds->has_last = read_position(&text, &bounds->last);
	skip_blanks(&text);
	if (*text != '\0' || (!bounds->has_first && !bounds->has_last))
		return false;
	return !bounds->has_first || !bounds->has_last ||
	       bounds->first <= bounds->last;
}

enum range_verdict range_read(const char *header, uint64_t length,
			      struct range *range)
{
	static const char unit[] = "bytes=";
	struct bounds bounds;

	if (header == NULL ||
	    strncasecmp(header, unit, sizeof(unit) - 1) != 0 ||
	    !read_bounds(header + sizeof(unit) - 1, &bounds))
		return RANGE_WHOLE;
	if (!bounds.has_first) {
		if (bounds.last == 0 || length == 0)
			return RANGE_UNSATISFIABLE;
		range->bytes = bounds.last < length ? bounds.last : length;
		range->first = length - range->bytes;
		return RANGE_PART;
	}
	if (bounds.first >= length)
		return RANGE_UNSATISFIABLE;
	if (!bounds.has_last || bounds.last >= length)
		bounds.last = length - 1;
	range->first = bounds.first;
	range->bytes = bounds.last - bounds.first + 1;
	return RANGE_PART;
}
