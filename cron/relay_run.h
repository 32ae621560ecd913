/*
 * relay-events at work: from the outbox to the broker, until it is asked to end.
 *
 *	claim a batch ─▶ publish ─▶ wait for the confirms ─▶ settle
 *	                                  └── not confirmed: back into the outbox
 *
 * An event leaves the outbox when the broker has confirmed it, and not before;
 * so one may be published twice, and none is lost. Several relays side by side
 * share the work by the claims' leases.
 */
#ifndef MARQUEE_CRON_RELAY_RUN_H
#define MARQUEE_CRON_RELAY_RUN_H

#include <stdbool.h>

#include "confine/confine.h"
#include "events/broker.h"
#include "events/event_outbox.h"
#include "relay_note.h"

/* Nobody else gets a claimed event for so long, extended while we wait for its
 * confirm; what a relay that died had claimed waits for so long. */
#define RELAY_LEASE_MS 20000

/* How long, once asked to end, it goes on with what it has published. */
#define RELAY_STOP_MS 5000

/* How long a queue that somebody deletes is not missed, while there is nothing to
 * publish. */
#define RELAY_LOOK_MS 5000

struct relay {
	struct event_store *store; /* borrowed, as the next three are */
	struct event_watch *watch;
	struct broker *broker;
	const struct confined *confined; /* looked after; may be NULL */
	int stop_fd;                     /* readable once it is asked to end */
	bool is_once;
	bool is_stopping;
	long long stop_ms; /* when it was asked, by the monotonic clock */
	unsigned failures; /* in a row */
	long long tidy_ms; /* when the store is tidied next */
	long long look_ms; /* when the queue is looked for next */
	struct relay_note note;
};

/* Goes on until it is asked to end; is_once: until nothing is due. Returns 0,
 * or -1 with the exit status: EX_UNAVAILABLE (is_once: the broker is away, or
 * takes nothing), EX_CONFIG (a queue has other properties), EX_IOERR and others
 * (the event log cannot be read or written). */
int relay_run(struct relay *relay, struct error *err);

/* Waits up to `timeout_ms`, at most BROKER_SERVE_MS; less where it is asked to
 * end, where the broker has said something, or, with `is_idle`, where the outbox
 * may have changed. Keeps the connection alive. Returns 0, or -1 where that is
 * lost. */
int relay_wait(struct relay *relay, long long timeout_ms, bool is_idle,
	       struct error *err);

#endif
