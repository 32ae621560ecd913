/*
 * Byte ranges (RFC 9110 §14): one range is served as 206. Several at once, a
 * unit other than bytes and what does not parse are ignored, and the whole is
 * sent, which §14.2 allows.
 */
#ifndef MARQUEE_WEB_RANGE_H
#define MARQUEE_WEB_RANGE_H

#include <stdint.h>

enum range_verdict {
	RANGE_WHOLE,        /* send everything: 200 */
	RANGE_PART,         /* send `first` and so on: 206 */
	RANGE_UNSATISFIABLE /* no byte of it exists: 416 */
};

struct range {
	uint64_t first; /* byte, from 0 */
	uint64_t bytes; /* at least 1 */
};

/* Reads a Range header (NULL: none) for a body of `length` bytes. Sets `range`
 * with RANGE_PART only. */
enum range_verdict range_read(const char *header, uint64_t length,
			      struct range *range);

#endif
