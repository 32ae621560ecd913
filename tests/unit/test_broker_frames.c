/* broker_frames: what is made of frames, those that break AMQP's rules too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "events/broker_amqp.h"
#include "events/event.h"

/* What the peer sends, frame by frame; then nothing. */
static struct {
	const amqp_frame_t *frames;
	size_t count;
	int status; /* when all were read */
} peer;

int amqp_simple_wait_frame_noblock(amqp_connection_state_t state,
				   amqp_frame_t *frame,
				   const struct timeval *timeout)
{
	(void)state;
	(void)timeout;
	if (peer.count == 0)
		return peer.status;
	peer.count--;
	*frame = *peer.frames++;
	return AMQP_STATUS_OK;
}

void amqp_maybe_release_buffers_on_channel(amqp_connection_state_t state,
					   amqp_channel_t channel)
{
	(void)state;
	(void)channel;
}

static amqp_frame_t method(amqp_method_number_t id, void *decoded)
{
	return (amqp_frame_t){.frame_type = AMQP_FRAME_METHOD,
			      .payload.method = {.id = id, .decoded = decoded}};
}

static amqp_frame_t header(size_t body_bytes,
			   amqp_basic_properties_t *properties)
{
	return (amqp_frame_t){.frame_type = AMQP_FRAME_HEADER,
			      .payload.properties = {.class_id =
							     AMQP_BASIC_CLASS,
						     .body_size = body_bytes,
						     .decoded = properties}};
}

static amqp_frame_t body(const char *text)
{
	return (amqp_frame_t){.frame_type = AMQP_FRAME_BODY,
			      .payload.body_fragment =
				      amqp_cstring_bytes(text)};
}

static amqp_frame_t delivery(void)
{
	static amqp_basic_deliver_t deliver = {.delivery_tag = 7,
					       .redelivered = 1};

	return method(AMQP_BASIC_DELIVER_METHOD, &deliver);
}

static int next_of(struct broker_link *link, const amqp_frame_t *frames,
		   size_t count, struct broker_happening *what,
		   struct error *err)
{
	peer.frames = frames;
	peer.count = count;
	peer.status = AMQP_STATUS_TIMEOUT;
	return broker_link_next(link, what, err);
}

/* How many attempts a message says that has this header. */
static unsigned attempts_of(amqp_table_entry_t entry)
{
	amqp_basic_properties_t properties = {._flags = AMQP_BASIC_HEADERS_FLAG,
					      .headers = {.num_entries = 1,
							  .entries = &entry}};
	const amqp_frame_t frames[] = {delivery(), header(0, &properties)};
	struct broker_link link = {.body_max_bytes = 10};
	struct broker_happening what;
	struct error err = {0};

	assert_int_equal(next_of(&link, frames, 2, &what, &err), 1);
	assert_int_equal(what.kind, BROKER_DELIVERY);
	return broker_link_delivery(&link)->attempts;
}

#define ATTEMPTS(type, member, number)                                         \
	attempts_of(broker_entry(                                              \
		BROKER_HEADER_ATTEMPTS,                                        \
		(amqp_field_value_t){.kind = AMQP_FIELD_KIND_##type,           \
				     .value.member = number}))

static void attempts_are_read_from_any_kind_of_number(void **state)
{
	(void)state;
	assert_int_equal(ATTEMPTS(U8, u8, 200), 200);
	assert_int_equal(ATTEMPTS(I16, i16, 3000), 3000);
	assert_int_equal(ATTEMPTS(U16, u16, 60000), 60000);
	assert_int_equal(ATTEMPTS(I32, i32, 70000), 70000);
	assert_int_equal(ATTEMPTS(U32, u32, 70001), 70001);
	assert_int_equal(ATTEMPTS(I64, i64, 70002), 70002);
}

static void attempts_that_cannot_be_are_brought_into_the_range(void **state)
{
	(void)state;
	assert_int_equal(ATTEMPTS(I16, i16, -1), 0);
	assert_int_equal(ATTEMPTS(I64, i64, INT64_MIN), 0);
	assert_int_equal(ATTEMPTS(I64, i64, INT64_MAX), EVENT_ATTEMPTS_MAX);
	assert_int_equal(ATTEMPTS(BOOLEAN, boolean, 1), 0);
}

