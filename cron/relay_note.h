/*
 * What relay-events tells: the note "relay" for /health (web/events_health.h
 * says what stands in it) and a line in the log, both when its state changes and
 * not at every try. events.fcgi may be putting its own note at that moment: then
 * ours is written when we are called next.
 */
#ifndef MARQUEE_CRON_RELAY_NOTE_H
#define MARQUEE_CRON_RELAY_NOTE_H

#include <stdbool.h>

#include "base/error.h"

struct relay_note {
	const char *cache_dir;      /* borrowed */
	bool is_told;               /* anything yet, in the log */
	bool is_written;            /* what is told, in the cache */
	struct error failure;       /* as told last; code 0: it was well */
	unsigned long long relayed; /* events, since the start */
};

/* Events are handed on, or there are none and the broker is there. */
void relay_note_well(struct relay_note *note);

/* They are not, because of this. */
void relay_note_failure(struct relay_note *note, const struct error *failure);

#endif
