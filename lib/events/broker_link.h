/*
 * One connection to RabbitMQ with one channel, in confirm mode: what librabbitmq
 * does not do for us stands here, and nothing above here knows it. The room's
 * own; broker.h is what queue and relay use.
 *
 *	broker_link_open ─▶ find ─▶ declare ─▶ [consume] ─▶ publish … next … ─▶ close
 *
 * Any call that fails with EX_UNAVAILABLE has lost the connection: close it.
 * Every call ends: connecting within BROKER_CONNECT_MS, logging in and a
 * question to the broker within BROKER_ANSWER_MS each, sending within
 * BROKER_SEND_MS. (Looking up the host's name is the resolver's, with deadlines
 * of its own.)
 */
#ifndef MARQUEE_EVENTS_BROKER_LINK_H
#define MARQUEE_EVENTS_BROKER_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "events/broker_url.h"

#define BROKER_CONNECT_MS 5000
#define BROKER_ANSWER_MS 10000
#define BROKER_SEND_MS 10000

/* A peer that is silent for twice as long is dead (AMQP 0-9-1 §4.2.7). */
#define BROKER_HEARTBEAT_S 30

/* The longest frame that is sent or taken. */
#define BROKER_FRAME_MAX_BYTES 131072

/* Of a queue's name and of a message's id: AMQP's short string. */
#define BROKER_SHORT_MAX_BYTES 255

struct broker_link;

/* A durable queue, and where to what it rejects or what expires in it goes: the
 * name of a queue, or NULL for nowhere. */
struct broker_queue {
	const char *name;
	const char *dead_letter_to;
};

/* What is published: persistent, `mandatory`, application/json. */
struct broker_message {
	const char *id; /* the event's */
	const char *body;
	size_t body_bytes;
	long long created_ms; /* the event's; in whole seconds on its way */
	unsigned attempts;    /* x-marquee-attempts; 0: not said */
	bool is_repeat;       /* x-marquee-repeat: it may be there already */
	long long expires_ms; /* to the dead-letter queue; -1: never */
};

/* What is delivered. */
struct broker_delivery {
	uint64_t tag;
	char id[BROKER_SHORT_MAX_BYTES + 1]; /* message_id, "" without one */
	struct buffer body;                  /* empty where it is too large */
	bool is_too_large;
	unsigned attempts; /* 0 where it does not say */
	bool is_repeat;
	bool is_redelivered;
};

struct broker_happening {
	enum {
		BROKER_ACK,
		BROKER_NACK,
		BROKER_RETURN,
		BROKER_DELIVERY,
		BROKER_EMPTY,   /* the answer to broker_link_get */
		BROKER_BLOCKED, /* it takes nothing now: memory or disk */
		BROKER_UNBLOCKED
	} kind;
	uint64_t tag; /* of ACK and NACK; so is the next */
	bool is_multiple;
	char id[BROKER_SHORT_MAX_BYTES + 1];   /* of RETURN */
	char text[BROKER_SHORT_MAX_BYTES + 1]; /* why: RETURN, BLOCKED */
};

/* Connects, logs in, opens the channel. amqps: the certificate must be signed by
 * an authority that the system trusts (SSL_CERT_FILE names another file of
 * authorities) and be for the host's name; an address is no name. NULL with
 * EX_UNAVAILABLE, EX_OSERR. */
struct broker_link *broker_link_open(const struct broker_url *url,
				     struct error *err);

/* Says goodbye where the connection is not lost. NULL is allowed. */
void broker_link_close(struct broker_link *link);

/* Whether the queue is there, whatever its properties: 1; 0 where it is not, and
 * then the link can only be closed; -1 with EX_UNAVAILABLE. Needs no permission. */
int broker_link_find(struct broker_link *link, const char *queue,
		     struct error *err);

/* Makes the queue where it is missing. -1 with EX_CONFIG where it exists with
 * other properties; EX_UNAVAILABLE. */
int broker_link_declare(struct broker_link *link,
			const struct broker_queue *queue, struct error *err);

/* From now on the queue's messages come, one at a time, each to be answered
 * by ack or reject. A body of more than `body_max_bytes` is not kept. */
int broker_link_consume(struct broker_link *link, const char *queue,
			size_t body_max_bytes, struct error *err);

/* Asks for one message: DELIVERY or EMPTY will be the answer. */
int broker_link_get(struct broker_link *link, const char *queue,
		    size_t body_max_bytes, struct error *err);

int broker_link_ack(struct broker_link *link, uint64_t tag, struct error *err);

/* Back into the queue, or to where its dead letters go. */
int broker_link_reject(struct broker_link *link, uint64_t tag, bool is_requeue,
		       struct error *err);

/* Sends a message to a queue by the default exchange. The first of a link has
 * delivery tag 1. */
int broker_link_publish(struct broker_link *link, const char *queue,
			const struct broker_message *message,
			struct error *err);

/* Reads what has come, without waiting, and sends a heartbeat where one is due:
 * to be called at least every BROKER_HEARTBEAT_S / 2. Returns 1 and sets `what`,
 * 0 where nothing more has come, -1. Ask until 0 before waiting for
 * broker_link_fd to be readable. */
int broker_link_next(struct broker_link *link, struct broker_happening *what,
		     struct error *err);

/* The last delivery; the link's own until the next one. */
const struct broker_delivery *broker_link_delivery(
	const struct broker_link *link);

int broker_link_fd(const struct broker_link *link);

#endif
