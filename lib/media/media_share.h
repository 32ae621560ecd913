/*
 * Kept files of other hosts, by way of Redis (MARQUEE_REDIS_URL, share.h): before
 * a file is looked for upstream it is looked for there, and what was kept here
 * is put there, as the pack that it is on disk. So one host of all asks the
 * upstream for a file, and every host answers with the same entity tags.
 *
 * Nobody asks for a lease: two hosts that are asked for one file at the same
 * moment both ask the upstream, and keep the same.
 *
 * Whoever waits for a file waits for Redis for MEDIA_SHARE_MS at most, once
 * before the upstream is asked and once after; after trouble Redis is left alone
 * for SHARE_REST_MS.
 */
#ifndef MARQUEE_MEDIA_MEDIA_SHARE_H
#define MARQUEE_MEDIA_MEDIA_SHARE_H

#include <stdbool.h>

#include "base/error.h"

/* For all that is asked of Redis at a time. */
#define MEDIA_SHARE_MS 250

/* Larger packs are not shared: they are held in memory while they are taken. */
#define MEDIA_SHARE_MAX_BYTES ((size_t)8 << 20)

/* How long Redis has a file. */
#define MEDIA_SHARE_KEEP_S (7 * 86400)

struct media_share;

/* Sets `share`, to NULL where `url` is "" or `base`, the upstream's, is: then
 * nothing is shared. All three are borrowed. Returns 0, or -1 with EX_OSERR or
 * EX_CONFIG. */
int media_share_open(const char *url, const char *base, const char *cache_dir,
		     struct media_share **share, struct error *err);

/* NULL is allowed, here and below. */
void media_share_close(struct media_share *share);

/* Keeps the file as another host has it. Returns whether it is kept now.
 * Threads may call this and the next one at once. */
bool media_share_take(struct media_share *share, const char *id);

/* Gives the kept file to the other hosts. */
void media_share_put(struct media_share *share, const char *id);

/* Takes it out of Redis (the other hosts keep theirs). Returns 1, 0 where it was
 * not there, -1 with EX_UNAVAILABLE. */
int media_share_forget(struct media_share *share, const char *id,
		       struct error *err);

#endif
