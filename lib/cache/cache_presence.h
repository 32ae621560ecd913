/*
 * Whether a process that looks after a site lives: what it left there may be
 * the last that it said.
 *
 *	int claim = cache_presence_claim(cache_dir, "files", "alive", &err);
 *	…						lives, and then
 *	close(claim)					or dies, in any way
 *
 *	if (cache_presence_find(cache_dir, "files", "alive", &err) == 0)
 *		…						nobody is there
 *
 * A claim is a shared lock of an open file description (fcntl(2), F_OFD_SETLK)
 * on a file of the site's directory: the kernel ends it with the process, kill
 * -9 included, and any number of processes have one each. Looking takes no
 * lock, so it is in nobody's way.
 */
#ifndef MARQUEE_CACHE_CACHE_PRESENCE_H
#define MARQUEE_CACHE_CACHE_PRESENCE_H

#include "base/error.h"

/* Makes <cache_dir>/<site>/<name> where it is missing, and claims it. Returns a
 * descriptor, to be closed by the caller, or -1 with EX_CANTCREAT or
 * EX_IOERR. */
int cache_presence_claim(const char *cache_dir, const char *site,
			 const char *name, struct error *err);

/* Returns 1 where somebody has a claim, the caller included; 0 where nobody
 * has; -1 with EX_IOERR where that cannot be told. */
int cache_presence_find(const char *cache_dir, const char *site,
			const char *name, struct error *err);

#endif
