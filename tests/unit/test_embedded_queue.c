/* embedded_queue: who is given which event, and what becomes of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>

#include "event_fixture.h"
#include "events/event_outbox.h"
#include "events/event_queue.h"

#define LONG_MS (1800LL * 1000)

/* Longer than the runner lets a suite run: who waits so long has failed. */
#define FOR_EVER_MS (600LL * 1000)

struct log {
	struct event_store *store;
	struct event_queue *queue, *other; /* two notifiers */
	struct event_delivery delivery;
	struct error err;
};

static void open_log(struct log *log, long long lease_ms)
{
	const struct event_store_options options = {
		.directory = STATE,
		.url = test_server(),
		.readers = 1,
	};
	const char *directory = test_server() != NULL ? NULL : STATE;

	*log = (struct log){0};
	log->store = event_store_open(&options, &log->err);
	assert_non_null(log->store);
	log->queue = event_queue_embedded(log->store, directory, lease_ms,
					  &log->err);
	log->other =
		event_queue_embedded(log->store, directory, LONG_MS, &log->err);
	assert_non_null(log->queue);
	assert_non_null(log->other);
}

static void close_log(struct log *log)
{
	event_free(&log->delivery.event);
	event_queue_close(log->queue);
	event_queue_close(log->other);
	event_store_close(log->store);
}

static void post_to(struct log *log, char *description)
{
	struct event_input input = {
		.fields = EVENT_FIELD_USER_ID | EVENT_FIELD_DESCRIPTION,
		.user_id = (char[]){"user"},
		.description = description,
	};
	struct event event;
	struct error err = {0};

	assert_int_equal(event_store_post(log->store, &input, NULL, &event,
					  &err),
			 EVENT_DONE);
	event_free(&event);
}

/* Takes what is there right now. */
static bool take(struct log *log, struct event_queue *queue)
{
	int taken = event_queue_take(queue, 0, &log->delivery, &log->err);

	assert_true(taken >= 0);
	return taken == 1;
}

static void nothing_is_taken_from_an_empty_log(void **state)
{
	struct log log;

	(void)state;
	open_log(&log, LONG_MS);
	assert_false(take(&log, log.queue));
	close_log(&log);
}

static void events_are_taken_oldest_first_with_all_they_say(void **state)
{
	struct log log;

	(void)state;
	open_log(&log, LONG_MS);
	post_to(&log, (char[]){"first"});
	post_to(&log, (char[]){"second"});
	assert_true(take(&log, log.queue));
	assert_string_equal(log.delivery.event.description, "first");
	assert_string_equal(log.delivery.event.user_id, "user");
	assert_int_equal(log.delivery.attempts, 1);
	assert_false(log.delivery.may_be_repeated);
	assert_int_equal(event_queue_done(log.queue, &log.delivery, &log.err),
			 0);
	assert_null(log.delivery.event.description);
	assert_true(take(&log, log.queue));
	assert_string_equal(log.delivery.event.description, "second");
	close_log(&log);
}

static void what_is_done_is_never_given_again(void **state)
{
	struct log log;

	(void)state;
	open_log(&log, LONG_MS);
	post_to(&log, (char[]){"event"});
	assert_true(take(&log, log.queue));
	assert_int_equal(event_queue_done(log.queue, &log.delivery, &log.err),
			 0);
	assert_false(take(&log, log.queue));
	assert_false(take(&log, log.other));
	close_log(&log);
}

static void two_notifiers_are_given_different_events(void **state)
{
	struct log log;

	(void)state;
	open_log(&log, LONG_MS);
	post_to(&log, (char[]){"first"});
	post_to(&log, (char[]){"second"});
	assert_true(take(&log, log.queue));
	event_free(&log.delivery.event);
	assert_true(take(&log, log.other));
	assert_string_equal(log.delivery.event.description, "second");
	event_free(&log.delivery.event);
	close_log(&log);
}

