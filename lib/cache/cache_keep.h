/*
 * Keeping single representations for good: what a generation is for a whole
 * site, a kept one is for itself.
 *
 *	<cache>/<site>/<2 hex>/<62 hex>		SHA-256 of the name: a pack
 *						(pack.h) with one record
 *
 * A kept representation is written once, whole or not at all (written without
 * a name, fsynced, then linked; the directory fsynced), and read with one
 * open and no lock, by the snapshot of cache_reader.h. The path never holds
 * anything but digits, whatever the name is.
 *
 *	if (cache_keep_put(cache_dir, "files", &representation, &err) < 0)
 *		…
 *	if (cache_keep_open(cache_dir, "files", id, &snapshot, &err) == 0)
 *		…cache_snapshot_find(&snapshot, id, &entry, &err) == 1…
 */
#ifndef MARQUEE_CACHE_CACHE_KEEP_H
#define MARQUEE_CACHE_CACHE_KEEP_H

#include "base/error.h"
#include "cache/cache_reader.h"
#include "cache/cache_writer.h"

/* Keeps a representation under its name (is_file must be false), with its
 * gzip and brotli codings. Returns 1; 0 where one of that name is kept
 * already, which stays; -1 with EX_CANTCREAT or EX_IOERR, nothing kept.
 * Threads and processes may call it at once. */
int cache_keep_put(const char *cache_dir, const char *site,
		   const struct cache_representation *representation,
		   struct error *err);

/* The same with a pack that cache_keep_put made elsewhere, whose file is `length`
 * bytes. -1 also with EX_DATAERR where they are not a whole pack of just
 * `name`. */
int cache_keep_import(const char *cache_dir, const char *site, const char *name,
		      const void *pack, size_t length, struct error *err);

/* Takes a snapshot that holds just the one kept under `name`; published_at is
 * when it was kept. Returns 0, CACHE_EMPTY where none is kept, -1. */
int cache_keep_open(const char *cache_dir, const char *site, const char *name,
		    struct cache_snapshot *snapshot, struct error *err);

/* Drops what is kept under `name`. Returns 1, 0 where nothing was, -1. */
int cache_keep_forget(const char *cache_dir, const char *site, const char *name,
		      struct error *err);

/* How many are kept: sets `count`. Reads directories, so not for every
 * request. Returns 0 or -1. */
int cache_keep_count(const char *cache_dir, const char *site,
		     unsigned long long *count, struct error *err);

#endif
