/* event_post: events come in together, each once, and stay. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

#include "event_faults.h"
#include "event_fixture.h"

#define THREADS 32
#define POSTS 200

struct poster {
	pthread_t thread;
	struct event_store *store;
	int which, posts;
	int failures;
	struct error err;
	char ids[POSTS][EVENT_ID_BYTES];
	long long numbers[POSTS];
};

/* Asserts nothing: it is a thread. Busy is the log while a slow machine still
 * makes the others. */
static void *post_many(void *context)
{
	struct poster *poster = context;
	enum event_result result;
	struct event event;
	char text[64];
	int i;

	for (i = 0; i < poster->posts; i++) {
		event = (struct event){0};
		snprintf(text, sizeof(text), "%d of %d", i, poster->which);
		do {
			result = try_post(poster->store, text, NULL, &event,
					  &poster->err);
		} while (result == EVENT_BUSY);
		if (result != EVENT_DONE)
			poster->failures++;
		memcpy(poster->ids[i], event.id, EVENT_ID_BYTES);
		poster->numbers[i] = event.number;
		event_free(&event);
	}
	return NULL;
}

static void start_posters(struct poster *posters, struct event_store **stores,
			  int store_count)
{
	int i;

	for (i = 0; i < THREADS; i++) {
		posters[i] = (struct poster){
			.store = stores[i % store_count],
			.which = i,
			.posts = POSTS,
		};
		assert_int_equal(pthread_create(&posters[i].thread, NULL,
						post_many, &posters[i]),
				 0);
	}
}

static void join_posters(struct poster *posters)
{
	int i;

	for (i = 0; i < THREADS; i++)
		pthread_join(posters[i].thread, NULL);
	for (i = 0; i < THREADS; i++)
		if (posters[i].failures > 0)
			fail_msg("%d failed: %s", posters[i].failures,
				 posters[i].err.message);
}

/* Every one is there under its number, which nobody else has; in the order of
 * each thread. */
static void assert_all_there(struct event_store *store,
			     const struct poster *posters)
{
	static bool is_taken[THREADS * POSTS + 1];
	struct error err = {0};
	char text[64];
	int i, j;

	memset(is_taken, 0, sizeof(is_taken));
	for (i = 0; i < THREADS; i++)
		for (j = 0; j < POSTS; j++) {
			struct event event = {0};
			long long number = posters[i].numbers[j];

			assert_result(event_store_get(store, posters[i].ids[j],
						      &event, &err),
				      EVENT_DONE, &err);
			snprintf(text, sizeof(text), "%d of %d", j, i);
			assert_string_equal(event.description, text);
			assert_int_equal(event.number, number);
			assert_in_range(number, 1, THREADS * POSTS);
			assert_false(is_taken[number]);
			is_taken[number] = true;
			if (j > 0)
				assert_true(number > posters[i].numbers[j - 1]);
			event_free(&event);
		}
	assert_int_equal(ask("SELECT count(*) FROM outbox"), THREADS * POSTS);
}

static void posts_that_come_together_share_an_fsync(void **state)
{
	struct poster *posters = calloc(THREADS, sizeof(*posters));
	struct event_store *store = open_store();
	int before = faults.syncs;

	(void)state;
	assert_non_null(posters);
	/* While the disk is at work, the next ones gather. */
	faults.sync_ms = 5;
	start_posters(posters, &store, 1);
	join_posters(posters);
	faults.sync_ms = 0;
	assert_in_range(event_store_commits(store), POSTS, THREADS * POSTS / 4);
	assert_in_range(faults.syncs - before, event_store_commits(store),
			THREADS * POSTS / 2);
	assert_all_there(store, posters);
	event_store_close(store);
	free(posters);
}

static void two_stores_write_one_log(void **state)
{
	struct poster *posters = calloc(THREADS, sizeof(*posters));
	struct event_store *stores[2] = {open_store(), open_store()};

	(void)state;
	assert_non_null(posters);
	start_posters(posters, stores, 2);
	join_posters(posters);
	assert_all_there(stores[1], posters);
	assert_true(event_store_commits(stores[0]) >= POSTS);
	assert_true(event_store_commits(stores[1]) >= POSTS);
	event_store_close(stores[0]);
	event_store_close(stores[1]);
	free(posters);
}

static void a_post_alone_is_synced_before_it_is_answered(void **state)
{
	struct event_store *store = open_store();
	int i, before;

	(void)state;
	for (i = 0; i < 20; i++) {
		before = faults.syncs;
		post_number(store);
		assert_true(faults.syncs > before);
	}
	assert_int_equal(event_store_commits(store), 20);
	event_store_close(store);
}

