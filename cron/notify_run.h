/*
 * notify's work: takes events from the queue, one at a time, notifies of each,
 * and says through the API what came of it.
 */
#ifndef MARQUEE_CRON_NOTIFY_RUN_H
#define MARQUEE_CRON_NOTIFY_RUN_H

#include <stdbool.h>

#include "base/error.h"
#include "confine/confine.h"
#include "events/event_queue.h"
#include "events/event_store.h"
#include "notify_effect.h"
#include "notify_talk.h"

struct notify {
	struct event_queue *queue;
	struct event_store *store;       /* of the embedded queue; else NULL */
	const struct confined *confined; /* looked after; may be NULL */
	struct notify_talk talk;
	struct notify_effect effect;
	long long lease_ms;
	long long backoff_ms;  /* after the first failed attempt */
	unsigned max_attempts; /* then it is Failed */
	bool is_once;          /* until nothing is due */
	bool has_gathered;     /* what a broker was given before */
};

/* Runs until notify was asked to end, with is_once until nothing is due.
 * Returns 0, or -1: EX_IOERR where stdout is closed; with is_once EX_UNAVAILABLE
 * where the queue or the API is away; else why the queue can give no more. */
int notify_run(struct notify *notify, struct error *err);

#endif
