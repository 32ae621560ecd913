/* amqp_queue: what becomes of an event in hand while its broker does what it
 * likes; the test plays the broker. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#include "events/broker.h"
#include "events/event_queue.h"

static const char event_text[] =
	"{\"event_id\": \"01a1fe7c-cc58-702c-a4aa-45a940d94280\","
	" \"user_id\": \"u\", \"description\": \"d\","
	" \"status\": \"NotProcessed\","
	" \"created_at\": \"2026-11-21T14:00:00.000Z\","
	" \"updated_at\": \"2026-11-21T14:00:00.000Z\"}";

enum call { NONE, CONNECT, GET, CONSUME, PUBLISH, ACK };

/* Not static: where poll and its like are fortified, clang takes them for
 * inline functions, which must not use what is. */
struct {
	bool is_connected, is_consuming, has_delivery;
	bool is_missing; /* the queue */
	unsigned connections;
	int in_queue; /* messages */
	enum call fails;
	enum broker_verdict verdict; /* of what is published */
	bool is_blocked;
	int acked, rejected, requeued, published;
	long long expires_ms;
	int poll_errno;
	long long now_ms;
	struct broker_delivery message;
} peer;

/* Every failure ends the connection. */
static int result_of(enum call call, struct error *err)
{
	if (peer.fails != call)
		return 0;
	broker_disconnect(NULL);
	return error_set(err, EX_UNAVAILABLE, "as it was told");
}

struct broker *broker_open(const char *url, struct error *err)
{
	(void)url;
	(void)err;
	return (struct broker *)(void *)&peer;
}

void broker_close(struct broker *broker)
{
	(void)broker;
}

void broker_disconnect(struct broker *broker)
{
	(void)broker;
	peer.in_queue += peer.has_delivery;
	peer.is_connected = peer.is_consuming = peer.has_delivery = false;
}

int broker_connect(struct broker *broker, struct error *err)
{
	(void)broker;
	if (result_of(CONNECT, err) != 0)
		return -1;
	if (peer.is_missing)
		return 1;
	peer.is_connected = true;
	peer.connections++;
	return 0;
}

bool broker_is_connected(const struct broker *broker)
{
	(void)broker;
	return peer.is_connected;
}

unsigned broker_connections(const struct broker *broker)
{
	(void)broker;
	return peer.connections;
}

bool broker_is_consuming(const struct broker *broker)
{
	(void)broker;
	return peer.is_consuming;
}

static int deliver(void)
{
	if (peer.in_queue == 0 || peer.has_delivery)
		return 0;
	peer.in_queue--;
	peer.has_delivery = true;
	return 1;
}

int broker_get(struct broker *broker, struct error *err)
{
	(void)broker;
	return result_of(GET, err) != 0 ? -1 : deliver();
}

int broker_consume(struct broker *broker, struct error *err)
{
	(void)broker;
	peer.is_consuming = true;
	return result_of(CONSUME, err);
}

int broker_wait(struct broker *broker, long long timeout_ms, struct error *err)
{
	(void)broker;
	(void)err;
	if (!deliver())
		peer.now_ms += timeout_ms;
	return 0;
}

int broker_serve(struct broker *broker, struct error *err)
{
	(void)broker;
	(void)err;
	return 0;
}

const struct broker_delivery *broker_delivery(const struct broker *broker)
{
	(void)broker;
	return peer.has_delivery ? &peer.message : NULL;
}

int broker_ack(struct broker *broker, struct error *err)
{
	(void)broker;
	if (result_of(ACK, err) != 0)
		return -1;
	peer.acked++;
	peer.has_delivery = false;
	return 0;
}

int broker_reject(struct broker *broker, struct error *err)
{
	(void)broker;
	(void)err;
	peer.rejected++;
	peer.has_delivery = false;
	return 0;
}

int broker_requeue(struct broker *broker, struct error *err)
{
	(void)broker;
	(void)err;
	peer.requeued++;
	peer.has_delivery = false;
	return 0;
}

const char *broker_retry_queue(long long delay_ms)
{
	(void)delay_ms;
	return BROKER_RETRY "1";
}

void broker_begin(struct broker *broker)
{
	(void)broker;
}

int broker_publish(struct broker *broker, const char *queue,
		   const struct broker_message *message, struct error *err)
{
	(void)broker;
	(void)queue;
	if (result_of(PUBLISH, err) != 0)
		return -1;
	peer.published++;
	peer.expires_ms = message->expires_ms;
	return 0;
}

size_t broker_pending(const struct broker *broker)
{
	(void)broker;
	return peer.verdict == BROKER_PENDING;
}

enum broker_verdict broker_verdict(const struct broker *broker, size_t place)
{
	(void)broker;
	(void)place;
	return peer.verdict;
}

