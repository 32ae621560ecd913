/* broker: what a batch, a delivery and a connection may and may not, above a
 * link that the test plays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/count.h"
#include "events/broker.h"

/* The link's other end: what happens next, and which question it fails. */
/* Not static: where poll and its like are fortified, clang takes them for
 * inline functions, which must not use what is. */
struct {
	struct broker_happening happenings[8];
	size_t count, next;
	enum { NOTHING, FIND, DECLARE, PUBLISH, GET, CONSUME, ACK } fails;
	bool is_missing;
	int declared;
	const char *last_declared;
	int links; /* that are open */
	int poll_errno;
	long long now_ms;
	struct broker_delivery delivery;
} peer;

static int fail_if(int what, struct error *err)
{
	return (int)peer.fails == what
		       ? error_set(err, EX_UNAVAILABLE, "as it was told")
		       : 0;
}

struct broker_link *broker_link_open(const struct broker_url *url,
				     struct error *err)
{
	(void)url;
	(void)err;
	peer.links++;
	return malloc(1);
}

void broker_link_close(struct broker_link *link)
{
	peer.links -= link != NULL;
	free(link);
}

int broker_link_find(struct broker_link *link, const char *queue,
		     struct error *err)
{
	(void)link;
	assert_string_equal(queue, BROKER_EVENTS);
	if (fail_if(FIND, err) != 0)
		return -1;
	return peer.is_missing ? 0 : 1;
}

int broker_link_declare(struct broker_link *link,
			const struct broker_queue *queue, struct error *err)
{
	(void)link;
	peer.declared++;
	peer.last_declared = queue->name;
	return fail_if(DECLARE, err);
}

int broker_link_consume(struct broker_link *link, const char *queue,
			size_t body_max_bytes, struct error *err)
{
	(void)link;
	(void)queue;
	(void)body_max_bytes;
	return fail_if(CONSUME, err);
}

int broker_link_get(struct broker_link *link, const char *queue,
		    size_t body_max_bytes, struct error *err)
{
	(void)link;
	(void)queue;
	(void)body_max_bytes;
	return fail_if(GET, err);
}

int broker_link_ack(struct broker_link *link, uint64_t tag, struct error *err)
{
	(void)link;
	(void)tag;
	return fail_if(ACK, err);
}

int broker_link_reject(struct broker_link *link, uint64_t tag, bool is_requeue,
		       struct error *err)
{
	(void)link;
	(void)tag;
	(void)is_requeue;
	return fail_if(ACK, err);
}

int broker_link_publish(struct broker_link *link, const char *queue,
			const struct broker_message *message, struct error *err)
{
	(void)link;
	(void)queue;
	(void)message;
	return fail_if(PUBLISH, err);
}

int broker_link_next(struct broker_link *link, struct broker_happening *what,
		     struct error *err)
{
	(void)link;
	(void)err;
	if (peer.next == peer.count)
		return 0;
	*what = peer.happenings[peer.next++];
	return 1;
}

const struct broker_delivery *broker_link_delivery(
	const struct broker_link *link)
{
	(void)link;
	return &peer.delivery;
}

int broker_link_fd(const struct broker_link *link)
{
	(void)link;
	return -1;
}

/* Time passes only while somebody waits. */
int poll(struct pollfd *files, nfds_t count, int timeout_ms)
{
	(void)files;
	(void)count;
	peer.now_ms += timeout_ms;
	errno = peer.poll_errno;
	return peer.poll_errno != 0 ? -1 : 0;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
	(void)clock;
	now->tv_sec = peer.now_ms / 1000;
	now->tv_nsec = peer.now_ms % 1000 * 1000000;
	return 0;
}

static void happens(struct broker_happening what)
{
	peer.happenings[peer.count++] = what;
}

static struct broker *opened(void)
{
	struct error err = {0};
	struct broker *broker = broker_open("amqp://localhost", &err);

	if (broker == NULL)
		fail_msg("%s", err.message);
	memset(&peer, 0, sizeof(peer));
	return broker;
}

static struct broker *connected(void)
{
	struct broker *broker = opened();
	struct error err = {0};

	assert_int_equal(broker_connect(broker, &err), 0);
	return broker;
}

/* Each failure ends the connection, so that nothing of it is left. */
static void assert_lost(struct broker *broker, const struct error *err)
{
	if (err->code != EX_UNAVAILABLE || broker_is_connected(broker) ||
	    peer.links != 0)
		fail_msg("%d, %d links: %s", err->code, peer.links,
			 err->message);
	broker_close(broker);
}

