/*
 * One batch of relay-events: claimed, published, confirmed, settled.
 */
#ifndef MARQUEE_CRON_RELAY_BATCH_H
#define MARQUEE_CRON_RELAY_BATCH_H

#include "relay_run.h"

struct relay_result {
	size_t claimed;
	size_t relayed; /* confirmed by the broker, out of the outbox */
	long long
		next_ms; /* none claimed: when one is due; -1: none is there */
};

/* What the event log says, as an error: EX_TEMPFAIL where that may pass. Returns 0
 * or -1; a claim that is another's by now is no failure. */
int relay_check_log(enum event_result result, struct error *err);

/* Relays what is due, at most BROKER_BATCH_MAX; the broker is connected.
 * Returns 0; -1 with EX_UNAVAILABLE where the broker did not take all of them (and
 * disconnected where it has no queue for them),
 * EX_TEMPFAIL where the event log cannot be written now, another code where it
 * will not. `result` is filled in either way. Nothing stays claimed, but what
 * the event log did not take back: that comes back when its lease is over. */
int relay_batch(struct relay *relay, struct relay_result *result,
		struct error *err);

#endif