static void a_message_comes_whole_in_whatever_parts(void **state)
{
	amqp_basic_properties_t properties = {
		._flags = AMQP_BASIC_MESSAGE_ID_FLAG,
		.message_id = amqp_cstring_bytes("id-1")};
	const amqp_frame_t frames[] = {delivery(), header(5, &properties),
				       body("ab"), body("cde")};
	struct broker_link link = {.body_max_bytes = 5};
	struct broker_happening what;
	struct error err = {0};

	(void)state;
	assert_int_equal(next_of(&link, frames, 3, &what, &err), 0);
	assert_int_equal(next_of(&link, frames + 3, 1, &what, &err), 1);
	assert_int_equal(what.kind, BROKER_DELIVERY);
	assert_int_equal(link.delivery.tag, 7);
	assert_true(link.delivery.is_redelivered);
	assert_string_equal(link.delivery.id, "id-1");
	assert_string_equal(link.delivery.body.data, "abcde");
	buffer_free(&link.delivery.body);
}

static void a_message_that_is_too_large_is_read_and_not_kept(void **state)
{
	amqp_basic_properties_t properties = {0};
	const amqp_frame_t frames[] = {delivery(), header(5, &properties),
				       body("abcde")};
	struct broker_link link = {.body_max_bytes = 4};
	struct broker_happening what;
	struct error err = {0};

	(void)state;
	assert_int_equal(next_of(&link, frames, 3, &what, &err), 1);
	assert_true(link.delivery.is_too_large);
	assert_int_equal(link.delivery.body.length, 0);
}

static void a_returned_message_is_told_by_its_id(void **state)
{
	amqp_basic_return_t why = {.reply_text =
					   amqp_cstring_bytes("NO_ROUTE")};
	amqp_basic_properties_t with_id = {._flags = AMQP_BASIC_MESSAGE_ID_FLAG,
					   .message_id =
						   amqp_cstring_bytes("id-2")};
	amqp_basic_properties_t without = {0};
	const amqp_frame_t frames[] = {method(AMQP_BASIC_RETURN_METHOD, &why),
				       header(1, &with_id), body("x"),
				       method(AMQP_BASIC_RETURN_METHOD, &why),
				       header(0, &without)};
	struct broker_link link = {.body_max_bytes = 4};
	struct broker_happening what;
	struct error err = {0};

	(void)state;
	assert_int_equal(next_of(&link, frames, 3, &what, &err), 1);
	assert_int_equal(what.kind, BROKER_RETURN);
	assert_string_equal(what.id, "id-2");
	assert_string_equal(what.text, "NO_ROUTE");
	assert_int_equal(next_of(&link, frames + 3, 2, &what, &err), 1);
	assert_string_equal(what.id, "");
}

/* Sends the frames to a link that has read nothing. */
static void assert_confused(const char *what_is_wrong,
			    const amqp_frame_t *frames, size_t count)
{
	struct broker_link link = {.body_max_bytes = 100};
	struct broker_happening what;
	struct error err = {0};

	if (next_of(&link, frames, count, &what, &err) != -1 ||
	    err.code != EX_UNAVAILABLE || !link.is_lost ||
	    strstr(err.message, "broke AMQP's rules") == NULL)
		fail_msg("%s: %s", what_is_wrong, err.message);
	buffer_free(&link.delivery.body);
}

#define ASSERT_CONFUSED(what, ...)                                             \
	do {                                                                   \
		const amqp_frame_t frames[] = {__VA_ARGS__};                   \
		assert_confused(what, frames,                                  \
				sizeof(frames) / sizeof(frames[0]));           \
	} while (0)

static void frames_out_of_order_end_the_connection(void **state)
{
	amqp_basic_properties_t none = {0};
	amqp_frame_t other_class = header(1, &none);
	amqp_frame_t other_kind = {.frame_type = AMQP_FRAME_HEARTBEAT};

	(void)state;
	other_class.payload.properties.class_id = AMQP_BASIC_CLASS + 1;
	ASSERT_CONFUSED("a header of nothing", header(1, &none));
	ASSERT_CONFUSED("a body of nothing", body("x"));
	ASSERT_CONFUSED("a body before its header", delivery(), body("x"));
	ASSERT_CONFUSED("two headers", delivery(), header(1, &none),
			header(1, &none));
	ASSERT_CONFUSED("a header of another class", delivery(), other_class);
	ASSERT_CONFUSED("a body that is longer than it said", delivery(),
			header(2, &none), body("abc"));
	ASSERT_CONFUSED("a message in a message", delivery(), delivery());
	ASSERT_CONFUSED("a frame of no kind", other_kind);
}

static void what_a_broker_says_in_the_middle_of_a_message_is_heard(void **state)
{
	amqp_connection_blocked_t why = {.reason =
						 amqp_cstring_bytes("memory")};
	amqp_basic_properties_t none = {0};
	const amqp_frame_t frames[] = {
		delivery(), method(AMQP_CONNECTION_BLOCKED_METHOD, &why),
		method(AMQP_CONNECTION_UNBLOCKED_METHOD, NULL),
		header(0, &none)};
	struct broker_link link = {.body_max_bytes = 4};
	struct broker_happening what;
	struct error err = {0};

	(void)state;
	assert_int_equal(next_of(&link, frames, 2, &what, &err), 1);
	assert_int_equal(what.kind, BROKER_BLOCKED);
	assert_string_equal(what.text, "memory");
	assert_int_equal(next_of(&link, frames + 2, 1, &what, &err), 1);
	assert_int_equal(what.kind, BROKER_UNBLOCKED);
	assert_int_equal(next_of(&link, frames + 3, 1, &what, &err), 1);
	assert_int_equal(what.kind, BROKER_DELIVERY);
}