static void nothing_goes_without_a_connection(void **state)
{
	struct broker *broker = opened();
	struct broker_message message = {.id = "m", .body = ""};
	struct error err = {0};

	(void)state;
	assert_int_equal(broker_publish(broker, "q", &message, &err), -1);
	assert_int_equal(broker_serve(broker, &err), -1);
	assert_int_equal(broker_wait(broker, 1, &err), -1);
	assert_int_equal(broker_get(broker, &err), -1);
	assert_int_equal(broker_consume(broker, &err), -1);
	assert_int_equal(broker_ack(broker, &err), -1);
	assert_null(broker_delivery(broker));
	assert_null(broker_blocked(broker));
	assert_int_equal(broker_fd(broker), -1);
	assert_int_equal(err.code, EX_UNAVAILABLE);
	broker_close(broker);
}

static void a_batch_takes_no_more_than_it_can_watch(void **state)
{
	struct broker *broker = connected();
	struct broker_message message = {.id = "m", .body = ""};
	struct error err = {0};
	int i;

	(void)state;
	broker_begin(broker);
	for (i = 0; i < BROKER_BATCH_MAX; i++)
		assert_int_equal(broker_publish(broker, "q", &message, &err),
				 0);
	assert_int_equal(broker_publish(broker, "q", &message, &err), -1);
	assert_int_equal(err.code, EX_SOFTWARE);
	assert_int_equal(broker_pending(broker), BROKER_BATCH_MAX);
	assert_int_equal(broker_verdict(broker, BROKER_BATCH_MAX),
			 BROKER_PENDING);
	broker_close(broker);
}

static void a_broker_that_answers_for_what_it_was_not_sent_is_left(void **state)
{
	struct broker *broker = connected();
	struct error err = {0};

	(void)state;
	happens((struct broker_happening){.kind = BROKER_ACK, .tag = 3});
	assert_int_equal(broker_serve(broker, &err), -1);
	assert_non_null(strstr(err.message, "never sent"));
	assert_lost(broker, &err);
}

static void a_second_delivery_before_the_first_is_answered_is_refused(
	void **state)
{
	struct broker *broker = connected();
	struct error err = {0};

	(void)state;
	happens((struct broker_happening){.kind = BROKER_DELIVERY});
	happens((struct broker_happening){.kind = BROKER_DELIVERY});
	assert_int_equal(broker_serve(broker, &err), -1);
	assert_lost(broker, &err);
}

static void a_broker_that_does_not_answer_a_get_is_left_in_time(void **state)
{
	struct broker *broker = connected();
	struct error err = {0};
	long long before_ms = peer.now_ms;

	(void)state;
	assert_int_equal(broker_get(broker, &err), -1);
	assert_non_null(strstr(err.message, "does not answer"));
	assert_in_range(peer.now_ms - before_ms, BROKER_ANSWER_MS,
			BROKER_ANSWER_MS + BROKER_SERVE_MS);
	assert_lost(broker, &err);
}

static void
a_wait_that_fails_ends_the_connection_but_not_one_that_a_signal_ends(
	void **state)
{
	struct broker *broker = connected();
	struct error err = {0};

	(void)state;
	peer.poll_errno = EINTR;
	assert_int_equal(broker_wait(broker, 5, &err), 1);
	assert_true(broker_is_connected(broker));
	peer.poll_errno = ENOMEM;
	assert_int_equal(broker_wait(broker, 5, &err), -1);
	assert_int_equal(err.code, EX_OSERR);
	assert_int_equal(peer.links, 0);
	broker_close(broker);
}

static void a_question_that_fails_ends_the_connection(void **state)
{
	struct broker_message message = {.id = "m", .body = ""};
	int fails;

	(void)state;
	for (fails = PUBLISH; fails <= ACK; fails++) {
		struct broker *broker = connected();
		struct error err = {0};
		int status = 0;

		peer.fails = (unsigned)fails;
		if (fails == PUBLISH)
			status = broker_publish(broker, "q", &message, &err);
		else if (fails == GET)
			status = broker_get(broker, &err);
		else if (fails == CONSUME)
			status = broker_consume(broker, &err);
		else {
			happens((struct broker_happening){
				.kind = BROKER_DELIVERY});
			assert_int_equal(broker_serve(broker, &err), 0);
			status = broker_reject(broker, &err);
		}
		assert_int_equal(status, -1);
		assert_lost(broker, &err);
	}
}

/* marquee.events, its dead letters, and twelve to wait in. */
#define QUEUES 14

static void all_queues_are_made_and_the_one_that_is_looked_for_last(
	void **state)
{
	struct broker *broker = connected();
	struct error err = {0};

	(void)state;
	assert_int_equal(peer.declared, QUEUES);
	broker_disconnect(broker);
	peer.declared = 0;
	peer.is_missing = true;
	assert_int_equal(broker_make_queues(broker, &err), 0);
	assert_true(broker_is_connected(broker));
	assert_int_equal(peer.declared, QUEUES);
	assert_string_equal(peer.last_declared, BROKER_EVENTS);
	broker_close(broker);
}