static void more_than_a_transaction_takes_are_all_posted(void **state)
{
	enum { MANY = EVENT_COMMITS_MAX * 2 };
	static struct poster posters[MANY];
	struct event_store *store = open_store();
	struct error err = {0};
	struct database *holder;
	int i;

	(void)state;
	/* None can commit until all are there. */
	holder = open_raw(DATABASE_WRITE);
	assert_result(database_command(holder, database_sql(holder)->begin,
				       &err),
		      EVENT_DONE, &err);
	for (i = 0; i < MANY; i++) {
		posters[i] = (struct poster){.store = store, .posts = 1};
		assert_int_equal(pthread_create(&posters[i].thread, NULL,
						post_many, &posters[i]),
				 0);
	}
	database_close(holder);
	for (i = 0; i < MANY; i++) {
		pthread_join(posters[i].thread, NULL);
		assert_int_equal(posters[i].failures, 0);
	}
	assert_int_equal(ask("SELECT count(*) FROM event"), MANY);
	assert_in_range(event_store_commits(store), 2, MANY);
	event_store_close(store);
}

/* --- Idempotency-Key ------------------------------------------------------- */

static void a_key_gives_the_same_event_again(void **state)
{
	static const struct {
		const char *key, *description;
		enum event_result result;
		int number; /* of the event; 0: none */
		bool reopens;
	} cases[] = {
		{"key", "x", EVENT_DONE, 1, false},
		{"key", "x", EVENT_REPEATED, 1, false},
		{"key", "y", EVENT_KEY_TAKEN, 0, false},
		{"Key", "x", EVENT_DONE, 2, false},
		{"key ", "x", EVENT_DONE, 3, false},
		{NULL, "x", EVENT_DONE, 4, true},
		{"key", "x", EVENT_REPEATED, 1, false},
		{"key", "y", EVENT_KEY_TAKEN, 0, true},
		{"Key", "x", EVENT_REPEATED, 2, false},
		{"", "x", EVENT_DONE, 5, false},
		{"", "x", EVENT_REPEATED, 5, false},
	};
	struct event_store *store = open_store();
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct event event = {0};
		struct error err = {0};

		assert_result(try_post(store, cases[i].description,
				       cases[i].key, &event, &err),
			      cases[i].result, &err);
		if (event.number != cases[i].number)
			fail_msg("case %zu gives number %lld", i, event.number);
		event_free(&event);
		if (cases[i].reopens) {
			event_store_close(store);
			store = open_store();
		}
	}
	event_store_close(store);
}

static void a_repeated_event_is_shown_as_it_is_now(void **state)
{
	struct event_store *store = open_store();
	struct event event = {0}, again = {0};
	struct error err = {0};

	(void)state;
	assert_result(try_post(store, "x", "key", &event, &err), EVENT_DONE,
		      &err);
	put_status(store, event.id, EVENT_PROCESSED);
	assert_result(try_post(store, "x", "key", &again, &err), EVENT_REPEATED,
		      &err);
	assert_string_equal(again.id, event.id);
	assert_int_equal(again.status, EVENT_PROCESSED);
	assert_int_equal(again.version, 2);
	/* Nothing was queued again. */
	assert_int_equal(ask("SELECT count(*) FROM outbox"), 0);
	event_free(&event);
	event_free(&again);
	event_store_close(store);
}

struct repeater {
	pthread_t thread;
	struct event_store *store;
	enum event_result result;
	struct event event;
};

static void *post_with_key(void *context)
{
	struct repeater *repeater = context;

	repeater->result =
		try_post(repeater->store, "x", "key", &repeater->event, NULL);
	return NULL;
}

static void of_many_with_one_key_at_once_one_is_new(void **state)
{
	struct event_store *stores[2] = {open_store(), open_store()};
	struct repeater repeaters[16] = {0};
	int i, made = 0;

	(void)state;
	for (i = 0; i < 16; i++) {
		repeaters[i].store = stores[i % 2];
		assert_int_equal(pthread_create(&repeaters[i].thread, NULL,
						post_with_key, &repeaters[i]),
				 0);
	}
	for (i = 0; i < 16; i++)
		pthread_join(repeaters[i].thread, NULL);
	for (i = 0; i < 16; i++) {
		made += repeaters[i].result == EVENT_DONE;
		assert_true(repeaters[i].result == EVENT_DONE ||
			    repeaters[i].result == EVENT_REPEATED);
		assert_string_equal(repeaters[i].event.id,
				    repeaters[0].event.id);
	}
	assert_int_equal(made, 1);
	for (i = 0; i < 16; i++)
		event_free(&repeaters[i].event);
	event_store_close(stores[0]);
	event_store_close(stores[1]);
}

static void a_key_is_forgotten_only_after_its_time(void **state)
{
	static const struct {
		long long after_s;
		enum event_result result;
	} cases[] = {
		{0, EVENT_REPEATED},
		{24LL * 3600, EVENT_REPEATED},
		{EVENT_KEY_KEPT_S, EVENT_REPEATED},
		{-3600, EVENT_REPEATED}, /* the clock was set back */
		{EVENT_KEY_KEPT_S + 1, EVENT_DONE},
	};
	struct event_store *store = open_store();
	struct event event = {0};
	struct error err = {0};
	size_t i;

	(void)state;
	assert_result(try_post(store, "x", "key", &event, &err), EVENT_DONE,
		      &err);
	event_free(&event);
	for (i = 0; i < COUNT(cases); i++) {
		test_now_ms = START_MS + cases[i].after_s * 1000;
		assert_result(event_store_tidy(store, &err), EVENT_DONE, &err);
		assert_result(try_post(store, "x", "key", &event, &err),
			      cases[i].result, &err);
		event_free(&event);
	}
	event_store_close(store);
}

