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

/* Relays what is due, at most BROKER_BATCH_MAX; the broker is connected.
 * Returns 0; -1 with EX_UNAVAILABLE where the broker did not take all of them,
 * EX_TEMPFAIL where the event log cannot be written now, another code where it
 * will not. `result` is filled in either way. Nothing stays claimed, but what
 * the event log did not take back: that comes back when its lease is over. */
int relay_batch(struct relay *relay, struct relay_result *result,
		struct error *err);

#endif
