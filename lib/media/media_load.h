/*
 * Details and segments of one file, asked for at once.
 */
#ifndef MARQUEE_MEDIA_MEDIA_LOAD_H
#define MARQUEE_MEDIA_MEDIA_LOAD_H

#include <stdbool.h>

#include "base/object_cutter.h"
#include "media/media_segments.h"
#include "media/media_trouble.h"
#include "upstream/http.h"

/* Details of one file (EX_DATAERR): they are kept in memory as they are. An
 * entry of the list has the same limit. */
#define MEDIA_DETAILS_MAX_BYTES ((size_t)1 << 20)

struct media_loaded {
	struct buffer text;             /* of the details */
	struct object_members details;  /* point into `text` */
	struct media_segments segments; /* ordered */
	bool is_missing;                /* the details are answered 404 */
};

/* Asks for the details of `id` and, where `wants_segments`, for its segments.
 * Returns 0, or -1 where one of the two fails, is of another file, is no JSON
 * of its kind or is too much. `loaded` is to be freed in each case. */
int media_load(struct http_conversation *conversation, const char *base,
	       const char *id, bool wants_segments, struct media_loaded *loaded,
	       struct media_trouble *trouble);

void media_loaded_free(struct media_loaded *loaded);

#endif
