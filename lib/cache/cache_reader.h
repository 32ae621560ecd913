/*
 * Reading what is published, without a lock and without knowing the publisher.
 *
 * A request takes a snapshot: one generation, held open, that stays whole and
 * the same until it is closed, whatever is published or pruned meanwhile.
 *
 *	struct cache_snapshot snapshot;
 *	struct cache_entry entry;
 *
 *	if (cache_snapshot_open("/var/cache/marquee", "movies", &snapshot,
 *				&err) != 0)
 *		…						nothing there
 *	if (cache_snapshot_find(&snapshot, "movies.html", &entry, &err) == 1)
 *		cache_body_open(&snapshot, "movies.html", &entry, CACHE_BROTLI, &body, &err);
 *	…	cache_body_read(&body, at, bytes, sizeof(bytes), &err)
 *	cache_body_close(&body);
 *	cache_snapshot_close(&snapshot);
 *
 * Everything is opened by path below a directory descriptor, never by anything
 * a client sent: a name is looked up in the pack's index, not in the file
 * system. Threads may each have snapshots, and read one together.
 */
#ifndef MARQUEE_CACHE_CACHE_READER_H
#define MARQUEE_CACHE_CACHE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "base/buffer.h"
#include "base/error.h"

enum cache_coding { CACHE_IDENTITY, CACHE_GZIP, CACHE_BROTLI, CACHE_CODINGS };

struct cache_snapshot {
	int dir;           /* the generation's directory; -1: none */
	int pack;          /* its pack */
	uint64_t slots_at; /* from the pack's footer */
	uint64_t slot_count;
	time_t published_at;      /* when this generation was made current */
	struct kept_bodies *kept; /* see cache_hold.h; NULL: none are */
};

#define CACHE_EMPTY 1

/* Takes a snapshot of <cache_dir>/<site>. Returns 0; CACHE_EMPTY where nothing
 * was ever published; -1 with EX_IOERR or EX_DATAERR where what is there
 * cannot be read. */
int cache_snapshot_open(const char *cache_dir, const char *site,
			struct cache_snapshot *snapshot, struct error *err);
void cache_snapshot_close(struct cache_snapshot *snapshot);

/* Longest entity tag with its quotes and NUL. */
#define CACHE_ETAG_BYTES 40
#define CACHE_MEDIA_TYPE_BYTES 128

struct cache_entry_body {
	bool is_present; /* whether the representation exists in this coding */
	uint64_t offset; /* the room's own */
	uint64_t length; /* bytes */
	/* Strong, with its quotes (RFC 9110 §8.8.3): the first half of the
	 * SHA-256 of exactly these bytes, so every host gives the same. */
	char etag[CACHE_ETAG_BYTES];
};

struct cache_entry {
	char media_type[CACHE_MEDIA_TYPE_BYTES];
	struct cache_entry_body bodies[CACHE_CODINGS]; /* identity always is */
	bool is_file;
	uint32_t flags;         /* the room's own */
	struct kept_body *kept; /* the room's own; NULL: it is not kept */
};

/* Looks a representation up. Returns 1 and fills `entry`, 0 where the
 * generation has no such name, -1. */
int cache_snapshot_find(const struct cache_snapshot *snapshot, const char *name,
			struct cache_entry *entry, struct error *err);

/* A body, for reading anywhere in it. */
struct cache_body {
	int fd; /* the room's own */
	bool is_fd_own;
	uint64_t offset; /* of its first byte in fd */
	uint64_t length; /* bytes */
	/* All of it, where it is in memory; valid as long as the snapshot. */
	const char *bytes;
};

/* Opens the body of `name`'s entry in one coding. Returns 0 or -1. */
int cache_body_open(const struct cache_snapshot *snapshot, const char *name,
		    const struct cache_entry *entry, enum cache_coding coding,
		    struct cache_body *body, struct error *err);

/* Reads up to `size` bytes from byte `at` of the body. Returns how many (0 only
 * at its end), or -1: also where the file is shorter than it should be. */
ssize_t cache_body_read(const struct cache_body *body, uint64_t at, void *bytes,
			size_t size, struct error *err);
void cache_body_close(struct cache_body *body);

/* When the upstream last confirmed what is published: sets `when`. Returns 0;
 * CACHE_EMPTY where it never did (the bundled catalogue); -1. */
int cache_checked_at(const char *cache_dir, const char *site,
		     struct timespec *when, struct error *err);

/* Appends a publisher's note ("status"). Returns 0; CACHE_EMPTY where there is
 * none; -1. */
int cache_read_note(const char *cache_dir, const char *site, const char *name,
		    struct buffer *note, struct error *err);

#endif
