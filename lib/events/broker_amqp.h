/*
 * What a link is made of: the one place that includes librabbitmq's header, for
 * broker_link.c (connecting), broker_send.c and broker_frames.c (reading).
 */
#ifndef MARQUEE_EVENTS_BROKER_AMQP_H
#define MARQUEE_EVENTS_BROKER_AMQP_H

/* As of rabbitmq-c 0.12 they are elsewhere, and the old ones warn. */
#if __has_include(<rabbitmq-c/amqp.h>)
#include <rabbitmq-c/amqp.h>
#include <rabbitmq-c/framing.h>
#include <rabbitmq-c/ssl_socket.h>
#include <rabbitmq-c/tcp_socket.h>
#else
#include <amqp.h>
#include <amqp_framing.h>
#include <amqp_ssl_socket.h>
#include <amqp_tcp_socket.h>
#endif

#include "events/broker_link.h"

#define BROKER_CHANNEL 1

#define BROKER_HEADER_ATTEMPTS "x-marquee-attempts"
#define BROKER_HEADER_REPEAT "x-marquee-repeat"

struct broker_link {
	amqp_connection_state_t state;
	bool is_lost;   /* nothing more can be sent */
	int close_code; /* what the broker closed it with; 0: it has not */
	size_t body_max_bytes;
	/* The message that is being read: a method, a header, its body. */
	enum { CONTENT_NONE, CONTENT_DELIVERY, CONTENT_RETURN } content;
	bool has_header;
	uint64_t body_left;
	struct broker_happening returned;
	struct broker_delivery delivery;
};

/* Records that the connection is lost while we did `what`. Returns -1. */
int broker_lost(struct broker_link *link, const char *what, const char *why,
		struct error *err);

/* The same for a status of librabbitmq. */
int broker_lost_status(struct broker_link *link, const char *what, int status,
		       struct error *err);

/* The same for a close of the channel or of the connection. */
int broker_closed(struct broker_link *link, const char *what,
		  const amqp_method_t *method, struct error *err);

/* What became of the last question: 0, or -1 as above. */
int broker_check_answer(struct broker_link *link, const char *what,
			struct error *err);

/* Members of a table; key and text are borrowed. */
amqp_table_entry_t broker_entry(const char *key, amqp_field_value_t value);
amqp_table_entry_t broker_flag_entry(const char *key);
amqp_table_entry_t broker_text_entry(const char *key, const char *text);

/* Copies at most `size` - 1 bytes, as text. */
void broker_copy(amqp_bytes_t from, char *to, size_t size);

#endif
