/*
 * A link's reading half: frames become happenings. librabbitmq's own
 * amqp_consume_message waits without a deadline inside a message and makes room
 * for whatever size a header claims, and of confirms it knows nothing.
 */
#include <string.h>
#include <sys/time.h>

#include "events/broker_amqp.h"
#include "events/event.h"

static int confused(struct broker_link *link, struct error *err)
{
	return broker_lost(link, "read", "the broker broke AMQP's rules", err);
}

static bool key_is(const amqp_table_entry_t *entry, const char *key)
{
	return entry->key.len == strlen(key) &&
	       memcmp(entry->key.bytes, key, entry->key.len) == 0;
}

/* Whoever put it there may have chosen another kind of number than we do. */
static unsigned read_attempts(const amqp_field_value_t *value)
{
	int64_t number;

	switch (value->kind) {
	case AMQP_FIELD_KIND_U8:
		number = value->value.u8;
		break;
	case AMQP_FIELD_KIND_I16:
		number = value->value.i16;
		break;
	case AMQP_FIELD_KIND_U16:
		number = value->value.u16;
		break;
	case AMQP_FIELD_KIND_I32:
		number = value->value.i32;
		break;
	case AMQP_FIELD_KIND_U32:
		number = value->value.u32;
		break;
	case AMQP_FIELD_KIND_I64:
		number = value->value.i64;
		break;
	default:
		return 0;
	}
	if (number < 0)
		return 0;
	return number < EVENT_ATTEMPTS_MAX ? (unsigned)number
					   : EVENT_ATTEMPTS_MAX;
}

static void read_properties(struct broker_delivery *delivery,
			    const amqp_basic_properties_t *properties)
{
	int i;

	if ((properties->_flags & AMQP_BASIC_MESSAGE_ID_FLAG) != 0)
		broker_copy(properties->message_id, delivery->id,
			    sizeof(delivery->id));
	if ((properties->_flags & AMQP_BASIC_HEADERS_FLAG) == 0)
		return;
	for (i = 0; i < properties->headers.num_entries; i++) {
		const amqp_table_entry_t *header =
			&properties->headers.entries[i];

		if (key_is(header, BROKER_HEADER_ATTEMPTS))
			delivery->attempts = read_attempts(&header->value);
		else if (key_is(header, BROKER_HEADER_REPEAT))
			delivery->is_repeat = true;
	}
}

static void begin_delivery(struct broker_link *link, uint64_t tag,
			   bool is_redelivered)
{
	struct buffer body = link->delivery.body;

	buffer_clear(&body);
	link->delivery = (struct broker_delivery){
		.tag = tag, .is_redelivered = is_redelivered, .body = body};
	link->content = CONTENT_DELIVERY;
	link->has_header = false;
}

static void begin_return(struct broker_link *link,
			 const amqp_basic_return_t *method)
{
	link->returned = (struct broker_happening){.kind = BROKER_RETURN};
	broker_copy(method->reply_text, link->returned.text,
		    sizeof(link->returned.text));
	link->content = CONTENT_RETURN;
	link->has_header = false;
}

/* The method, header or body that was just read may have been the last part of
 * a message. Returns 1 where it was. */
static int end_content(struct broker_link *link, struct broker_happening *what,
		       struct error *err)
{
	if (link->body_left > 0)
		return 0;
	if (link->content == CONTENT_RETURN)
		*what = link->returned;
	else
		*what = (struct broker_happening){.kind = BROKER_DELIVERY};
	link->content = CONTENT_NONE;
	if (buffer_check(&link->delivery.body, err) != 0)
		return broker_lost(link, "read", "out of memory", err);
	return 1;
}

static int take_header(struct broker_link *link, const amqp_frame_t *frame,
		       struct broker_happening *what, struct error *err)
{
	const amqp_basic_properties_t *properties =
		frame->payload.properties.decoded;

	if (link->content == CONTENT_NONE || link->has_header ||
	    frame->payload.properties.class_id != AMQP_BASIC_CLASS)
		return confused(link, err);
	link->has_header = true;
	link->body_left = frame->payload.properties.body_size;
	if (link->content == CONTENT_DELIVERY) {
		read_properties(&link->delivery, properties);
		link->delivery.is_too_large =
			link->body_left > link->body_max_bytes;
	} else if ((properties->_flags & AMQP_BASIC_MESSAGE_ID_FLAG) != 0) {
		broker_copy(properties->message_id, link->returned.id,
			    sizeof(link->returned.id));
	}
	return end_content(link, what, err);
}

static int take_body(struct broker_link *link, const amqp_frame_t *frame,
		     struct broker_happening *what, struct error *err)
{
	amqp_bytes_t part = frame->payload.body_fragment;