static void one_that_steps_back_holds_up_no_other(void **state)
{
	struct log log;

	(void)state;
	open_log(&log, LONG_MS);
	post_to(&log, (char[]){"failing"});
	post_to(&log, (char[]){"second"});
	assert_true(take(&log, log.queue));
	assert_int_equal(event_queue_retry(log.queue, &log.delivery, LONG_MS,
					   &log.err),
			 0);
	assert_true(take(&log, log.queue));
	assert_string_equal(log.delivery.event.description, "second");
	assert_int_equal(event_queue_done(log.queue, &log.delivery, &log.err),
			 0);
	assert_false(take(&log, log.queue));
	close_log(&log);
}

static void one_that_stepped_back_is_waited_for_and_counted(void **state)
{
	struct log log;

	(void)state;
	open_log(&log, LONG_MS);
	post_to(&log, (char[]){"event"});
	assert_true(take(&log, log.queue));
	assert_int_equal(
		event_queue_retry(log.queue, &log.delivery, 20, &log.err), 0);
	while (event_queue_take(log.queue, FOR_EVER_MS, &log.delivery,
				&log.err) == 0)
		;
	assert_int_equal(log.delivery.attempts, 2);
	assert_true(log.delivery.may_be_repeated);
	close_log(&log);
}

static void one_that_was_given_back_is_due_at_once_and_as_if_new(void **state)
{
	struct log log;

	(void)state;
	open_log(&log, LONG_MS);
	post_to(&log, (char[]){"event"});
	assert_true(take(&log, log.queue));
	assert_int_equal(
		event_queue_give_back(log.queue, &log.delivery, &log.err), 0);
	assert_true(take(&log, log.other));
	assert_int_equal(log.delivery.attempts, 1);
	assert_false(log.delivery.may_be_repeated);
	event_free(&log.delivery.event);
	close_log(&log);
}

/* And whoever had it cannot take it from the next one. */
static void one_that_was_refused_is_kept(void **state)
{
	struct event_counts counts = {.unsent = 0};
	struct log log;

	(void)state;
	open_log(&log, LONG_MS);
	post_to(&log, (char[]){"event"});
	assert_true(take(&log, log.queue));
	assert_int_equal(event_queue_refuse(log.queue, &log.delivery, &log.err),
			 0);
	assert_false(take(&log, log.other));
	assert_int_equal(event_store_count(log.store, &counts, &log.err),
			 EVENT_DONE);
	assert_int_equal(counts.unsent, 1);
	close_log(&log);
}

static void who_wants_no_reason_is_served_all_the_same(void **state)
{
	struct log log;
	struct event_delivery *one = &log.delivery;

	(void)state;
	open_log(&log, LONG_MS);
	post_to(&log, (char[]){"event"});
	assert_int_equal(event_queue_take(log.queue, 0, one, NULL), 1);
	assert_int_equal(event_queue_keep(log.queue, one, NULL), 0);
	assert_int_equal(event_queue_give_back(log.queue, one, NULL), 0);
	assert_int_equal(event_queue_take(log.queue, 0, one, NULL), 1);
	assert_int_equal(event_queue_retry(log.queue, one, LONG_MS, NULL), 0);
	post_to(&log, (char[]){"second"});
	assert_int_equal(event_queue_take(log.queue, 0, one, NULL), 1);
	assert_int_equal(event_queue_refuse(log.queue, one, NULL), 0);
	post_to(&log, (char[]){"third"});
	assert_int_equal(event_queue_take(log.queue, 0, one, NULL), 1);
	assert_int_equal(event_queue_done(log.queue, one, NULL), 0);
	assert_int_equal(event_queue_take(log.queue, 0, one, NULL), 0);
	close_log(&log);
}

static void what_a_dead_notifier_held_comes_back_after_its_lease(void **state)
{
	struct event_delivery late;
	struct log log;

	(void)state;
	open_log(&log, 20);
	post_to(&log, (char[]){"event"});
	assert_true(take(&log, log.queue));
	late = log.delivery;
	while (event_queue_take(log.other, FOR_EVER_MS, &log.delivery,
				&log.err) == 0)
		;
	assert_int_equal(log.delivery.attempts, 2);
	assert_int_equal(event_queue_done(log.queue, &late, &log.err), 0);
	assert_int_equal(
		event_queue_give_back(log.other, &log.delivery, &log.err), 0);
	assert_true(take(&log, log.other));
	event_free(&log.delivery.event);
	close_log(&log);
}

