/*
 * A parcel: a few files in Redis under one name, there as a whole or not at
 * all.
 *
 * The bytes come first, in pieces of SHARE_PIECE_BYTES (fields of one Redis
 * hash, which expires, is evicted and removed as one), under a new token each
 * time: two that put at once never mix, and a reader of the parcel before is not
 * disturbed. Bytes that never got a head are gone SHARE_LOOSE_S later, so are
 * those that a new head has replaced. Then one transaction sets the head, takes
 * care that the bytes stay as long as it, and gives the lease up; with a lease it
 * is carried out only if that is still held.
 *
 * Neither side holds more than a piece in memory.
 *
 * Errors: EX_UNAVAILABLE, EX_DATAERR (torn, or not ours), EX_OSERR: of Redis;
 * EX_IOERR: of the files here; those of the sink.
 */
#ifndef MARQUEE_SHARE_SHARE_PARCEL_H
#define MARQUEE_SHARE_SHARE_PARCEL_H

#include "share/share_head.h"
#include "share/share_lease.h"

#define SHARE_PIECE_BYTES ((size_t)256 << 10)

/* How long bytes are kept without a head. */
#define SHARE_LOOSE_S 60

/* Puts the files of `head`, whose names are set, from the directory `dir`, and
 * sets their lengths and digests and a new token. With a lease, renews it.
 * Returns 1; 0 where the lease is lost; -1. */
int share_parcel_put(struct redis_link *link, const char *name, int dir,
		     struct share_head *head, struct share_lease *lease,
		     long long deadline_ms, struct error *err);

/* Makes it what `name` is for `keep_s` seconds. The upstream was asked at
 * `asked_ms` (wall clock here), which sets confirmed_ms; `before` is the token of
 * the parcel before, or "". With a lease, gives it up. Returns 1; 0 where the
 * lease is lost, and nothing was changed; -1. */
int share_parcel_publish(struct redis_link *link, const char *name,
			 struct share_head *head, const char *before,
			 struct share_lease *lease, long long asked_ms,
			 long keep_s, long long deadline_ms, struct error *err);

/* Whether the bytes of `head` are there. Returns 1, 0, -1. */
int share_parcel_has_bytes(struct redis_link *link, const char *name,
			   const struct share_head *head, long long deadline_ms,
			   struct error *err);

/* Reads the head of what `name` is. Returns 1, 0 where there is none, -1. */
int share_parcel_find(struct redis_link *link, const char *name,
		      struct share_head *head, long long deadline_ms,
		      struct error *err);

/* Takes the files of `head` one after another: `sink` gets their bytes as they
 * come, before their digests are known to be right. -1 where any is not. */
typedef int share_sink(void *context, const struct share_file *file,
		       const void *bytes, size_t length, struct error *err);
int share_parcel_take(struct redis_link *link, const char *name,
		      const struct share_head *head, share_sink *sink,
		      void *context, long long deadline_ms, struct error *err);

/* Removes it. Returns 1, 0 where there was none, -1. */
int share_parcel_forget(struct redis_link *link, const char *name,
			long long deadline_ms, struct error *err);

#endif
