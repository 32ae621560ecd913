/* broker_send: what is asked of a broker that is gone, or says no. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#include "events/broker_amqp.h"

/* The connection as librabbitmq would tell it. */
/* Not static: where poll and its like are fortified, clang takes them for
 * inline functions, which must not use what is. */
struct {
	int fd;
	int status;     /* of what is sent and not answered */
	int questions;  /* that are answered well before one is not */
	int close_code; /* the one is answered by closing the channel with it */
	int ready;      /* what poll() says; -1: poll_errno */
	int poll_errno;
	bool is_passive; /* the last declaration */
	long long now_ms;
} peer;

int amqp_get_sockfd(amqp_connection_state_t state)
{
	(void)state;
	return peer.fd;
}

amqp_rpc_reply_t amqp_get_rpc_reply(amqp_connection_state_t state)
{
	(void)state;
	if (peer.questions-- > 0)
		return (amqp_rpc_reply_t){.reply_type = AMQP_RESPONSE_NORMAL};
	if (peer.close_code != 0) {
		static amqp_channel_close_t close;

		close = (amqp_channel_close_t){
			.reply_code = (uint16_t)peer.close_code,
			.reply_text = amqp_cstring_bytes("as it was told")};
		return (amqp_rpc_reply_t){
			.reply_type = AMQP_RESPONSE_SERVER_EXCEPTION,
			.reply = {.id = AMQP_CHANNEL_CLOSE_METHOD,
				  .decoded = &close}};
	}
	return (amqp_rpc_reply_t){.reply_type = AMQP_RESPONSE_LIBRARY_EXCEPTION,
				  .library_error = AMQP_STATUS_SOCKET_ERROR};
}

amqp_queue_declare_ok_t *amqp_queue_declare(
	amqp_connection_state_t state, amqp_channel_t channel,
	amqp_bytes_t name, amqp_boolean_t passive, amqp_boolean_t durable,
	amqp_boolean_t exclusive, amqp_boolean_t auto_delete,
	amqp_table_t arguments)
{
	(void)state;
	(void)channel;
	(void)name;
	(void)durable;
	(void)exclusive;
	(void)auto_delete;
	(void)arguments;
	peer.is_passive = passive != 0;
	return NULL;
}

void amqp_maybe_release_buffers(amqp_connection_state_t state)
{
	(void)state;
}

amqp_basic_qos_ok_t *amqp_basic_qos(amqp_connection_state_t state,
				    amqp_channel_t channel, uint32_t size,
				    uint16_t count, amqp_boolean_t global)
{
	(void)state;
	(void)channel;
	(void)size;
	(void)count;
	(void)global;
	return NULL;
}

amqp_basic_consume_ok_t *amqp_basic_consume(
	amqp_connection_state_t state, amqp_channel_t channel,
	amqp_bytes_t queue, amqp_bytes_t consumer, amqp_boolean_t no_local,
	amqp_boolean_t no_ack, amqp_boolean_t exclusive, amqp_table_t arguments)
{
	(void)state;
	(void)channel;
	(void)queue;
	(void)consumer;
	(void)no_local;
	(void)no_ack;
	(void)exclusive;
	(void)arguments;
	return NULL;
}

int amqp_send_method(amqp_connection_state_t state, amqp_channel_t channel,
		     amqp_method_number_t id, void *decoded)
{
	(void)state;
	(void)channel;
	(void)id;
	(void)decoded;
	return peer.status;
}

int amqp_basic_ack(amqp_connection_state_t state, amqp_channel_t channel,
		   uint64_t tag, amqp_boolean_t multiple)
{
	(void)state;
	(void)channel;
	(void)tag;
	(void)multiple;
	return peer.status;
}

int amqp_basic_reject(amqp_connection_state_t state, amqp_channel_t channel,
		      uint64_t tag, amqp_boolean_t requeue)
{
	(void)state;
	(void)channel;
	(void)tag;
	(void)requeue;
	return peer.status;
}

int amqp_basic_publish(amqp_connection_state_t state, amqp_channel_t channel,
		       amqp_bytes_t exchange, amqp_bytes_t routing_key,
		       amqp_boolean_t mandatory, amqp_boolean_t immediate,
		       struct amqp_basic_properties_t_ const *properties,
		       amqp_bytes_t body)
{
	(void)state;
	(void)channel;
	(void)exchange;
	(void)routing_key;
	(void)mandatory;
	(void)immediate;
	(void)properties;
	(void)body;
	return peer.status;
}

/* Time passes only while somebody waits. */
int poll(struct pollfd *files, nfds_t count, int timeout_ms)
{
	(void)files;
	(void)count;
	if (peer.ready == 0)
		peer.now_ms += timeout_ms;
	if (peer.ready < 0 && peer.poll_errno == EINTR)
		peer.now_ms += timeout_ms / 2 + 1;
	errno = peer.poll_errno;
	return peer.ready;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
	(void)clock;
	now->tv_sec = peer.now_ms / 1000;
	now->tv_nsec = peer.now_ms % 1000 * 1000000;
	return 0;
}

static const struct broker_message message = {
	.id = "m", .body = "{}", .body_bytes = 2, .expires_ms = -1};
static const struct broker_queue queue = {.name = "q"};

/* Everything that is sent, one after the other. */
#define KINDS 7

