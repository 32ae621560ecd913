/*
 * What the last walks saw of the list, for a short time and in bounded memory:
 * beyond it the oldest is forgotten. And so, after a walk through the whole list,
 * which ids are in none of its entries. One thread at a time.
 */
#ifndef MARQUEE_MEDIA_MEDIA_INDEX_H
#define MARQUEE_MEDIA_MEDIA_INDEX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "media/media_entry.h"

struct media_index;

/* NULL with EX_OSERR. With a `ttl_ms` of 0 nothing is remembered. */
struct media_index *media_index_open(long long ttl_ms, size_t max_bytes,
				     struct error *err);
void media_index_close(struct media_index *index);

/* Remembers an entry, of which it makes a copy, in the place of an older one
 * of the same id. `now_ms` is of clock_monotonic_ms and never goes back. Lack of
 * memory is no failure: the entry is not remembered then. */
void media_index_put(struct media_index *index, const struct media_entry *entry,
		     long long now_ms);

/* NULL where the id is not remembered. Holds until the index is used again. */
const struct media_entry *media_index_find(struct media_index *index,
					   const char *id, long long now_ms);

/* Forgets an id: nothing is remembered of it then, not even that it is
 * unknown. */
void media_index_forget(struct media_index *index, const char *id);

/* A walk begins, the only one; its entries are put from here on. */
void media_index_begin(struct media_index *index, long long now_ms);

/* It has read the whole list. */
void media_index_end_whole(struct media_index *index);

/* Whether the id is known to be unknown: a walk that began not longer ago than
 * the time to live has read the whole list, all that was put since is
 * remembered, and the id is not. */
bool media_index_is_unknown(struct media_index *index, const char *id,
			    long long now_ms);

#endif
