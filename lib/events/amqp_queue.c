/*
 * The queue of RabbitMQ: what relay-events published, taken one at a time and
 * acknowledged when it is dealt with.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "events/backoff.h"
#include "events/broker.h"
#include "events/event_queue.h"

struct amqp_queue {
	struct event_queue queue;
	struct broker *broker;
	unsigned failures; /* to connect, in a row */
	long long rests_until_ms;
	struct error why;    /* it rests */
	unsigned connection; /* that the one in hand came by */
};

static struct amqp_queue *amqp_of(struct event_queue *queue)
{
	return (struct amqp_queue *)(void *)queue;
}

/* Whatever went wrong, the next try comes later. Returns -1. */
static int rest(struct amqp_queue *amqp, struct error *err)
{
	amqp->failures++;
	amqp->rests_until_ms = clock_monotonic_ms() +
			       backoff_ms(amqp->failures, BROKER_AGAIN_FIRST_MS,
					  BROKER_AGAIN_LONGEST_MS);
	amqp->why = *err;
	return -1;
}

/* Connects where it is not connected, after the rest of its rest. Returns 0; 1
 * where a signal came first; -1. */
static int connect(struct amqp_queue *amqp, long long timeout_ms,
		   struct error *err)
{
	long long left_ms = amqp->rests_until_ms - clock_monotonic_ms();
	int status;

	if (broker_is_connected(amqp->broker))
		return 0;
	if (left_ms > 0 && timeout_ms > 0) {
		int wait_ms =
			(int)(left_ms < timeout_ms ? left_ms : timeout_ms);

		if (poll(NULL, 0, wait_ms) < 0 && errno == EINTR)
			return 1;
		left_ms = amqp->rests_until_ms - clock_monotonic_ms();
	}
	if (left_ms > 0)
		return error_set(err, EX_UNAVAILABLE, "%s", amqp->why.message);
	status = broker_connect(amqp->broker, err);
	/* What it may have held only the relay can send again. */
	if (status > 0)
		error_set(err, EX_UNAVAILABLE,
			  "the queue %s is missing: relay-events makes it",
			  BROKER_EVENTS);
	return status == 0 ? 0 : rest(amqp, err);
}

/* Out of the way of those that can be read. */
static int refuse_text(struct amqp_queue *amqp, const char *reason,
		       struct error *err)
{
	log_event(LOG_LEVEL_WARN, "not an event", "message_id",
		  broker_delivery(amqp->broker)->id, "queue", BROKER_DEAD,
		  "reason", reason, NULL);
	return broker_reject(amqp->broker, err);
}

/* Returns 1 with a delivery, 0 where it was none, -1. */
static int open_delivery(struct amqp_queue *amqp,
			 struct event_delivery *delivery, struct error *err)
{
	const struct broker_delivery *message = broker_delivery(amqp->broker);
	struct error why = {0};

	if (message->is_too_large)
		return refuse_text(amqp, "its body is too large", err);
	*delivery = (struct event_delivery){
		.attempts = message->attempts < EVENT_ATTEMPTS_MAX
				    ? message->attempts + 1
				    : EVENT_ATTEMPTS_MAX,
		.may_be_repeated = message->is_redelivered ||
				   message->is_repeat || message->attempts > 0,
		.handle = amqp,
	};
	if (event_read(message->body.data != NULL ? message->body.data : "",
		       message->body.length, &delivery->event, &why) != 0) {
		if (why.code != EX_DATAERR)
			return error_set(err, why.code, "%s", why.message);
		return refuse_text(amqp, why.message, err);
	}
	amqp->connection = broker_connections(amqp->broker);
	return 1;
}

/* Sees to it that broker_delivery has one. Returns 1; 0 where none came until
 * then, or a signal came; -1. */
static int fetch(struct amqp_queue *amqp, long long until_ms, struct error *err)
{
	long long left_ms = until_ms - clock_monotonic_ms();
	int status = 0;

	if (broker_delivery(amqp->broker) != NULL)
		return 1;
	if (!broker_is_consuming(amqp->broker)) {
		/* Who only looks is to know whether there is one. */
		status = broker_get(amqp->broker, err);
		if (status != 0 || left_ms <= 0)
			return status;
		if (broker_consume(amqp->broker, err) != 0)
			return -1;
	}
	do {
		left_ms = until_ms - clock_monotonic_ms();
		status = broker_wait(amqp->broker, left_ms > 0 ? left_ms : 0,
				     err);
		if (status >= 0 && broker_delivery(amqp->broker) != NULL)
			return 1;
	} while (status == 0 && left_ms > 0);
	return status < 0 ? -1 : 0;
}

static int take(struct event_queue *queue, long long timeout_ms,
		struct event_delivery *delivery, struct error *err)
{
	struct amqp_queue *amqp = amqp_of(queue);
	long long until_ms = clock_monotonic_ms() + timeout_ms;
	int status = connect(amqp, timeout_ms, err);

