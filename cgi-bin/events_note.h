/*
 * What events.fcgi tells /health: the note of web/events_health.h, put into the
 * cache by a thread of its own when something has changed, whoever changed it:
 * notify and relay-events work on the same database.
 */
#ifndef MARQUEE_CGI_EVENTS_NOTE_H
#define MARQUEE_CGI_EVENTS_NOTE_H

#include <pthread.h>
#include <stdbool.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/metrics.h"
#include "cache/cache_note.h"
#include "confine/confine.h"
#include "events/event_store.h"
#include "web/ticker.h"

struct events_note {
	struct event_store *store;       /* borrowed, as the next one is */
	const char *queue;               /* "embedded", "rabbitmq" */
	const struct confined *confined; /* looked after; may be NULL */
	long long started_ms;            /* wall clock */
	pthread_mutex_t lock;
	bool is_failed;      /* under `lock`; the last change was not stored: */
	long long failed_ms; /* when, by the wall clock */
	struct error failure;       /* and why */
	bool has_counts;            /* under `lock`, too */
	struct event_counts counts; /* as they were told last */
	/* The rest is the thread's. */
	struct ticker ticker;
	int presence;
	struct cache_note kept; /* the note as it lies in the cache */
};

void events_note_init(struct events_note *note, const char *cache_dir,
		      struct event_store *store, const char *queue);

/* Starts writing the note, and says that this process lives, until
 * events_note_end. -1 with EX_OSERR. A cache that cannot be written is logged,
 * and tried again. */
int events_note_start(struct events_note *note, struct error *err);

/* Only after events_note_start. */
void events_note_end(struct events_note *note);

/* How a change of the log was stored: DONE, or not and why. */
void events_note_tell(struct events_note *note, enum event_result result,
		      const struct error *why);

/* Appends the note as it is now. */
void events_note_describe(struct events_note *note, struct buffer *text);

/* Writes marquee_events…, as the counts were when they were last looked at. */
void events_note_write_metrics(struct events_note *note,
			       struct metrics_writer *writer);

#endif