	if (link->content == CONTENT_NONE || !link->has_header ||
	    part.len > link->body_left)
		return confused(link, err);
	link->body_left -= part.len;
	if (link->content == CONTENT_DELIVERY && !link->delivery.is_too_large)
		buffer_append(&link->delivery.body, part.bytes, part.len);
	return end_content(link, what, err);
}

static int take_answer(const amqp_method_t *method,
		       struct broker_happening *what)
{
	if (method->id == AMQP_BASIC_ACK_METHOD) {
		const amqp_basic_ack_t *ack = method->decoded;

		*what = (struct broker_happening){.kind = BROKER_ACK,
						  .tag = ack->delivery_tag,
						  .is_multiple = ack->multiple};
	} else {
		const amqp_basic_nack_t *nack = method->decoded;

		*what = (struct broker_happening){.kind = BROKER_NACK,
						  .tag = nack->delivery_tag,
						  .is_multiple =
							  nack->multiple};
	}
	return 1;
}

static void take_delivery(struct broker_link *link, const amqp_method_t *method)
{
	if (method->id == AMQP_BASIC_DELIVER_METHOD) {
		const amqp_basic_deliver_t *deliver = method->decoded;

		begin_delivery(link, deliver->delivery_tag,
			       deliver->redelivered);
	} else {
		const amqp_basic_get_ok_t *get = method->decoded;

		begin_delivery(link, get->delivery_tag, get->redelivered);
	}
}

static int take_blocked(const amqp_connection_blocked_t *blocked,
			struct broker_happening *what)
{
	*what = (struct broker_happening){.kind = BROKER_BLOCKED};
	broker_copy(blocked->reason, what->text, sizeof(what->text));
	return 1;
}

static int take_method(struct broker_link *link, const amqp_method_t *method,
		       struct broker_happening *what, struct error *err)
{
	if (link->content != CONTENT_NONE &&
	    method->id != AMQP_CHANNEL_CLOSE_METHOD &&
	    method->id != AMQP_CONNECTION_CLOSE_METHOD &&
	    method->id != AMQP_CONNECTION_BLOCKED_METHOD &&
	    method->id != AMQP_CONNECTION_UNBLOCKED_METHOD)
		return confused(link, err);
	switch (method->id) {
	case AMQP_BASIC_ACK_METHOD:
	case AMQP_BASIC_NACK_METHOD:
		return take_answer(method, what);
	case AMQP_BASIC_DELIVER_METHOD:
	case AMQP_BASIC_GET_OK_METHOD:
		take_delivery(link, method);
		return 0;
	case AMQP_BASIC_GET_EMPTY_METHOD:
		*what = (struct broker_happening){.kind = BROKER_EMPTY};
		return 1;
	case AMQP_BASIC_RETURN_METHOD:
		begin_return(link, method->decoded);
		return 0;
	case AMQP_CONNECTION_BLOCKED_METHOD:
		return take_blocked(method->decoded, what);
	case AMQP_CONNECTION_UNBLOCKED_METHOD:
		*what = (struct broker_happening){.kind = BROKER_UNBLOCKED};
		return 1;
	case AMQP_BASIC_CANCEL_METHOD:
		return broker_lost(link, "consume",
				   "the broker says that the queue is gone",
				   err);
	default:
		return broker_closed(link, "go on", method, err);
	}
}

static int take_frame(struct broker_link *link, const amqp_frame_t *frame,
		      struct broker_happening *what, struct error *err)
{
	switch (frame->frame_type) {
	case AMQP_FRAME_METHOD:
		return take_method(link, &frame->payload.method, what, err);
	case AMQP_FRAME_HEADER:
		return take_header(link, frame, what, err);
	case AMQP_FRAME_BODY:
		return take_body(link, frame, what, err);
	default:
		return confused(link, err);
	}
}

int broker_link_next(struct broker_link *link, struct broker_happening *what,
		     struct error *err)
{
	static const struct timeval at_once = {0};
	amqp_frame_t frame;
	int status;

	if (link->is_lost)
		return broker_lost(link, "read", "the connection is lost", err);
	do {
		status = amqp_simple_wait_frame_noblock(link->state, &frame,
							&at_once);
		if (status == AMQP_STATUS_TIMEOUT)
			return 0;
		if (status != AMQP_STATUS_OK)
			return broker_lost_status(link, "read", status, err);
		status = take_frame(link, &frame, what, err);
		amqp_maybe_release_buffers_on_channel(link->state,
						      frame.channel);
	} while (status == 0);
	return status;
}

const struct broker_delivery *broker_link_delivery(
	const struct broker_link *link)
{
	return &link->delivery;
}
