/*
 * The embedded queue: the outbox of the event store, waited for with inotify.
 */
#include <poll.h>
#include <stdlib.h>

#include "events/event_outbox.h"
#include "events/event_queue.h"

/* How long a store that cannot be claimed from now is left alone. */
#define REST_MS 1000

struct embedded_queue {
	struct event_queue queue;
	struct event_store *store; /* borrowed */
	struct event_watch *watch;
	long long lease_ms;
	/* The one that is out: its event's strings are the delivery's. */
	struct event_claim claim;
};

static struct embedded_queue *embedded_of(struct event_queue *queue)
{
	return (struct embedded_queue *)(void *)queue;
}

/* Returns 0 where the store did it, or there was nothing to do any more: the
 * event is another's, or left the outbox with its status. */
static int check(enum event_result result, struct error *err)
{
	int code = err->code != 0 ? err->code : EX_SOFTWARE;

	if (result == EVENT_DONE || result == EVENT_MISSING)
		return 0;
	if (result == EVENT_BUSY || result == EVENT_DISK_FULL ||
	    result == EVENT_AWAY || result == EVENT_UNKNOWN)
		code = EX_UNAVAILABLE; /* for now */
	return error_set(err, code, "%s", err->message);
}

/* Returns 1 with a delivery, 0 with how long none is due (-1: for ever), -1. */
static int claim(struct embedded_queue *embedded,
		 struct event_delivery *delivery, long long *next_ms,
		 struct error *err)
{
	struct event_claim *claimed = &embedded->claim;
	size_t count = 0;

	*next_ms = -1;
	if (check(event_outbox_claim(embedded->store, embedded->lease_ms, 1,
				     claimed, &count, next_ms, err),
		  err) != 0)
		return -1;
	if (count == 0)
		return 0;
	delivery->event = claimed->event;
	claimed->event.user_id = NULL;
	claimed->event.description = NULL;
	claimed->event.last_error = NULL;
	delivery->attempts = claimed->attempts;
	delivery->may_be_repeated = claimed->attempts > 1;
	delivery->handle = claimed;
	return 1;
}

/* A write that fails may be seen by the watch: this wait is a plain one. */
static void rest(long long timeout_ms)
{
	poll(NULL, 0, timeout_ms < REST_MS ? (int)timeout_ms : REST_MS);
}

static int take(struct event_queue *queue, long long timeout_ms,
		struct event_delivery *delivery, struct error *err)
{
	struct embedded_queue *embedded = embedded_of(queue);
	long long next_ms;
	int status = claim(embedded, delivery, &next_ms, err);

	if (status == 0 && timeout_ms > 0) {
		if (next_ms >= 0 && next_ms < timeout_ms)
			timeout_ms = next_ms;
		if (event_watch_wait(embedded->watch, timeout_ms, err) != 0)
			return -1;
		status = claim(embedded, delivery, &next_ms, err);
	}
	if (status < 0 && err->code == EX_UNAVAILABLE)
		rest(timeout_ms);
	return status;
}

static int done(struct event_queue *queue, struct event_delivery *delivery,
		struct error *err)
{
	return check(event_outbox_settle(embedded_of(queue)->store,
					 delivery->handle, err),
		     err);
}

static int retry(struct event_queue *queue, struct event_delivery *delivery,
		 long long delay_ms, struct error *err)
{
	return check(event_outbox_release(embedded_of(queue)->store,
					  delivery->handle, delay_ms, err),
		     err);
}

static int give_back(struct event_queue *queue, struct event_delivery *delivery,
		     struct error *err)
{
	return check(event_outbox_return(embedded_of(queue)->store,
					 delivery->handle, err),
		     err);
}

static int refuse(struct event_queue *queue, struct event_delivery *delivery,
		  struct error *err)
{
	return retry(queue, delivery, EVENT_OUTBOX_MAX_WAIT_MS, err);
}

static int keep(struct event_queue *queue, struct event_delivery *delivery,
		struct error *err)
{
	struct embedded_queue *embedded = embedded_of(queue);

	return check(event_outbox_extend(embedded->store, delivery->handle,
					 embedded->lease_ms, err),
		     err);
}

static void close_queue(struct event_queue *queue)
{
	event_watch_close(embedded_of(queue)->watch);
	free(queue);
}

static const struct event_queue_kind kind = {
	.take = take,
	.done = done,
	.retry = retry,
	.give_back = give_back,
	.refuse = refuse,
	.keep = keep,
	.close = close_queue,
};

struct event_queue *event_queue_embedded(struct event_store *store,
					 const char *directory,
					 long long lease_ms, struct error *err)
{
	struct embedded_queue *embedded = calloc(1, sizeof(*embedded));

	if (embedded == NULL) {
		error_no_memory(err);
		return NULL;
	}
	embedded->queue.kind = &kind;
	embedded->store = store;
	embedded->lease_ms = lease_ms;
	embedded->watch = event_watch_open(directory, err);
	if (embedded->watch == NULL) {
		free(embedded);
		return NULL;
	}
	return (struct event_queue *)(void *)embedded;
}