const char *broker_blocked(const struct broker *broker)
{
	(void)broker;
	return peer.is_blocked ? "low on disk" : NULL;
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

static struct event_queue *open_queue(int messages)
{
	struct error err = {0};
	struct event_queue *queue = event_queue_amqp("amqp://x", &err);

	memset(&peer, 0, sizeof(peer));
	assert_non_null(queue);
	peer.in_queue = messages;
	peer.verdict = BROKER_CONFIRMED;
	buffer_append(&peer.message.body, event_text, strlen(event_text));
	return queue;
}

static void close_queue(struct event_queue *queue)
{
	event_queue_close(queue);
	buffer_free(&peer.message.body);
}

static struct event_delivery taken(struct event_queue *queue)
{
	struct event_delivery delivery;
	struct error err = {0};

	if (event_queue_take(queue, 100, &delivery, &err) != 1)
		fail_msg("nothing is taken: %s", err.message);
	return delivery;
}

static void assert_away(int status, const struct error *err, const char *words)
{
	if (status != -1 || err->code != EX_UNAVAILABLE ||
	    strstr(err->message, words) == NULL)
		fail_msg("%d %d: %s", status, err->code, err->message);
}

static void what_was_in_hand_when_the_connection_was_lost_comes_again(
	void **state)
{
	static int (*const answers[])(struct event_queue *,
				      struct event_delivery *,
				      struct error *) = {
		event_queue_done, event_queue_give_back, event_queue_refuse};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		struct event_queue *queue = open_queue(1);
		struct event_delivery delivery = taken(queue);
		struct error err = {0};

		broker_disconnect(NULL);
		assert_away(event_queue_keep(queue, &delivery, &err), &err,
			    "delivered again");
		assert_away(answers[i](queue, &delivery, &err), &err,
			    "delivered again");
		delivery = taken(queue);
		broker_disconnect(NULL);
		assert_away(event_queue_retry(queue, &delivery, 1, &err), &err,
			    "delivered again");
		assert_int_equal(peer.acked + peer.rejected + peer.requeued, 0);
		assert_int_equal(peer.in_queue, 1);
		close_queue(queue);
	}
}

/* The message of the connection before is not the one that is in hand now. */
static void an_answer_does_not_go_to_another_connection(void **state)
{
	struct event_queue *queue = open_queue(1);
	struct event_delivery delivery = taken(queue);
	struct error err = {0};

	(void)state;
	broker_disconnect(NULL);
	assert_int_equal(broker_connect(NULL, &err), 0);
	assert_int_equal(deliver(), 1);
	assert_away(event_queue_done(queue, &delivery, &err), &err, "lost");
	assert_int_equal(peer.acked, 0);
	close_queue(queue);
}

static void assert_retry_keeps(const char *words)
{
	struct event_queue *queue = open_queue(1);
	struct event_delivery delivery = taken(queue);
	enum broker_verdict verdict = BROKER_CONFIRMED;
	struct error err = {0};

	if (strstr(words, "confirm") != NULL)
		verdict = BROKER_PENDING;
	else if (strstr(words, "deleted") != NULL)
		verdict = BROKER_RETURNED;
	else if (strstr(words, "takes no messages") != NULL)
		verdict = BROKER_REFUSED;
	else if (strstr(words, "nothing now") != NULL)
		verdict = BROKER_PENDING;
	peer.verdict = verdict;
	peer.is_blocked = strstr(words, "nothing now") != NULL;
	assert_away(event_queue_retry(queue, &delivery, 1000, &err), &err,
		    words);
	assert_int_equal(peer.acked, 0);
	assert_int_equal(peer.in_queue, 1);
	assert_false(peer.is_connected);
	close_queue(queue);
}

static void what_cannot_be_put_aside_stays_in_the_queue(void **state)
{
	(void)state;
	assert_retry_keeps("does not confirm");
	assert_retry_keeps("was deleted");
	assert_retry_keeps("takes no messages");
	assert_retry_keeps("takes nothing now: low on disk");
}

static void a_retry_that_fails_on_its_way_stays_in_the_queue(void **state)
{
	static const enum call calls[] = {PUBLISH, ACK};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		struct event_queue *queue = open_queue(1);
		struct event_delivery delivery = taken(queue);
		struct error err = {0};

		peer.fails = calls[i];
		assert_away(event_queue_retry(queue, &delivery, 1000, &err),
			    &err, "as it was told");
		assert_int_equal(peer.in_queue, 1);
		close_queue(queue);
	}
}

static void without_a_delay_a_retry_never_expires(void **state)
{
	struct event_queue *queue = open_queue(1);
	struct event_delivery delivery = taken(queue);
	struct error err = {0};

	(void)state;
	assert_int_equal(event_queue_retry(queue, &delivery, 0, &err), 0);
	assert_int_equal(peer.published, 1);
	assert_int_equal(peer.expires_ms, -1);
	assert_int_equal(peer.acked, 1);
	close_queue(queue);
}

