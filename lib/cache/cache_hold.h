/*
 * The current generation, held open from one request to the next: one system
 * call sees whether it still is the current one.
 *
 *	struct cache_hold *hold = cache_hold_create("/var/cache/marquee", "movies", &err);
 *	const struct cache_snapshot *snapshot;
 *
 *	if (cache_hold_take(hold, &snapshot, &err) == 0) {
 *		…						as in cache_reader.h
 *		cache_hold_give_back(hold, snapshot);
 *	}
 *
 * A snapshot that was taken stays whole and the same until it is given back,
 * like one of one's own. What else the directory says of the generation, when it
 * was made current above all, is looked at each time. Small bodies that are
 * files are read once (see kept_bodies.h).
 *
 * Threads share a hold, and the snapshots that it gives.
 */
#ifndef MARQUEE_CACHE_CACHE_HOLD_H
#define MARQUEE_CACHE_CACHE_HOLD_H

#include "cache/cache_reader.h"

struct cache_hold;

/* Holds nothing yet; both strings are borrowed. NULL where there is no
 * memory. */
struct cache_hold *cache_hold_create(const char *cache_dir, const char *site,
				     struct error *err);

/* To be called when all is given back. */
void cache_hold_free(struct cache_hold *hold);

/* Returns as cache_snapshot_open does. */
int cache_hold_take(struct cache_hold *hold,
		    const struct cache_snapshot **snapshot, struct error *err);
void cache_hold_give_back(struct cache_hold *hold,
			  const struct cache_snapshot *snapshot);

#endif
