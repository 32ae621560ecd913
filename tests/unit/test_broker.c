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

#include "events/broker.h"

/* The link's other end: what happens next, and which question it fails. */
/* Not static: where poll and its like are fortified, clang takes them for
 * inline functions, which must not use what is. */
struct {
	struct broker_happening happenings[8];
	size_t count, next;
	enum { NOTHING, DECLARE, PUBLISH, GET, CONSUME, ACK } fails;
	int declared;
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

int broker_link_declare(struct broker_link *link,
			const struct broker_queue *queue, struct error *err)
{
	(void)link;
	(void)queue;
	peer.declared++;
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
	const char *queue = NULL;

	(void)state;
	assert_int_equal(broker_declare(broker, &err), -1);
	assert_int_equal(broker_publish(broker, "q", &message, &err), -1);
	assert_int_equal(broker_retry_queue(broker, 1, &queue, &err), -1);
	assert_null(queue);
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
	const char *queue;
	int fails;

	(void)state;
	for (fails = DECLARE; fails <= ACK; fails++) {
		struct broker *broker = connected();
		struct error err = {0};
		int status = 0;

		peer.fails = (unsigned)fails;
		if (fails == DECLARE)
			status = broker_retry_queue(broker, 1, &queue, &err);
		else if (fails == PUBLISH)
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

static void a_retry_queue_is_made_once_and_again_after_a_return(void **state)
{
	struct broker *broker = connected();
	struct error err = {0};
	const char *queue;
	int before = peer.declared;

	(void)state;
	assert_int_equal(broker_retry_queue(broker, 9000, &queue, &err), 0);
	assert_string_equal(queue, BROKER_RETRY "8");
	assert_int_equal(broker_retry_queue(broker, 15999, &queue, &err), 0);
	assert_int_equal(peer.declared, before + 1);
	happens((struct broker_happening){.kind = BROKER_RETURN, .id = "m"});
	assert_int_equal(broker_serve(broker, &err), 0);
	assert_int_equal(broker_retry_queue(broker, 9000, &queue, &err), 0);
	assert_int_equal(peer.declared, before + 2);
	assert_int_equal(broker_retry_queue(broker, 1LL << 60, &queue, &err),
			 0);
	assert_string_equal(queue, BROKER_RETRY "2048");
	broker_close(broker);
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
			a_retry_queue_is_made_once_and_again_after_a_return),
		cmocka_unit_test(what_blocks_a_broker_is_told_until_it_is_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
