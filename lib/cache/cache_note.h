/*
 * A note beside a site's generations (cache_writer_put_note) that a service keeps
 * up to date: it is written when it has changed, and what keeps it from that is
 * said once.
 *
 *	struct cache_note note = {.cache_dir = "/var/cache/marquee",
 *				  .site = "events", .name = "status"};
 *
 *	if (cache_note_update(&note, &text, &err) < 0)
 *		cache_note_complain(&note, "the note is not written", &err);
 *	cache_note_free(&note);
 */
#ifndef MARQUEE_CACHE_CACHE_NOTE_H
#define MARQUEE_CACHE_CACHE_NOTE_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/error.h"

struct cache_note {
	const char *cache_dir, *site, *name; /* borrowed */
	/* The rest is its own. */
	struct buffer written; /* as it lies in the cache */
	bool has_complained;
};

/* Writes `text` where it is not what this service has written last; what is left
 * in `text` is of no use, and the caller's to free. `text` may have failed. Returns
 * 0, -1, or CACHE_WRITER_LOCKED where another process writes its own right now:
 * the next update will do. */
int cache_note_update(struct cache_note *note, struct buffer *text,
		      struct error *err);

/* Logs `what` with the reason, as a warning, until a note is written again only
 * once. */
void cache_note_complain(struct cache_note *note, const char *what,
			 const struct error *why);

void cache_note_free(struct cache_note *note);

#endif
