/* event_watch: to be woken by what can be read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>

#include "event_fixture.h"

#include "base/clock.h"
#include "events/event_outbox.h"

#define LONG_MS 60000

static struct event_watch *open_watch(void)
{
	struct error err = {0};
	struct event_watch *watch = event_watch_open(STATE, &err);

	if (watch == NULL)
		fail_msg("%s", err.message);
	return watch;
}

static bool is_awake(const struct event_watch *watch)
{
	struct pollfd wanted = {
		.fd = event_watch_fd(watch),
		.events = POLLIN,
	};

	return poll(&wanted, 1, 0) == 1;
}

static void quieten(struct event_watch *watch)
{
	struct error err = {0};

	assert_int_equal(event_watch_wait(watch, 0, &err), 0);
	assert_false(is_awake(watch));
}

static void every_change_wakes_and_reading_does_not(void **state)
{
	struct event_store *store = open_store(), *other = open_store();
	struct event_watch *watch = open_watch();
	struct event event = {0}, found = {0};
	struct error err = {0};
	int i;

	(void)state;
	assert_false(is_awake(watch));
	event = post(other, "x");
	assert_true(is_awake(watch));
	/* The first read opens a connection, which may wake too. */
	for (i = 0; i < 2; i++) {
		quieten(watch);
		event_free(&found);
		assert_result(event_store_get(store, event.id, &found, &err),
			      EVENT_DONE, &err);
	}
	assert_false(is_awake(watch));
	put_status(other, event.id, EVENT_FAILED);
	assert_true(is_awake(watch));
	quieten(watch);
	put_status(store, event.id, EVENT_NOT_PROCESSED);
	assert_true(is_awake(watch));
	event_free(&event);
	event_free(&found);
	event_watch_close(watch);
	event_store_close(store);
	event_store_close(other);
}

struct poster {
	pthread_t thread;
	struct event_store *store;
	atomic_bool is_over;
};

static void *post_until_over(void *context)
{
	struct poster *poster = context;
	struct event event;

	while (!poster->is_over) {
		event = (struct event){0};
		try_post(poster->store, "x", NULL, &event, NULL);
		event_free(&event);
	}
	return NULL;
}

/* Whoever is woken finds what woke them: looks that were too early would leave
 * the last event lying. */
static void who_is_woken_finds_the_event(void **state)
{
	struct event_store *store = open_store(), *other = open_store();
	struct event_watch *watch = open_watch();
	struct error err = {0};
	int i;

	(void)state;
	for (i = 1; i <= 50; i++) {
		struct event_counts counts = {0};

		post_number(other);
		while (is_awake(watch))
			assert_int_equal(
				event_watch_wait(watch, LLONG_MAX, &err), 0);
		assert_result(event_store_count(store, &counts, &err),
			      EVENT_DONE, &err);
		assert_int_equal(counts.unsent, i);
	}
	event_watch_close(watch);
	event_store_close(store);
	event_store_close(other);
}

static void a_wait_ends_with_a_change(void **state)
{
	struct poster poster = {.store = open_store()};
	struct event_watch *watch = open_watch();
	long long before_ms = clock_monotonic_ms();
	struct error err = {0};

	(void)state;
	assert_int_equal(pthread_create(&poster.thread, NULL, post_until_over,
					&poster),
			 0);
	assert_int_equal(event_watch_wait(watch, LONG_MS, &err), 0);
	poster.is_over = true;
	pthread_join(poster.thread, NULL);
	assert_true(clock_monotonic_ms() - before_ms < LONG_MS);
	event_watch_close(watch);
	event_store_close(poster.store);
}

static void a_wait_without_a_change_ends_with_its_time(void **state)
{
	struct event_store *store = open_store();
	struct event_watch *watch = open_watch();
	struct error err = {0};

	(void)state;
	assert_int_equal(event_watch_wait(watch, 5, &err), 0);
	assert_int_equal(event_watch_wait(watch, -1, &err), 0);
	assert_false(is_awake(watch));
	event_watch_close(watch);
	event_store_close(store);
}

static void a_directory_that_is_missing_is_told(void **state)
{
	struct error err = {0};

	(void)state;
	assert_null(event_watch_open("missing", &err));
	assert_int_equal(err.code, EX_OSERR);
	assert_holds(err.message, "missing");
}

/* A log of several hosts has none: then it is time to look now and then. */
static void without_a_directory_time_wakes(void **state)
{
	struct event_watch *watch = event_watch_open(NULL, NULL);
	struct error err = {0};
	struct pollfd wanted = {.events = POLLIN};

	(void)state;
	assert_non_null(watch);
	wanted.fd = event_watch_fd(watch);
	assert_int_equal(poll(&wanted, 1, LONG_MS), 1);
	assert_int_equal(event_watch_wait(watch, LONG_MS, &err), 0);
	event_watch_close(watch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define IN_STATE(test)                                                         \
	cmocka_unit_test_setup_teardown(test, enter_state, leave_directory)
		IN_STATE(every_change_wakes_and_reading_does_not),
		IN_STATE(who_is_woken_finds_the_event),
		IN_STATE(a_wait_ends_with_a_change),
		IN_STATE(a_wait_without_a_change_ends_with_its_time),
		IN_STATE(a_directory_that_is_missing_is_told),
		cmocka_unit_test(without_a_directory_time_wakes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
