/*
 * A snapshot of a pack that stands alone. The room's own; others read through
 * cache_reader.h and cache_keep.h.
 */
#ifndef MARQUEE_CACHE_CACHE_ADOPT_H
#define MARQUEE_CACHE_CACHE_ADOPT_H

#include "base/error.h"
#include "cache/cache_reader.h"

/* Makes a snapshot of an open pack, whose last change is when it was
 * published, and takes over its descriptor, which is closed after a failure,
 * too. Returns 0, or -1 with EX_DATAERR where it is no pack. */
int cache_snapshot_adopt(struct cache_snapshot *snapshot, int pack,
			 struct error *err);

/* Who coded the bodies of the pack: compress_coder() then. 0 where it does not
 * say so. */
uint64_t cache_snapshot_coder(const struct cache_snapshot *snapshot);

#endif
