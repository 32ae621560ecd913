/*
 * Finding ids in the list, for any number of threads: from what walks saw not
 * long ago (media_index.h), or with a walk that they share (media_walker.h).
 */
#ifndef MARQUEE_MEDIA_MEDIA_FIND_H
#define MARQUEE_MEDIA_MEDIA_FIND_H

#include <stdbool.h>

#include "media/media.h"
#include "media/media_pool.h"
#include "media/media_trouble.h"

struct media_finder;

/* `options` and `pool` must outlive it. NULL with EX_OSERR. */
struct media_finder *media_finder_open(const struct media_options *options,
				       struct media_pool *pool,
				       struct error *err);

/* Nobody may be finding. Waits for the walk to end. NULL is allowed. */
void media_finder_close(struct media_finder *finder);

struct media_found {
	struct media_entry *entry; /* the caller frees it with free(3) */
	bool is_fresh;             /* read for this call, not remembered */
};

/* Looks for `id` until `deadline_ms` (clock_monotonic_ms). With `wants_fresh`
 * what is remembered does not count, nor what a walk saw that began before.
 * Returns 1 and sets `found`; 0 where the whole list has no such id; -1. */
int media_find(struct media_finder *finder, const char *id,
	       long long deadline_ms, bool wants_fresh,
	       struct media_found *found, struct media_trouble *trouble);

/* Whether the id is known to be unknown: the whole list was read not long
 * ago. Waits for nothing. */
bool media_find_is_unknown(struct media_finder *finder, const char *id);

/* Forgets what is remembered of the id. */
void media_find_forget(struct media_finder *finder, const char *id);

/* Sets the first two. */
void media_find_numbers(struct media_finder *finder,
			struct media_numbers *numbers);

#endif
