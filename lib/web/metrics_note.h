/*
 * Metrics of a process that does not answer /metrics itself: it leaves them in
 * the cache, as text of Prometheus' format in a file of its own, replaced in one
 * step whenever they have changed. movies.fcgi shows what it finds.
 *
 *	<cache>/metrics/files.prom		files.fcgi, while it lives
 *	<cache>/metrics/events.prom		events.fcgi, while it lives
 *	<cache>/movies/fetch-movies.prom	fetch-movies: its counters go on
 *						from run to run; may be read
 *						by anybody
 */
#ifndef MARQUEE_WEB_METRICS_NOTE_H
#define MARQUEE_WEB_METRICS_NOTE_H

#include "base/buffer.h"
#include "base/metrics.h"
#include "cache/cache_note.h"
#include "web/request_counters.h"
#include "web/ticker.h"

/* A place of its own, so that nobody's note for /health has to wait. */
#define METRICS_SITE "metrics"
#define METRICS_NOTE_FILES "files.prom"
#define METRICS_NOTE_EVENTS "events.prom"

struct metrics_note {
	struct cache_note kept; /* its first three: METRICS_NOTE_… */
	const char *responder;  /* "files"; borrowed, as what follows */
	const struct web_route *routes;
	struct metrics_source source; /* what it has to tell beside them */
	/* The rest is its own. */
	struct request_counters *counters; /* to be counted with */
	struct ticker ticker;
};

/* Makes the counters, leaves the note, and looks every TICKER_REST_MS whether it
 * has changed. A cache that cannot be written is logged, and tried again. -1 with
 * EX_OSERR where there is no memory, or no thread can be started. */
int metrics_note_start(struct metrics_note *note, struct error *err);

/* Only after metrics_note_start has returned 0. */
void metrics_note_end(struct metrics_note *note);

/* Reads what others have left into `texts`, which are empty: METRICS_NOTES of
 * them, freed by the caller. One whose process does not live is left out. A text
 * has failed where memory was too short for it. */
#define METRICS_NOTES 3
void metrics_note_read_all(const char *cache_dir, struct buffer *texts);

#endif
