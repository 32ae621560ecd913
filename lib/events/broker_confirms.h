/*
 * Which messages of a batch the broker has answered for: publisher confirms,
 * https://www.rabbitmq.com/docs/confirms. The room's own.
 *
 * A channel's messages are counted from 1 (delivery tags), and the broker
 * answers by that count: ack, nack, for one or for all up to it. One that no
 * queue takes comes back first (`mandatory`), by its id only, and is acked then.
 */
#ifndef MARQUEE_EVENTS_BROKER_CONFIRMS_H
#define MARQUEE_EVENTS_BROKER_CONFIRMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "events/event_id.h"

/* Messages of one batch. */
#define BROKER_BATCH_MAX 128

enum broker_verdict {
	BROKER_PENDING,   /* nothing is known of it */
	BROKER_CONFIRMED, /* the queue has it on disk */
	BROKER_REFUSED,   /* nack: the queue is full, or the broker failed */
	BROKER_RETURNED   /* there is no such queue */
};

struct broker_confirms {
	uint64_t first_tag; /* of the batch; 1 on a new channel */
	size_t count;       /* of the batch, so far */
	size_t pending;
	struct {
		char id[EVENT_ID_BYTES];
		enum broker_verdict verdict;
		bool is_pending;
	} messages[BROKER_BATCH_MAX];
};

/* A new channel. */
void broker_confirms_reset(struct broker_confirms *confirms);

/* A new batch on the same channel; nothing of the last one is pending. */
void broker_confirms_begin(struct broker_confirms *confirms);

/* One more message is about to be published. Returns its place in the batch,
 * or -1 where that is full. */
int broker_confirms_add(struct broker_confirms *confirms, const char *id);

/* An ack (or nack) for `tag`, or for all up to it (0: all). Returns 0, or -1
 * where it is for a message that was never published. Those that are answered
 * for already stay as they are. */
int broker_confirms_settle(struct broker_confirms *confirms, uint64_t tag,
			   bool is_multiple, bool is_ack);

/* The message `id` has come back. One that is not in the batch is passed
 * over. */
void broker_confirms_return(struct broker_confirms *confirms, const char *id);

#endif