static int send_one(struct broker_link *link, int kind, struct error *err)
{
	switch (kind) {
	case 0:
		return broker_link_declare(link, &queue, err);
	case 1:
		return broker_link_find(link, "q", err) == 1 ? 0 : -1;
	case 2:
		return broker_link_consume(link, "q", 10, err);
	case 3:
		return broker_link_get(link, "q", 10, err);
	case 4:
		return broker_link_ack(link, 1, err);
	case 5:
		return broker_link_reject(link, 1, true, err);
	default:
		return broker_link_publish(link, "q", &message, err);
	}
}

static void assert_all_fail(const char *words, bool is_lost)
{
	int kind;

	for (kind = 0; kind < KINDS; kind++) {
		struct broker_link link = {.is_lost = is_lost};
		struct error err = {0};

		if (send_one(&link, kind, &err) != -1 ||
		    err.code != EX_UNAVAILABLE || !link.is_lost ||
		    strstr(err.message, words) == NULL)
			fail_msg("%d: %s", kind, err.message);
	}
}

static int reset(void **state)
{
	(void)state;
	memset(&peer, 0, sizeof(peer));
	peer.ready = 1;
	return 0;
}

static void nothing_is_sent_over_a_lost_connection(void **state)
{
	(void)state;
	assert_all_fail("the connection is lost", true);
	peer.fd = -1;
	assert_all_fail("the connection is lost", false);
}

static void a_broker_that_does_not_read_is_left_in_time(void **state)
{
	struct broker_link link = {0};
	struct error err = {0};

	(void)state;
	peer.ready = 0;
	assert_int_equal(broker_link_ack(&link, 1, &err), -1);
	assert_int_equal(peer.now_ms, BROKER_SEND_MS);
	assert_all_fail("does not read", false);
}

static void signals_do_not_end_the_wait_for_a_broker_nor_make_it_longer(
	void **state)
{
	struct broker_link link = {0};
	struct error err = {0};

	(void)state;
	peer.ready = -1;
	peer.poll_errno = EINTR;
	assert_int_equal(broker_link_ack(&link, 1, &err), -1);
	assert_in_range(peer.now_ms, BROKER_SEND_MS, BROKER_SEND_MS + 100);
	assert_non_null(strstr(err.message, "does not read"));
}

static void a_wait_that_fails_loses_the_connection(void **state)
{
	(void)state;
	peer.ready = -1;
	peer.poll_errno = ENOMEM;
	assert_all_fail("memory", false);
}

static void a_question_without_an_answer_loses_the_connection(void **state)
{
	int answered;

	(void)state;
	for (answered = 0; answered < 2; answered++) {
		struct broker_link link = {0};
		struct error err = {0};

		peer.questions = answered;
		assert_int_equal(broker_link_consume(&link, "q", 10, &err), -1);
		assert_int_equal(err.code, EX_UNAVAILABLE);
		assert_true(link.is_lost);
	}
	assert_true(peer.questions < 0);
}

static void what_cannot_be_sent_loses_the_connection(void **state)
{
	int kind;

	(void)state;
	peer.status = AMQP_STATUS_SOCKET_ERROR;
	for (kind = 3; kind < KINDS; kind++) {
		struct broker_link link = {0};
		struct error err = {0};

		assert_int_equal(send_one(&link, kind, &err), -1);
		assert_true(link.is_lost);
	}
}

/* Who waits for a queue shall not be a client that hangs up. */
static void a_queue_that_is_missing_leaves_the_connection_to_say_goodbye(
	void **state)
{
	struct broker_link link = {0};
	struct error err = {0};

	(void)state;
	peer.close_code = AMQP_NOT_FOUND;
	assert_int_equal(broker_link_find(&link, "q", &err), 0);
	assert_true(peer.is_passive);
	assert_false(link.is_lost);
	assert_int_equal(err.code, 0);
	assert_int_equal(broker_link_declare(&link, &queue, &err), -1);
	assert_false(peer.is_passive);
	assert_true(link.is_lost);
}

static void a_look_that_is_refused_does_not_find_a_queue_missing(void **state)
{
	struct broker_link link = {0};
	struct error err = {0};

	(void)state;
	peer.close_code = AMQP_RESOURCE_LOCKED;
	assert_int_equal(broker_link_find(&link, "q", &err), -1);
	assert_int_equal(err.code, EX_UNAVAILABLE);
	assert_string_equal(err.message,
			    "the queue q: cannot look: as it was told");
	assert_true(link.is_lost);
}

static void what_is_sent_keeps_the_connection(void **state)
{
	int kind;

	(void)state;
	for (kind = 0; kind < KINDS; kind++) {
		struct broker_link link = {0};
		struct error err = {0};

		peer.questions = 2;
		if (send_one(&link, kind, &err) != 0 || link.is_lost)
			fail_msg("%d: %s", kind, err.message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define AFRESH(test) cmocka_unit_test_setup(test, reset)
		AFRESH(nothing_is_sent_over_a_lost_connection),
		AFRESH(a_broker_that_does_not_read_is_left_in_time),
		AFRESH(signals_do_not_end_the_wait_for_a_broker_nor_make_it_longer),
		AFRESH(a_wait_that_fails_loses_the_connection),
		AFRESH(a_question_without_an_answer_loses_the_connection),
		AFRESH(what_cannot_be_sent_loses_the_connection),
		AFRESH(a_queue_that_is_missing_leaves_the_connection_to_say_goodbye),
		AFRESH(a_look_that_is_refused_does_not_find_a_queue_missing),
		AFRESH(what_is_sent_keeps_the_connection),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