static void a_close_in_the_middle_of_a_message_is_told(void **state)
{
	amqp_channel_close_t channel = {
		.reply_code = 404,
		.reply_text = amqp_cstring_bytes("NOT_FOUND")};
	amqp_connection_close_t connection = {
		.reply_code = 320, .reply_text = amqp_cstring_bytes("FORCED")};
	const amqp_frame_t closes[][2] = {
		{delivery(), method(AMQP_CHANNEL_CLOSE_METHOD, &channel)},
		{delivery(), method(AMQP_CONNECTION_CLOSE_METHOD, &connection)},
	};
	const char *words[] = {"NOT_FOUND", "FORCED"};
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct broker_link link = {.body_max_bytes = 4};
		struct broker_happening what;
		struct error err = {0};

		assert_int_equal(next_of(&link, closes[i], 2, &what, &err), -1);
		if (strstr(err.message, words[i]) == NULL)
			fail_msg("%s: %s", words[i], err.message);
	}
}

static void what_is_refused_for_ever_is_the_configuration_s_fault(void **state)
{
	amqp_channel_close_t refused = {
		.reply_code = AMQP_PRECONDITION_FAILED,
		.reply_text = amqp_cstring_bytes("PRECONDITION_FAILED")};
	amqp_connection_close_t silent = {.reply_code = 320};
	const amqp_frame_t close = method(AMQP_CHANNEL_CLOSE_METHOD, &refused);
	const amqp_frame_t others[] = {
		method(AMQP_CONNECTION_CLOSE_METHOD, &silent),
		method(AMQP_CHANNEL_CLOSE_OK_METHOD, NULL)};
	struct broker_link link = {.body_max_bytes = 4};
	struct broker_happening what;
	struct error err = {0};
	int i;

	(void)state;
	assert_int_equal(next_of(&link, &close, 1, &what, &err), -1);
	assert_int_equal(err.code, EX_CONFIG);
	for (i = 0; i < 2; i++) {
		link = (struct broker_link){.body_max_bytes = 4};
		assert_int_equal(next_of(&link, &others[i], 1, &what, &err),
				 -1);
		assert_int_equal(err.code, EX_UNAVAILABLE);
		link = (struct broker_link){.body_max_bytes = 4};
		assert_int_equal(next_of(&link, &others[i], 1, &what, NULL),
				 -1);
	}
}

static void a_header_of_another_name_says_no_attempts(void **state)
{
	char name[] = BROKER_HEADER_ATTEMPTS;
	amqp_table_entry_t entry = broker_entry(
		name, (amqp_field_value_t){.kind = AMQP_FIELD_KIND_U8,
					   .value.u8 = 7});

	(void)state;
	name[0]++;
	assert_int_equal(attempts_of(entry), 0);
}

static void a_lost_connection_stays_lost(void **state)
{
	struct broker_link link = {.is_lost = true};
	struct broker_happening what;
	struct error err = {0};

	(void)state;
	assert_int_equal(next_of(&link, NULL, 0, &what, &err), -1);
	assert_int_equal(err.code, EX_UNAVAILABLE);
	link = (struct broker_link){0};
	peer.count = 0;
	peer.status = AMQP_STATUS_CONNECTION_CLOSED;
	assert_int_equal(broker_link_next(&link, &what, &err), -1);
	assert_true(link.is_lost);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attempts_are_read_from_any_kind_of_number),
		cmocka_unit_test(
			attempts_that_cannot_be_are_brought_into_the_range),
		cmocka_unit_test(a_message_comes_whole_in_whatever_parts),
		cmocka_unit_test(
			a_message_that_is_too_large_is_read_and_not_kept),
		cmocka_unit_test(a_returned_message_is_told_by_its_id),
		cmocka_unit_test(frames_out_of_order_end_the_connection),
		cmocka_unit_test(
			what_a_broker_says_in_the_middle_of_a_message_is_heard),
		cmocka_unit_test(a_close_in_the_middle_of_a_message_is_told),
		cmocka_unit_test(
			what_is_refused_for_ever_is_the_configuration_s_fault),
		cmocka_unit_test(a_header_of_another_name_says_no_attempts),
		cmocka_unit_test(a_lost_connection_stays_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