static void a_queue_that_is_missing_is_told_and_none_is_made(void **state)
{
	struct broker *broker = opened();
	struct error err = {0};

	(void)state;
	peer.is_missing = true;
	assert_int_equal(broker_connect(broker, &err), 1);
	assert_int_equal(err.code, 0);
	assert_false(broker_is_connected(broker));
	assert_int_equal(peer.links, 0);
	assert_int_equal(peer.declared, 0);
	peer.is_missing = false;
	assert_int_equal(broker_connect(broker, &err), 0);
	broker_close(broker);
}

static void a_look_disconnects_where_the_queue_is_missing_by_now(void **state)
{
	struct broker *broker = opened();
	struct error err = {0};

	(void)state;
	broker_look(broker);
	assert_int_equal(broker_connect(broker, &err), 0);
	broker_look(broker);
	assert_true(broker_is_connected(broker));
	peer.is_missing = true;
	broker_look(broker);
	assert_false(broker_is_connected(broker));
	assert_int_equal(broker_connect(broker, &err), 1);
	assert_int_equal(err.code, 0);
	broker_close(broker);
}

static void a_look_disconnects_where_the_broker_does_not_answer(void **state)
{
	struct broker *broker = connected();

	(void)state;
	peer.fails = FIND;
	broker_look(broker);
	assert_false(broker_is_connected(broker));
	broker_close(broker);
}

static void a_broker_that_takes_nothing_is_not_asked_for_its_queue(void **state)
{
	struct broker *broker = connected();
	struct error err = {0};

	(void)state;
	peer.is_missing = true;
	happens((struct broker_happening){.kind = BROKER_BLOCKED,
					  .text = "memory"});
	assert_int_equal(broker_serve(broker, &err), 0);
	broker_look(broker);
	assert_true(broker_is_connected(broker));
	happens((struct broker_happening){.kind = BROKER_UNBLOCKED});
	assert_int_equal(broker_serve(broker, &err), 0);
	broker_look(broker);
	assert_false(broker_is_connected(broker));
	broker_close(broker);
}

static void a_look_or_a_declaration_that_fails_ends_the_connection(void **state)
{
	static const struct {
		unsigned fails;
		int (*call)(struct broker *broker, struct error *err);
	} cases[] = {
		{FIND, broker_connect},
		{DECLARE, broker_connect},
		{DECLARE, broker_make_queues},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct broker *broker = opened();
		struct error err = {0};

		peer.fails = cases[i].fails;
		assert_int_equal(cases[i].call(broker, &err), -1);
		assert_lost(broker, &err);
	}
}

static void a_retry_waits_where_others_wait_as_long(void **state)
{
	static const struct {
		long long delay_ms;
		const char *queue;
	} cases[] = {
		{1, BROKER_RETRY "1"},     {1999, BROKER_RETRY "1"},
		{2000, BROKER_RETRY "2"},  {9000, BROKER_RETRY "8"},
		{15999, BROKER_RETRY "8"}, {1LL << 60, BROKER_RETRY "2048"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++)
		assert_string_equal(broker_retry_queue(cases[i].delay_ms),
				    cases[i].queue);
}

static void what_blocks_a_broker_is_told_until_it_is_over(void **state)
{
	struct broker *broker = connected();
	struct error err = {0};

	(void)state;
	happens((struct broker_happening){.kind = BROKER_BLOCKED,
					  .text = "low on disk"});
	assert_int_equal(broker_serve(broker, &err), 0);
	assert_string_equal(broker_blocked(broker), "low on disk");
	happens((struct broker_happening){.kind = BROKER_UNBLOCKED});
	assert_int_equal(broker_serve(broker, &err), 0);
	assert_null(broker_blocked(broker));
	broker_close(broker);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_goes_without_a_connection),
		cmocka_unit_test(a_batch_takes_no_more_than_it_can_watch),
		cmocka_unit_test(
			a_broker_that_answers_for_what_it_was_not_sent_is_left),
		cmocka_unit_test(
			a_second_delivery_before_the_first_is_answered_is_refused),
		cmocka_unit_test(
			a_broker_that_does_not_answer_a_get_is_left_in_time),
		cmocka_unit_test(
			a_wait_that_fails_ends_the_connection_but_not_one_that_a_signal_ends),
		cmocka_unit_test(a_question_that_fails_ends_the_connection),
		cmocka_unit_test(
			all_queues_are_made_and_the_one_that_is_looked_for_last),
		cmocka_unit_test(
			a_queue_that_is_missing_is_told_and_none_is_made),
		cmocka_unit_test(
			a_look_or_a_declaration_that_fails_ends_the_connection),
		cmocka_unit_test(
			a_look_disconnects_where_the_queue_is_missing_by_now),
		cmocka_unit_test(
			a_look_disconnects_where_the_broker_does_not_answer),
		cmocka_unit_test(
			a_broker_that_takes_nothing_is_not_asked_for_its_queue),
		cmocka_unit_test(a_retry_waits_where_others_wait_as_long),
		cmocka_unit_test(what_blocks_a_broker_is_told_until_it_is_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
