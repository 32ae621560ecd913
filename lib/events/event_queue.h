/*
 * Where a notifier's events come from: two kinds behind one header.
 *
 * embedded	the outbox of the event store (event_outbox.h)
 * RabbitMQ	the queue that relay-events fills (broker.h)
 *
 *	struct event_queue *queue = event_queue_embedded(store, …, &err);
 *
 *	while (event_queue_take(queue, 1000, &delivery, &err) …)
 *		if (tell(&delivery.event) == 0)
 *			event_queue_done(queue, &delivery, &err);
 *		else
 *			event_queue_retry(queue, &delivery, delay_ms, &err);
 *
 * One delivery is out at a time; one thread uses a queue. A notifier that dies
 * with one in hand: it is delivered again, to this one or to another.
 */
#ifndef MARQUEE_EVENTS_EVENT_QUEUE_H
#define MARQUEE_EVENTS_EVENT_QUEUE_H

#include <stdbool.h>

#include "base/error.h"
#include "events/event.h"

struct event_store;

struct event_delivery {
	struct event event; /* as it was when it was queued; owned */
	unsigned attempts;  /* which attempt this is: 1, 2, … */
	/* It was delivered before and nobody said how that ended: whoever can
	 * ask whether it is processed should. */
	bool may_be_repeated;
	void *handle; /* the queue's own */
};

struct event_queue;

struct event_queue_kind {
	int (*take)(struct event_queue *queue, long long timeout_ms,
		    struct event_delivery *delivery, struct error *err);
	int (*done)(struct event_queue *queue, struct event_delivery *delivery,
		    struct error *err);
	int (*retry)(struct event_queue *queue, struct event_delivery *delivery,
		     long long delay_ms, struct error *err);
	int (*give_back)(struct event_queue *queue,
			 struct event_delivery *delivery, struct error *err);
	int (*refuse)(struct event_queue *queue,
		      struct event_delivery *delivery, struct error *err);
	int (*keep)(struct event_queue *queue, struct event_delivery *delivery,
		    struct error *err);
	void (*close)(struct event_queue *queue);
};

/* Each kind's own structure begins with it. */
struct event_queue {
	const struct event_queue_kind *kind;
};

/* The embedded queue. `store` is borrowed; `directory` is where it lies, NULL: on
 * a server. A claim's lease is `lease_ms`. NULL with EX_OSERR. */
struct event_queue *event_queue_embedded(struct event_store *store,
					 const char *directory,
					 long long lease_ms, struct error *err);

/* RabbitMQ's queue at `url` (amqp://, amqps://). Connects when first used, and
 * anew with a growing wait whenever the connection is lost. NULL with EX_CONFIG
 * where the URL is none, EX_OSERR. */
struct event_queue *event_queue_amqp(const char *url, struct error *err);

/* Returns 1 with a delivery; 0 where none came within `timeout_ms` (0: only
 * looks) or a signal came; -1 with EX_UNAVAILABLE where the queue cannot be
 * reached now (the next call tries again, after a wait of its own within
 * `timeout_ms`), another code where no further call will do better. */
int event_queue_take(struct event_queue *queue, long long timeout_ms,
		     struct event_delivery *delivery, struct error *err);

/* The event is dealt with for good. These five free the delivery, but keep,
 * return 0 or -1, and are no loss where they fail: it is delivered again. */
int event_queue_done(struct event_queue *queue, struct event_delivery *delivery,
		     struct error *err);

/* It failed; to be delivered again after `delay_ms` at the earliest. It holds up
 * no other. */
int event_queue_retry(struct event_queue *queue,
		      struct event_delivery *delivery, long long delay_ms,
		      struct error *err);

/* It was not tried: to be delivered again at once, attempts as before. */
int event_queue_give_back(struct event_queue *queue,
			  struct event_delivery *delivery, struct error *err);

/* The event log does not know it (any more): out of the way, and not lost. From
 * RabbitMQ it goes to the dead letters; in the embedded queue, which is the log
 * itself, it comes again after the longest wait there is. */
int event_queue_refuse(struct event_queue *queue,
		       struct event_delivery *delivery, struct error *err);

/* Work on it goes on: nobody else is to get it. To be called at least every
 * third of the lease. */
int event_queue_keep(struct event_queue *queue, struct event_delivery *delivery,
		     struct error *err);

void event_queue_close(struct event_queue *queue);

#endif
