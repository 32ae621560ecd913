/*
 * Reading back what was written before it goes live. The room's own.
 */
#ifndef MARQUEE_CACHE_VERIFY_H
#define MARQUEE_CACHE_VERIFY_H

#include "base/error.h"

struct pack_record;

/* Compares every body of the record with its tag, as it stands in the directory
 * `dir` and its open `pack`. Returns 0, or -1 with EX_IOERR and the name of what
 * differs. */
int verify_record(int dir, int pack, const struct pack_record *record,
		  struct error *err);

#endif
