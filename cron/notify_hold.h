/*
 * The event in hand: while work on it goes on, nobody else is to get it. All
 * that waits, waits here or asks how long it may.
 */
#ifndef MARQUEE_CRON_NOTIFY_HOLD_H
#define MARQUEE_CRON_NOTIFY_HOLD_H

#include <stdbool.h>

#include "events/event_queue.h"

struct notify_hold {
	struct event_queue *queue;       /* borrowed */
	struct event_delivery *delivery; /* same */
	long long every_ms;              /* a third of the lease, or less */
	long long kept_ms; /* when the lease began, by the monotonic clock */
};

/* `delivery` was taken from `queue` just now, for `lease_ms`. */
struct notify_hold notify_hold_begin(struct event_queue *queue,
				     struct event_delivery *delivery,
				     long long lease_ms);

/* Keeps the lease where it is time. That it fails is logged, and no reason to
 * stop: the event may then be notified twice. */
void notify_hold_keep(struct notify_hold *hold);

/* Milliseconds until it is time. */
long long notify_hold_left_ms(const struct notify_hold *hold);

/* Waits, keeping the lease. Returns false where notify was asked to end and
 * has taken `grace_ms` since. */
bool notify_hold_wait(struct notify_hold *hold, long long wait_ms,
		      long long grace_ms);

#endif
