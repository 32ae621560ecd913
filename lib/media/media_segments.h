/*
 * The segments of a file: collected as they arrive, put into the order of
 * their `startTime`, each byte for byte as it came.
 */
#ifndef MARQUEE_MEDIA_MEDIA_SEGMENTS_H
#define MARQUEE_MEDIA_MEDIA_SEGMENTS_H

#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"

/* Of one file, both (EX_DATAERR): they are kept in memory until they are
 * ordered and written. Twelve hours of talk have some 20,000, 4 MB of them. */
#define MEDIA_MAX_SEGMENTS 100000
#define MEDIA_SEGMENTS_MAX_BYTES ((size_t)8 << 20)

struct media_segment;

struct media_segments {
	const char *id; /* the file's; borrowed */
	struct buffer text;
	struct media_segment *list;
	size_t count, capacity;
};

#define MEDIA_SEGMENTS(file_id) ((struct media_segments){.id = (file_id)})

/* Takes one segment; an array_cutter_element. Returns 0, or -1 with EX_DATAERR
 * where it is no object, has another file's `fileId` or is too much. */
int media_segments_add(void *context, const char *text, size_t length,
		       struct error *err);

/* Orders them by `startTime`. Times are numbers, strings that hold a number, or
 * clock times ("1:02:03.5"); where no segment has one of these, other strings
 * are compared by their bytes (RFC 3339). Equal ones stay in the order in which
 * they came, and one that cannot be compared stays at its place. */
int media_segments_sort(struct media_segments *segments, struct error *err);

/* Appends them as a JSON array. */
void media_segments_write(const struct media_segments *segments,
			  struct buffer *out);

/* Forgets them all; the memory stays for others. */
void media_segments_clear(struct media_segments *segments);
void media_segments_free(struct media_segments *segments);

#endif