/* The other queue's lease is the long one, and keeps for anyone. */
static void a_kept_event_is_nobody_else_s(void **state)
{
	struct event_claim claim;
	long long next_ms = 0;
	size_t count;
	struct log log;

	(void)state;
	open_log(&log, 20);
	post_to(&log, (char[]){"event"});
	assert_true(take(&log, log.queue));
	assert_int_equal(event_queue_keep(log.other, &log.delivery, &log.err),
			 0);
	assert_int_equal(event_outbox_claim(log.store, LONG_MS, 1, &claim,
					    &count, &next_ms, &log.err),
			 EVENT_DONE);
	assert_int_equal(count, 0);
	assert_in_range(next_ms, 1, LONG_MS);
	close_log(&log);
}

/* A status that is final takes it out of the outbox: nothing is left to do. */
static void one_that_has_left_the_outbox_can_be_done_and_kept(void **state)
{
	struct event_input processed = {
		.fields = EVENT_FIELD_STATUS,
		.status = EVENT_PROCESSED,
	};
	struct event event;
	struct log log;

	(void)state;
	open_log(&log, LONG_MS);
	post_to(&log, (char[]){"event"});
	assert_true(take(&log, log.queue));
	assert_int_equal(event_store_put(log.store, log.delivery.event.id,
					 &processed, NULL, &event, &log.err),
			 EVENT_DONE);
	event_free(&event);
	assert_int_equal(event_queue_keep(log.queue, &log.delivery, &log.err),
			 0);
	assert_int_equal(event_queue_done(log.queue, &log.delivery, &log.err),
			 0);
	assert_false(take(&log, log.queue));
	close_log(&log);
}

static void *post_one(void *context)
{
	post_to(context, (char[]){"event"});
	return NULL;
}

static void who_waits_is_woken_by_a_post(void **state)
{
	struct log log;
	pthread_t poster;
	int taken = 0;

	(void)state;
	open_log(&log, LONG_MS);
	assert_int_equal(pthread_create(&poster, NULL, post_one, &log), 0);
	while (taken == 0)
		taken = event_queue_take(log.queue, FOR_EVER_MS, &log.delivery,
					 &log.err);
	assert_int_equal(taken, 1);
	pthread_join(poster, NULL);
	close_log(&log);
}

static void without_its_directory_there_is_no_queue(void **state)
{
	struct log log;

	(void)state;
	open_log(&log, LONG_MS);
	assert_null(
		event_queue_embedded(log.store, "nowhere", LONG_MS, &log.err));
	assert_int_equal(log.err.code, EX_OSERR);
	close_log(&log);
}

int main(void)
{
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, enter_state, leave_directory)
	const struct CMUnitTest both[] = {
		TEST(nothing_is_taken_from_an_empty_log),
		TEST(events_are_taken_oldest_first_with_all_they_say),
		TEST(what_is_done_is_never_given_again),
		TEST(two_notifiers_are_given_different_events),
		TEST(one_that_steps_back_holds_up_no_other),
		TEST(one_that_stepped_back_is_waited_for_and_counted),
		TEST(one_that_was_given_back_is_due_at_once_and_as_if_new),
		TEST(one_that_was_refused_is_kept),
		TEST(who_wants_no_reason_is_served_all_the_same),
		TEST(what_a_dead_notifier_held_comes_back_after_its_lease),
		TEST(a_kept_event_is_nobody_else_s),
		TEST(one_that_has_left_the_outbox_can_be_done_and_kept),
		TEST(who_waits_is_woken_by_a_post),
	};
	const struct CMUnitTest files[] = {
		TEST(without_its_directory_there_is_no_queue),
	};

	return run_event_suite(both, files);
}
