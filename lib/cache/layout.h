/*
 * The cache on disk: what is where, and what never changes.
 *
 *	<cache>/movies/			one site
 *	  current -> generations/<hash>	the only thing that changes under a reader
 *	  generations/<hash>/		complete, never written again
 *	    pack			every representation, see pack.h
 *	    movies.html  .gz  .br  …	those that nginx must be able to serve by
 *					itself when the responder is dead
 *	  staging/			the publishing run's own; what a killed run
 *					left is removed by the next holder of lock
 *	  keeping/			files that are to be kept, while they are
 *					written, where the file system cannot hide
 *					them (new_file.h)
 *	  lock				flock(2) on it: one publisher at a time
 *	  checked			its mtime: when the upstream last confirmed
 *					what is published
 *	  status, …			notes of the publisher, replaced as a whole;
 *					*.prom is for a monitor (metrics.h)
 *	  alive				locked by the responder that leaves notes,
 *					see presence.h
 *
 * <hash> is the SHA-256 of the content (64 hexadecimal digits): the same
 * representations make the same generation on every host, and publishing them
 * again changes nothing. Two times are kept where a reader gets them for free:
 * the mtime of a generation's directory is when it was last made current (whole
 * seconds, and each later than the one before, however quickly they follow and
 * whatever the clock does: so it can serve as Last-Modified of all it holds, and
 * puts them in order for a rollback); the mtime of its pack is 0 where a
 * rollback has withdrawn it.
 *
 * Publishing, each step checked, any failure leaving what is live untouched:
 *
 *	take lock → clear staging → write files, fsync each (what has not changed
 *	is linked from the live generation) → fsync staging →
 *	rename to generations/<hash> → fsync generations → symlink beside,
 *	rename over current → fsync the site → prune → touch checked
 *
 * Pruning, too, moves a generation to staging before it removes anything of it:
 * under its name a generation is whole or not there.
 */
#ifndef MARQUEE_CACHE_LAYOUT_H
#define MARQUEE_CACHE_LAYOUT_H

#define LAYOUT_CURRENT "current"
#define LAYOUT_GENERATIONS "generations"
#define LAYOUT_STAGING "staging"
#define LAYOUT_KEEPING "keeping"
#define LAYOUT_LOCK "lock"
#define LAYOUT_CHECKED "checked"
#define LAYOUT_PACK "pack"

/* Generations kept: the live one and those before it, for readers in flight
 * and for a rollback. */
#define LAYOUT_GENERATIONS_KEPT 3

/* Largest note ("status") that is written or read. */
#define LAYOUT_NOTE_MAX_BYTES 65536

/* Hexadecimal digits of a generation's name. */
#define LAYOUT_GENERATION_DIGITS 64

#endif
