/*
 * A link's sending half: questions that the broker answers, and messages and
 * acknowledgements, which it does not wait for.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "events/broker_amqp.h"

amqp_table_entry_t broker_entry(const char *key, amqp_field_value_t value)
{
	return (amqp_table_entry_t){.key = amqp_cstring_bytes(key),
				    .value = value};
}

amqp_table_entry_t broker_flag_entry(const char *key)
{
	return broker_entry(
		key, (amqp_field_value_t){.kind = AMQP_FIELD_KIND_BOOLEAN,
					  .value.boolean = 1});
}

amqp_table_entry_t broker_text_entry(const char *key, const char *text)
{
	return broker_entry(
		key,
		(amqp_field_value_t){.kind = AMQP_FIELD_KIND_UTF8,
				     .value.bytes = amqp_cstring_bytes(text)});
}

/* Waits until a whole message can be sent without waiting. */
static int await_room(struct broker_link *link, const char *what,
		      struct error *err)
{
	struct pollfd socket = {.fd = amqp_get_sockfd(link->state),
				.events = POLLOUT};
	long long until_ms = clock_monotonic_ms() + BROKER_SEND_MS;
	long long left_ms = BROKER_SEND_MS;
	int ready = 0;

	if (link->is_lost || socket.fd < 0)
		return broker_lost(link, what, "the connection is lost", err);
	while (left_ms > 0 && ready <= 0) {
		ready = poll(&socket, 1, (int)left_ms);
		if (ready < 0 && errno != EINTR)
			return broker_lost(link, what, strerror(errno), err);
		left_ms = until_ms - clock_monotonic_ms();
	}
	return ready > 0 ? 0
			 : broker_lost(link, what, "the broker does not read",
				       err);
}

int broker_link_find(struct broker_link *link, const char *queue,
		     struct error *err)
{
	struct error why = {0};

	if (await_room(link, "look for a queue", err) != 0)
		return -1;
	amqp_queue_declare(link->state, BROKER_CHANNEL,
			   amqp_cstring_bytes(queue), 1, 0, 0, 0,
			   amqp_empty_table);
	if (broker_check_answer(link, "look", &why) == 0) {
		amqp_maybe_release_buffers(link->state);
		return 1;
	}
	if (link->close_code == AMQP_NOT_FOUND) {
		/* That closed the channel only: goodbye can be said. */
		link->is_lost = false;
		return 0;
	}
	return error_set(err, why.code, "the queue %s: %s", queue, why.message);
}

int broker_link_declare(struct broker_link *link,
			const struct broker_queue *queue, struct error *err)
{
	amqp_table_entry_t entries[2];
	amqp_table_t arguments = amqp_empty_table;

	if (queue->dead_letter_to != NULL) {
		entries[0] = broker_text_entry("x-dead-letter-exchange", "");
		entries[1] = broker_text_entry("x-dead-letter-routing-key",
					       queue->dead_letter_to);
		arguments =
			(amqp_table_t){.num_entries = 2, .entries = entries};
	}
	if (await_room(link, "declare a queue", err) != 0)
		return -1;
	amqp_queue_declare(link->state, BROKER_CHANNEL,
			   amqp_cstring_bytes(queue->name), 0, 1, 0, 0,
			   arguments);
	if (broker_check_answer(link, "declare", err) != 0)
		return error_context(err, "the queue %s", queue->name);
	amqp_maybe_release_buffers(link->state);
	return 0;
}

int broker_link_consume(struct broker_link *link, const char *queue,
			size_t body_max_bytes, struct error *err)
{
	link->body_max_bytes = body_max_bytes;
	if (await_room(link, "consume", err) != 0)
		return -1;
	amqp_basic_qos(link->state, BROKER_CHANNEL, 0, 1, 0);
	if (broker_check_answer(link, "ask for one message at a time", err) !=
	    0)
		return -1;
	amqp_basic_consume(link->state, BROKER_CHANNEL,
			   amqp_cstring_bytes(queue), amqp_empty_bytes, 0, 0, 0,
			   amqp_empty_table);
	if (broker_check_answer(link, "consume", err) != 0)
		return error_context(err, "the queue %s", queue);
	return 0;
}

