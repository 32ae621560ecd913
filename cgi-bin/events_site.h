/*
 * The event log's URLs (contract sections 3 and 3.3):
 *
 *	/events			POST a new event; GET them, oldest first
 *	/events/{event_id}	GET one; PUT what is to be changed of it
 *	/ping, /health		of this process
 *
 * What goes wrong is told as a problem (RFC 9457). Nothing is kept by anyone in
 * between: what was read has its ETag, and a change may be made conditional on
 * it.
 */
#ifndef MARQUEE_CGI_EVENTS_SITE_H
#define MARQUEE_CGI_EVENTS_SITE_H

#include "events/event_store.h"
#include "events_note.h"
#include "web/metrics_note.h"
#include "web/request.h"
#include "web/request_counters.h"
#include "web/response.h"

struct events_site {
	struct event_store *store; /* borrowed, as the note is */
	struct events_note *note;
	struct request_counters *counters; /* NULL: nothing is counted */
};

/* Starts to count requests, and to leave the metrics in the cache, for as long as
 * `metrics` lives: until metrics_note_end. -1 with EX_OSERR. */
int events_site_count(struct events_site *site, struct metrics_note *metrics,
		      struct error *err);

/* Answers one request; `site` is a struct events_site. Many threads may call it
 * at once. */
void events_site_answer(const void *site, const struct web_request *request,
			struct web_response *response);

#endif