/* More than are forgotten in one step; and the log goes into the file. */
static void tidying_forgets_all_that_is_old(void **state)
{
	struct event_store *store = open_store();
	struct stat before, after;
	struct error err = {0};

	(void)state;
	post_number(store);
	tell("WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL"
	     " SELECT x + 1 FROM c WHERE x < 2500)"
	     " INSERT INTO idempotency SELECT 'old' || x, x'00', 1, x FROM c"
	     " UNION ALL SELECT 'new' || x, x'00', 1, 1700000000000 FROM c");
	assert_int_equal(stat(DATABASE, &before), 0);
	assert_result(event_store_tidy(store, &err), EVENT_DONE, &err);
	assert_int_equal(stat(DATABASE, &after), 0);
	assert_true(after.st_size > before.st_size);
	assert_int_equal(ask("SELECT count(*) FROM idempotency"), 2500);
	assert_int_equal(ask("SELECT count(*) FROM idempotency"
			     " WHERE key LIKE 'new%'"),
			 2500);
	event_store_close(store);
}

/* --- Killed ---------------------------------------------------------------- */

#define ROUNDS 20
#define CHILD_THREADS 4

struct report {
	struct event_store *store;
	int pipe;
};

/* Reports each id once it was answered; a write of this size is whole. */
static void *post_and_report(void *context)
{
	struct report *report = context;
	struct event event;

	for (;;) {
		event = (struct event){0};
		if (try_post(report->store, "x", NULL, &event, NULL) !=
			    EVENT_DONE ||
		    write(report->pipe, event.id, EVENT_ID_BYTES) !=
			    EVENT_ID_BYTES)
			_exit(1);
		event_free(&event);
	}
	return NULL;
}

static void post_until_killed(int pipe)
{
	struct error err = {0};
	struct report report = {
		.store = event_store_open(test_options(), &err),
		.pipe = pipe,
	};
	pthread_t thread;
	int i;

	for (i = 1; report.store != NULL && i < CHILD_THREADS; i++)
		pthread_create(&thread, NULL, post_and_report, &report);
	if (report.store != NULL)
		post_and_report(&report);
	_exit(2);
}

/* Kills the child after `answers`, and appends all that it had reported. */
static void kill_after(int answers, struct buffer *ids)
{
	char id[EVENT_ID_BYTES];
	int ends[2], status, got = 0;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		post_until_killed(ends[1]);
	close(ends[1]);
	while (read(ends[0], id, sizeof(id)) == sizeof(id)) {
		buffer_append(ids, id, sizeof(id));
		if (++got == answers)
			kill(child, SIGKILL);
	}
	close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_true(got >= answers);
}

static void what_was_answered_survives_a_kill(void **state)
{
	struct buffer ids = BUFFER_EMPTY;
	struct event_store *store;
	struct error err = {0};
	unsigned seed = 815;
	size_t at;
	int round;

	(void)state;
	for (round = 0; round < ROUNDS; round++) {
		kill_after(1 + rand_r(&seed) % 100, &ids);
		assert_int_equal(buffer_check(&ids, &err), 0);
		store = open_store();
		for (at = 0; at < ids.length; at += EVENT_ID_BYTES) {
			struct event event = {0};

			if (event_store_get(store, ids.data + at, &event,
					    &err) != EVENT_DONE)
				fail_msg("round %d: %s is lost", round,
					 ids.data + at);
			event_free(&event);
		}
		event_store_close(store);
	}
	assert_int_equal(ask("SELECT (SELECT count(*) FROM event) -"
			     " (SELECT count(*) FROM outbox)"),
			 0);
	buffer_free(&ids);
}

int main(void)
{
	const struct CMUnitTest both[] = {
#define IN_STATE(test)                                                         \
	cmocka_unit_test_setup_teardown(test, enter_state, leave_directory)
		IN_STATE(two_stores_write_one_log),
		IN_STATE(more_than_a_transaction_takes_are_all_posted),
		IN_STATE(a_key_gives_the_same_event_again),
		IN_STATE(a_repeated_event_is_shown_as_it_is_now),
		IN_STATE(of_many_with_one_key_at_once_one_is_new),
		IN_STATE(a_key_is_forgotten_only_after_its_time),
		IN_STATE(what_was_answered_survives_a_kill),
	};
	const struct CMUnitTest files[] = {
		IN_STATE(tidying_forgets_all_that_is_old),
		IN_STATE(posts_that_come_together_share_an_fsync),
		IN_STATE(a_post_alone_is_synced_before_it_is_answered),
	};

	return run_event_suite(both, files);
}
