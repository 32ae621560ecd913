/*
 * Publishing what is in the staging directory already. The room's own; others
 * publish through cache_writer.h and cache_import.h.
 */
#ifndef MARQUEE_CACHE_CACHE_STAGED_H
#define MARQUEE_CACHE_CACHE_STAGED_H

#include "base/error.h"
#include "cache/cache_writer.h"

/* Makes the staged set live as the generation `name`; its files and the staging
 * directory are fsynced. Returns as cache_writer_commit; the staging directory
 * may be left, and is the caller's to remove. */
int cache_writer_publish(struct cache_writer *writer, const char *name,
			 struct error *err);

#endif