int broker_link_get(struct broker_link *link, const char *queue,
		    size_t body_max_bytes, struct error *err)
{
	amqp_basic_get_t get = {.queue = amqp_cstring_bytes(queue)};
	int status;

	link->body_max_bytes = body_max_bytes;
	if (await_room(link, "get", err) != 0)
		return -1;
	status = amqp_send_method(link->state, BROKER_CHANNEL,
				  AMQP_BASIC_GET_METHOD, &get);
	return status == AMQP_STATUS_OK
		       ? 0
		       : broker_lost_status(link, "get", status, err);
}

int broker_link_ack(struct broker_link *link, uint64_t tag, struct error *err)
{
	int status;

	if (await_room(link, "acknowledge", err) != 0)
		return -1;
	status = amqp_basic_ack(link->state, BROKER_CHANNEL, tag, 0);
	return status == AMQP_STATUS_OK
		       ? 0
		       : broker_lost_status(link, "acknowledge", status, err);
}

int broker_link_reject(struct broker_link *link, uint64_t tag, bool is_requeue,
		       struct error *err)
{
	int status;

	if (await_room(link, "reject", err) != 0)
		return -1;
	status =
		amqp_basic_reject(link->state, BROKER_CHANNEL, tag, is_requeue);
	return status == AMQP_STATUS_OK
		       ? 0
		       : broker_lost_status(link, "reject", status, err);
}

/* At most two entries; returns how many. */
static int put_headers(const struct broker_message *message,
		       amqp_table_entry_t *entries)
{
	int count = 0;

	if (message->attempts > 0)
		entries[count++] = broker_entry(
			BROKER_HEADER_ATTEMPTS,
			(amqp_field_value_t){.kind = AMQP_FIELD_KIND_I64,
					     .value.i64 = message->attempts});
	if (message->is_repeat)
		entries[count++] = broker_flag_entry(BROKER_HEADER_REPEAT);
	return count;
}

int broker_link_publish(struct broker_link *link, const char *queue,
			const struct broker_message *message, struct error *err)
{
	char expiration[24];
	amqp_table_entry_t headers[2];
	amqp_basic_properties_t properties = {
		._flags = AMQP_BASIC_CONTENT_TYPE_FLAG |
			  AMQP_BASIC_DELIVERY_MODE_FLAG |
			  AMQP_BASIC_MESSAGE_ID_FLAG |
			  AMQP_BASIC_TIMESTAMP_FLAG | AMQP_BASIC_TYPE_FLAG |
			  AMQP_BASIC_HEADERS_FLAG,
		.content_type = amqp_cstring_bytes("application/json"),
		.delivery_mode = AMQP_DELIVERY_PERSISTENT,
		.message_id = amqp_cstring_bytes(message->id),
		.timestamp = (uint64_t)(message->created_ms / 1000),
		.type = amqp_cstring_bytes("marquee.event"),
		.headers = {.num_entries = put_headers(message, headers),
			    .entries = headers},
	};
	amqp_bytes_t body = amqp_empty_bytes;
	int status;

	body.len = message->body_bytes;
	/* The library's type knows no const; it only reads. */
	memcpy(&body.bytes, &message->body, sizeof(body.bytes));
	if (message->expires_ms >= 0) {
		snprintf(expiration, sizeof(expiration), "%lld",
			 message->expires_ms);
		properties._flags |= AMQP_BASIC_EXPIRATION_FLAG;
		properties.expiration = amqp_cstring_bytes(expiration);
	}
	if (await_room(link, "publish", err) != 0)
		return -1;
	status = amqp_basic_publish(link->state, BROKER_CHANNEL,
				    amqp_empty_bytes, amqp_cstring_bytes(queue),
				    1, 0, &properties, body);
	return status == AMQP_STATUS_OK
		       ? 0
		       : broker_lost_status(link, "publish", status, err);
}
