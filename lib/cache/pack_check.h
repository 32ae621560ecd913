/*
 * Whether a pack that came from elsewhere is whole: its index can be read, and
 * every body, the plain files beside it included, is what its tag says. The
 * room's own.
 */
#ifndef MARQUEE_CACHE_PACK_CHECK_H
#define MARQUEE_CACHE_PACK_CHECK_H

#include <stddef.h>

#include "base/error.h"
#include "cache/layout.h"

/* Reads all of the open `pack` and of the files that it names in the directory
 * `dir` (-1: there may be none). Sets `name` to the hash of the set, and
 * `records` to how many it has. Memory: 8 bytes a record. Returns 0, or -1 with
 * EX_DATAERR where it is not whole; EX_OSERR. */
int pack_check(int dir, int pack, char name[LAYOUT_GENERATION_DIGITS + 1],
	       size_t *records, struct error *err);

#endif
