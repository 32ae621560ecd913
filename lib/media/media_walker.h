/*
 * One walk at a time, for any number of threads.
 *
 * A walk is a thread of its own. It reads the list until each id that is waited
 * for was seen or the list is over, and puts what it sees into the index; an id
 * that is asked for meanwhile joins it.
 *
 * The lock is the owner's, who shares the index with the walk: every function
 * but open and close is called with it held, and gives it up while it waits.
 */
#ifndef MARQUEE_MEDIA_MEDIA_WALKER_H
#define MARQUEE_MEDIA_MEDIA_WALKER_H

#include <pthread.h>
#include <stdbool.h>

#include "media/media.h"
#include "media/media_index.h"
#include "media/media_pool.h"
#include "media/media_trouble.h"

struct media_walker;

/* All of them must outlive it. NULL with EX_OSERR. */
struct media_walker *media_walker_open(const struct media_options *options,
				       struct media_pool *pool,
				       struct media_index *index,
				       pthread_mutex_t *lock,
				       struct error *err);

/* Nobody may be waiting. Waits for the walk to end. NULL is allowed. */
void media_walker_close(struct media_walker *walker);

/* Whether a walk is under way that an id can still join. */
bool media_walker_is_joinable(const struct media_walker *walker);

/* Waits for that walk to see the id, until `deadline_ms`
 * (clock_monotonic_ms). Returns 1 and sets `entry`, which the caller frees with
 * free(3); 0 when the walk has ended without, well or not; -1 where there is no
 * time or no memory. */
int media_walker_join(struct media_walker *walker, const char *id,
		      long long deadline_ms, struct media_entry **entry,
		      struct media_trouble *trouble);

/* Has a walk look for the id that has a greater number than `since`: one that
 * is under way, or a new one. Returns 1 and sets `entry`; 0 where the whole list
 * has no such id; -1. */
int media_walker_find(struct media_walker *walker, const char *id,
		      long long deadline_ms, unsigned long long since,
		      struct media_entry **entry,
		      struct media_trouble *trouble);

/* The number of the last walk that was begun, from 1; 0: none was. */
unsigned long long media_walker_number(const struct media_walker *walker);

/* Requests of all walks that have ended. */
unsigned long long media_walker_requests(const struct media_walker *walker);

#endif