	if (status != 0)
		return status > 0 ? 0 : -1;
	/* Those that cannot be read are passed over. */
	do {
		status = fetch(amqp, until_ms, err);
		if (status > 0)
			status = open_delivery(amqp, delivery, err);
		else if (status == 0)
			return 0;
	} while (status == 0);
	return status > 0 ? 1 : rest(amqp, err);
}

/* Whether the one in hand can still be answered. */
static int check_hand(const struct amqp_queue *amqp, struct error *err)
{
	if (broker_delivery(amqp->broker) != NULL &&
	    broker_connections(amqp->broker) == amqp->connection)
		return 0;
	return error_set(err, EX_UNAVAILABLE,
			 "the connection to the broker was lost: the event "
			 "will be delivered again");
}

static int done(struct event_queue *queue, struct event_delivery *delivery,
		struct error *err)
{
	struct amqp_queue *amqp = amqp_of(queue);

	(void)delivery;
	if (check_hand(amqp, err) != 0 || broker_ack(amqp->broker, err) != 0)
		return -1;
	amqp->failures = 0;
	return 0;
}

static int await_confirm(struct broker *broker, struct error *err)
{
	long long until_ms = clock_monotonic_ms() + BROKER_CONFIRM_MS;

	while (broker_pending(broker) > 0) {
		long long left_ms = until_ms - clock_monotonic_ms();

		if (broker_blocked(broker) != NULL)
			return error_set(err, EX_UNAVAILABLE,
					 "the broker takes nothing now: %s",
					 broker_blocked(broker));
		if (left_ms <= 0)
			return error_set(err, EX_UNAVAILABLE,
					 "the broker does not confirm what was "
					 "published");
		if (broker_wait(broker, left_ms, err) < 0)
			return -1;
	}
	return 0;
}

/* Publishes what is in hand again, to come back after the delay, as a message
 * of its own: it waits in a queue where it is in nobody's way. */
static int publish_again(struct amqp_queue *amqp,
			 const struct event_delivery *delivery,
			 long long delay_ms, struct error *err)
{
	const struct broker_delivery *in_hand = broker_delivery(amqp->broker);
	const struct broker_message message = {
		.id = delivery->event.id,
		.body = in_hand->body.data,
		.body_bytes = in_hand->body.length,
		.created_ms = delivery->event.created_ms,
		.attempts = delivery->attempts,
		.expires_ms = delay_ms > 0 ? delay_ms : -1,
	};
	const char *queue =
		delay_ms > 0 ? broker_retry_queue(delay_ms) : BROKER_EVENTS;

	broker_begin(amqp->broker);
	if (broker_publish(amqp->broker, queue, &message, err) != 0 ||
	    await_confirm(amqp->broker, err) != 0)
		return -1;
	if (broker_verdict(amqp->broker, 0) == BROKER_CONFIRMED)
		return 0;
	return error_set(err, EX_UNAVAILABLE,
			 broker_verdict(amqp->broker, 0) == BROKER_RETURNED
				 ? "the queue %s was deleted"
				 : "the queue %s takes no messages",
			 queue);
}

/* Where it cannot be put aside, it goes back to where it was, and with it this
 * notifier, for a while: it would only be handed the same one again. */
static int retry(struct event_queue *queue, struct event_delivery *delivery,
		 long long delay_ms, struct error *err)
{
	struct amqp_queue *amqp = amqp_of(queue);

	if (check_hand(amqp, err) != 0)
		return -1;
	if (publish_again(amqp, delivery, delay_ms, err) == 0 &&
	    broker_ack(amqp->broker, err) == 0) {
		amqp->failures = 0;
		return 0;
	}
	broker_disconnect(amqp->broker);
	return rest(amqp, err);
}

static int give_back(struct event_queue *queue, struct event_delivery *delivery,
		     struct error *err)
{
	struct amqp_queue *amqp = amqp_of(queue);

	(void)delivery;
	if (check_hand(amqp, err) != 0)
		return -1;
	return broker_requeue(amqp->broker, err);
}

static int refuse(struct event_queue *queue, struct event_delivery *delivery,
		  struct error *err)
{
	struct amqp_queue *amqp = amqp_of(queue);

	(void)delivery;
	if (check_hand(amqp, err) != 0)
		return -1;
	return broker_reject(amqp->broker, err);
}

static int keep(struct event_queue *queue, struct event_delivery *delivery,
		struct error *err)
{
	struct amqp_queue *amqp = amqp_of(queue);

	(void)delivery;
	if (check_hand(amqp, err) != 0)
		return -1;
	return broker_serve(amqp->broker, err);
}

static void close_queue(struct event_queue *queue)
{
	broker_close(amqp_of(queue)->broker);
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

struct event_queue *event_queue_amqp(const char *url, struct error *err)
{
	struct amqp_queue *amqp = calloc(1, sizeof(*amqp));

	if (amqp == NULL) {
		error_no_memory(err);
		return NULL;
	}
	amqp->queue.kind = &kind;
	amqp->broker = broker_open(url, err);
	if (amqp->broker == NULL) {
		free(amqp);
		return NULL;
	}
	return (struct event_queue *)(void *)amqp;
}
