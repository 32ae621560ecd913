/*
 * What the suites of the event log share: a store in "state" below the test's
 * own directory, with a clock that the test sets. Include it after cmocka.h.
 */
#ifndef MARQUEE_TESTS_EVENT_FIXTURE_H
#define MARQUEE_TESTS_EVENT_FIXTURE_H

#include <stdatomic.h>
#include <string.h>

#include "base_fixture.h"

#include "events/event_store_parts.h"
#include "events/sqlite.h"

#define STATE "state"
#define DATABASE STATE "/" EVENT_STORE_FILE
#define START_MS 1700000000000LL

static atomic_llong test_now_ms = START_MS;

static inline long long test_clock(void)
{
	return test_now_ms;
}

static inline const struct event_store_options *test_options(void)
{
	static const struct event_store_options options = {
		.directory = STATE,
		.checks_integrity = true,
		.readers = 4,
		.now_ms = test_clock,
	};

	return &options;
}

static inline struct event_store *open_store(void)
{
	struct error err = {0};
	struct event_store *store = event_store_open(test_options(), &err);

	if (store == NULL)
		fail_msg("%s", err.message);
	return store;
}

/* Each test has its own directory and starts at START_MS. */
static inline int enter_state(void **state)
{
	test_now_ms = START_MS;
	return enter_directory(state);
}

static inline void assert_result(enum event_result result,
				 enum event_result expected,
				 const struct error *err)
{
	if (result != expected)
		fail_msg("%d instead of %d: %s", result, expected,
			 err->message);
}

/* For any thread: asserts nothing. The caller frees the event. */
static inline enum event_result try_post(struct event_store *store,
					 const char *description,
					 const char *key, struct event *event,
					 struct error *err)
{
	char user[] = "user", *copy = strdup(description);
	struct event_input input = {
		.fields = EVENT_FIELD_USER_ID | EVENT_FIELD_DESCRIPTION,
		.user_id = user,
		.description = copy,
	};
	enum event_result result =
		event_store_post(store, &input, key, event, err);

	free(copy);
	return result;
}

static inline struct event post(struct event_store *store,
				const char *description)
{
	struct event event = {0};
	struct error err = {0};

	assert_result(try_post(store, description, NULL, &event, &err),
		      EVENT_DONE, &err);
	return event;
}

/* Posts, and forgets all but the number. */
static inline long long post_number(struct event_store *store)
{
	struct event event = post(store, "a description");
	long long number = event.number;

	event_free(&event);
	return number;
}

static inline enum event_result try_status(struct event_store *store,
					   const char *id,
					   enum event_status status,
					   struct error *err)
{
	struct event_input input = {
		.fields = EVENT_FIELD_STATUS,
		.status = status,
	};
	struct event event = {0};
	enum event_result result =
		event_store_put(store, id, &input, NULL, &event, err);

	event_free(&event);
	return result;
}

static inline void put_status(struct event_store *store, const char *id,
			      enum event_status status)
{
	struct error err = {0};

	assert_result(try_status(store, id, status, &err), EVENT_DONE, &err);
}

/* A connection of the test's own. */
static inline struct database *open_raw(enum database_mode mode)
{
	char *path = realpath(DATABASE, NULL);
	struct database *database = NULL;
	struct error err = {0};

	assert_non_null(path);
	assert_result(sqlite_open(path, mode, 1000, &database, &err),
		      EVENT_DONE, &err);
	free(path);
	return database;
}

/* What SQL of the test's own says of the file. */
static inline long long ask(const char *sql)
{
	struct database *database = open_raw(DATABASE_READ);
	struct error err = {0};
	long long number = -1;

	assert_result(database_number(database, sql, &number, &err), EVENT_DONE,
		      &err);
	database_close(database);
	return number;
}

static inline void tell(const char *sql)
{
	struct database *database = open_raw(DATABASE_WRITE);
	struct error err = {0};

	assert_result(database_run(database, sql, &err), EVENT_DONE, &err);
	database_close(database);
}

#endif
