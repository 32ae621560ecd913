/*
 * Publishing: a set of named representations goes in, a generation comes out,
 * and whoever reads meanwhile sees the old set or the new one, never a mix.
 *
 *	struct cache_writer *writer;
 *
 *	switch (cache_writer_open("/var/cache/marquee", "movies", &writer,
 *				  &err)) {
 *	case CACHE_WRITER_LOCKED:	another run publishes: nothing to do
 *	case -1:			err says why
 *	}
 *	cache_writer_add(writer, &page, &err);		as often as needed
 *	cache_writer_commit(writer, &err);		1 new, 0 the same, -1
 *	cache_writer_confirm(writer, asked_ms, &err);	the upstream agrees
 *	cache_writer_close(writer);
 *
 * Until commit returns, nothing that is live has changed; when it has returned
 * 0 or 1, the generation is on disk, also after a power cut. A run that dies
 * anywhere leaves one whole generation live, and what it left in staging is
 * removed by the next run that takes the lock.
 *
 * The room knows nothing of films: names, media types and bytes are all it
 * sees. layout.h draws the directory.
 *
 * Errors: EX_CANTCREAT (73) for what cannot be created or renamed, EX_IOERR
 * (74) for what cannot be written, read or fsynced, EX_SOFTWARE for a wrong
 * call.
 */
#ifndef MARQUEE_CACHE_CACHE_WRITER_H
#define MARQUEE_CACHE_CACHE_WRITER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/compress.h"
#include "base/error.h"

struct cache_writer;

#define CACHE_WRITER_LOCKED 1

/* Makes <cache_dir>/<site> where it is missing, takes its lock without
 * waiting, and removes what an earlier run left behind. Returns 0 and sets
 * `writer`; CACHE_WRITER_LOCKED where another process holds the lock; -1. */
int cache_writer_open(const char *cache_dir, const char *site,
		      struct cache_writer **writer, struct error *err);

struct cache_representation {
	/* Unique in the set, 1 to 1,024 bytes. By custom a canonical URL path
	 * without its first slash, and the format: "movies/x1.json". */
	const char *name;
	const char *media_type; /* the Content-Type, at most 127 bytes */
	const void *body;
	size_t body_bytes;
	/* Also lies in the generation as the plain files <name>, <name>.gz and
	 * <name>.br, for whoever serves without reading the pack. The name
	 * must then be a plain file name. */
	bool is_file;
	/* Not what is published but what goes with it: two sets that differ in
	 * nothing else are the same generation, which keeps its own. */
	bool is_aside;
	/* The body is one piece of several, and not the last: the next call has
	 * the same name, type and flags. Such a body is a file, and is coded
	 * quickly whatever `effort` says. */
	bool has_more;
	/* What its codings are worth; COMPRESS_NOT: there are none. */
	enum compress_effort effort;
};

/* Adds one representation to the set: its bytes, and their gzip and brotli
 * codings where these are smaller, go to staging now. A coding that the live
 * generation has of the same bytes is copied from it. Nothing of the arguments
 * is kept. Of a large set they go there in a thread, and a failure may be told
 * by a later call, by commit at the latest. After -1 the set is spoilt: commit
 * will refuse it, and ends it as cache_writer_discard does. */
int cache_writer_add(struct cache_writer *writer,
		     const struct cache_representation *representation,
		     struct error *err);

/* Adds the live generation's representation of that name once more, for whoever
 * knows that it would be made the same. Returns 1 and sets `body_bytes` to the
 * bytes of its identity; 0 where there is none that reads back as what it was,
 * or other libraries coded it: then it is to be made and added; -1 as
 * cache_writer_add. */
int cache_writer_repeat(struct cache_writer *writer, const char *name,
			size_t *body_bytes, struct error *err);

/* Whether the live generation has just this representation, codings aside.
 * False as long as nothing was added. */
bool cache_writer_is_live(const struct cache_writer *writer,
			  const struct cache_representation *representation);

/* Ends the set and makes it live. The written bytes are read back and compared
 * first. Returns 1 when a new generation is live, 0 when the same set was live
 * already (nothing is changed then), -1 with the reason. It can be live even so,
 * where it is not certain that it would outlive a power cut:
 * cache_writer_current says. */
int cache_writer_commit(struct cache_writer *writer, struct error *err);

/* Gives the set up: the next one starts empty. Nothing that is live changes. */
void cache_writer_discard(struct cache_writer *writer);

/* Name of the live generation, 64 hexadecimal digits; "" where none is. Valid
 * until the writer is used again. */
const char *cache_writer_current(const struct cache_writer *writer);

/* The site's directory, for files without a name of the holder of the lock.
 * Borrowed. */
int cache_writer_directory(const struct cache_writer *writer);

/* Records that the upstream confirmed what is live: sets the mtime of `checked`
 * to `asked_ms` (wall clock), the moment it was asked. Its answer may have been
 * long under way, and what changed meanwhile is not in it. */
int cache_writer_confirm(struct cache_writer *writer, long long asked_ms,
			 struct error *err);

/* Withdraws the live generation: the one that was published before it becomes
 * live again. Returns 0; -1 with EX_DATAERR where no earlier one is kept.
 * `checked` stays. The withdrawn one is kept for readers in flight, but no
 * later rollback leads back to it. */
int cache_writer_rollback(struct cache_writer *writer, struct error *err);

/* Marks a generation that is not live as withdrawn, which is the last thing
 * that a rollback does: for the run after a rollback that was killed before it
 * came to that. One that is not kept is no error. */
int cache_writer_withdraw(struct cache_writer *writer, const char *name,
			  struct error *err);

/* A note beside the generations ("status"), replaced in one step. At most
 * LAYOUT_NOTE_MAX_BYTES. Writing the bytes that are there already does
 * nothing. */
int cache_writer_put_note(struct cache_writer *writer, const char *name,
			  const void *bytes, size_t length, struct error *err);

/* The same for whoever has nothing else to write: opens, puts the note, closes.
 * `note` may have failed (-1, EX_OSERR). Returns 0; CACHE_WRITER_LOCKED; -1. */
int cache_writer_leave_note(const char *cache_dir, const char *site,
			    const char *name, const struct buffer *note,
			    struct error *err);

/* Releases the lock and frees the writer; an uncommitted set is discarded.
 * NULL is allowed. */
void cache_writer_close(struct cache_writer *writer);

#endif
