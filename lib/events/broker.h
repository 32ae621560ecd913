/*
 * RabbitMQ, as relay-events and notify use it: what queues there are, messages
 * that are published and confirmed, messages that are delivered one at a time.
 *
 *	marquee.events			what notifiers take from
 *	marquee.events.dead		what no notifier can read
 *	marquee.events.retry.<n>	what waits to be tried again, for n to 2n
 *					seconds (1, 2, 4, … 2048): expires, each
 *					message at its own time, and goes back to
 *					marquee.events. A queue lets go only of
 *					its first, so waits of very different
 *					lengths need different queues: none
 *					stands longer than twice its own.
 *
 * All are durable, and yet a broker that is killed may forget the last one that it
 * made, and what it has confirmed of it: RabbitMQ's Mnesia syncs that a queue is to
 * be made, but writes that this is committed up to two seconds later. So one that
 * is missing may have held events, and only who can send those again makes it,
 * relay-events; notifiers wait for it.
 * An operator's policy may limit marquee.events; with `overflow` set to
 * `reject-publish` nothing is lost by it, since the outbox keeps what is
 * refused (https://www.rabbitmq.com/docs/maxlength).
 *
 *	broker = broker_open(url, &err);
 *	if (broker_connect(broker, &err) == 0) {
 *		broker_begin(broker);
 *		broker_publish(broker, BROKER_EVENTS, &message, &err); …
 *		while (broker_pending(broker) > 0)
 *			broker_wait(broker, 1000, &err) …
 *		… broker_verdict(broker, 0) …
 *	}
 *
 * A call that fails has disconnected it, and broker_connect tries anew: at once,
 * so whoever calls it waits in between (backoff.h). EX_UNAVAILABLE: a later try
 * may do better; EX_CONFIG: not before somebody has removed a queue of ours that
 * has other properties. Neither shows a password. One thread uses a broker.
 */
#ifndef MARQUEE_EVENTS_BROKER_H
#define MARQUEE_EVENTS_BROKER_H

#include <stdbool.h>
#include <stddef.h>

#include "events/broker_confirms.h"
#include "events/broker_link.h"
#include "events/event_input.h"

#define BROKER_EVENTS "marquee.events"
#define BROKER_DEAD "marquee.events.dead"
#define BROKER_RETRY "marquee.events.retry."

/* The seconds of the last retry queue: what waits longer waits there too. */
#define BROKER_RETRY_LONGEST_S 2048

/* A message with a longer body is none of ours. */
#define BROKER_BODY_MAX_BYTES (2 * EVENT_INPUT_MAX_BYTES)

/* How long an answer for a message may take while the broker is not short of
 * memory or disk. */
#define BROKER_CONFIRM_MS 30000

/* How long to wait before another try while it is away (backoff.h). Who is back
 * is not waited for long: events do. */
#define BROKER_AGAIN_FIRST_MS 500
#define BROKER_AGAIN_LONGEST_MS 5000

/* While connected, one of broker_wait and broker_serve is to be called at least
 * this often. */
#define BROKER_SERVE_MS 5000

struct broker;

/* Connects to nothing yet. NULL with EX_CONFIG where `url` is none, EX_OSERR. */
struct broker *broker_open(const char *url, struct error *err);
void broker_close(struct broker *broker);

/* Connects, nothing where it is connected; makes those of the queues that are
 * missing beside marquee.events. Returns 1, not connected, where that one is, and
 * with it whatever it held. See broker_link.h for how long it may take. */
int broker_connect(struct broker *broker, struct error *err);

/* Disconnects where marquee.events is missing by now, which a broker tells nobody
 * but those that consume, or where it cannot be asked: broker_connect, the next to
 * be called, says which. Nothing while the broker takes nothing. */
void broker_look(struct broker *broker);

/* Connects, and makes that one, too, the last of them: for who has seen to what it
 * held. */
int broker_make_queues(struct broker *broker, struct error *err);
bool broker_is_connected(const struct broker *broker);

/* Nothing is said goodbye to where the connection is lost. What was pending
 * stays pending: nobody knows. */
void broker_disconnect(struct broker *broker);

/* How often it was connected: what was delivered by one connection cannot be
 * answered by another. */
unsigned broker_connections(const struct broker *broker);

/* Begins a batch, in the place of the last one. */
void broker_begin(struct broker *broker);

/* Sends a message; it is the batch's next, counted from 0, whether or not
 * sending fails. Full (BROKER_BATCH_MAX) is EX_SOFTWARE. */
int broker_publish(struct broker *broker, const char *queue,
		   const struct broker_message *message, struct error *err);

/* How many of the batch the broker has not answered for, and what it said of
 * one. */
size_t broker_pending(const struct broker *broker);
enum broker_verdict broker_verdict(const struct broker *broker, size_t place);

/* Why the broker takes nothing for the time being (short of memory or disk), or
 * NULL. What is published meanwhile is answered for when that is over. */
const char *broker_blocked(const struct broker *broker);

/* The retry queue for a wait of `delay_ms`. */
const char *broker_retry_queue(long long delay_ms);

/* Takes in what has come, without waiting. */
int broker_serve(struct broker *broker, struct error *err);

/* The same; waits until something comes, at most `timeout_ms` and
 * BROKER_SERVE_MS. Returns 0, 1 where a signal came first, or -1. */
int broker_wait(struct broker *broker, long long timeout_ms, struct error *err);

/* Asks for one message. Returns 1 where broker_delivery has it, 0 where the
 * queue is empty, -1. Not while consuming. */
int broker_get(struct broker *broker, struct error *err);

/* From now on messages come by themselves, to be waited for with broker_wait:
 * one, and the next when that is answered. */
int broker_consume(struct broker *broker, struct error *err);
bool broker_is_consuming(const struct broker *broker);

/* What was delivered and not answered, or NULL. It stays until it is answered
 * or the connection ends. */
const struct broker_delivery *broker_delivery(const struct broker *broker);

/* The delivery is dealt with; it goes back into the queue; into the dead-letter
 * queue. */
int broker_ack(struct broker *broker, struct error *err);
int broker_requeue(struct broker *broker, struct error *err);
int broker_reject(struct broker *broker, struct error *err);

/* For waiting for other things too: readable when broker_serve has something to
 * do; -1 while disconnected. */
int broker_fd(const struct broker *broker);

#endif