static void a_queue_that_is_away_rests_before_it_is_tried_again(void **state)
{
	struct event_queue *queue = open_queue(1);
	struct event_delivery delivery;
	struct error err = {0};
	long long failed_ms;

	(void)state;
	peer.fails = CONNECT;
	assert_away(event_queue_take(queue, 0, &delivery, &err), &err,
		    "as it was told");
	peer.fails = NONE;
	assert_away(event_queue_take(queue, 0, &delivery, &err), &err,
		    "as it was told");
	peer.poll_errno = EINTR;
	assert_int_equal(event_queue_take(queue, 1, &delivery, &err), 0);
	peer.poll_errno = 0;
	failed_ms = peer.now_ms;
	assert_int_equal(event_queue_take(queue, 60000, &delivery, &err), 1);
	assert_true(peer.now_ms > failed_ms);
	assert_int_equal(event_queue_done(queue, &delivery, &err), 0);
	close_queue(queue);
}

static void a_queue_that_is_missing_is_waited_for(void **state)
{
	struct event_queue *queue = open_queue(1);
	struct event_delivery delivery;
	struct error err = {0};
	int i;

	(void)state;
	peer.is_missing = true;
	for (i = 0; i < 2; i++)
		assert_away(event_queue_take(queue, 60000, &delivery, &err),
			    &err,
			    "the queue marquee.events is missing: "
			    "relay-events makes it");
	assert_in_range(peer.now_ms, BROKER_AGAIN_FIRST_MS / 2,
			BROKER_AGAIN_FIRST_MS);
	peer.is_missing = false;
	assert_int_equal(event_queue_take(queue, 60000, &delivery, &err), 1);
	assert_int_equal(event_queue_done(queue, &delivery, &err), 0);
	close_queue(queue);
}

static void a_question_that_fails_is_told_and_asked_again(void **state)
{
	static const enum call calls[] = {GET, CONSUME};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		struct event_queue *queue = open_queue(0);
		struct event_delivery delivery;
		struct error err = {0};

		peer.fails = calls[i];
		assert_away(event_queue_take(queue, 10, &delivery, &err), &err,
			    "as it was told");
		close_queue(queue);
	}
}

static void what_came_unasked_is_taken_first(void **state)
{
	struct event_queue *queue = open_queue(1);
	struct event_delivery delivery;
	struct error err = {0};

	(void)state;
	peer.is_connected = true;
	assert_int_equal(deliver(), 1);
	peer.fails = GET;
	assert_int_equal(event_queue_take(queue, 0, &delivery, &err), 1);
	assert_int_equal(event_queue_done(queue, &delivery, &err), 0);
	close_queue(queue);
}

static void what_is_no_event_is_passed_over(void **state)
{
	struct event_queue *queue = open_queue(2);
	struct event_delivery delivery;
	struct error err = {0};

	(void)state;
	peer.message.is_too_large = true;
	assert_int_equal(event_queue_take(queue, 10, &delivery, &err), 0);
	assert_int_equal(peer.rejected, 2);
	peer.message.is_too_large = false;
	buffer_free(&peer.message.body);
	peer.in_queue = 1;
	assert_int_equal(event_queue_take(queue, 10, &delivery, &err), 0);
	assert_int_equal(peer.rejected, 3);
	close_queue(queue);
}

static void attempts_and_repeats_are_as_the_message_says(void **state)
{
	struct event_queue *queue = open_queue(1);
	struct event_delivery delivery;
	struct error err = {0};

	(void)state;
	peer.message.attempts = 4;
	delivery = taken(queue);
	assert_int_equal(delivery.attempts, 5);
	assert_true(delivery.may_be_repeated);
	event_queue_give_back(queue, &delivery, &err);
	peer.message.attempts = EVENT_ATTEMPTS_MAX;
	peer.in_queue = 1;
	delivery = taken(queue);
	assert_int_equal(delivery.attempts, EVENT_ATTEMPTS_MAX);
	event_queue_done(queue, &delivery, &err);
	close_queue(queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(test) cmocka_unit_test(test)
		TEST(what_was_in_hand_when_the_connection_was_lost_comes_again),
		TEST(an_answer_does_not_go_to_another_connection),
		TEST(what_cannot_be_put_aside_stays_in_the_queue),
		TEST(a_retry_that_fails_on_its_way_stays_in_the_queue),
		TEST(without_a_delay_a_retry_never_expires),
		TEST(a_queue_that_is_away_rests_before_it_is_tried_again),
		TEST(a_queue_that_is_missing_is_waited_for),
		TEST(a_question_that_fails_is_told_and_asked_again),
		TEST(what_came_unasked_is_taken_first),
		TEST(what_is_no_event_is_passed_over),
		TEST(attempts_and_repeats_are_as_the_message_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
