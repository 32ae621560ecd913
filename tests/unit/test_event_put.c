/* event_put: changes, and what they do to the outbox. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>

#include "event_fixture.h"

static enum event_result put(struct event_store *store, const char *id,
			     const struct event_input *input,
			     struct event *event)
{
	struct error err = {0};
	enum event_result result;

	event_free(event);
	result = event_store_put(store, id, input, NULL, event, &err);
	if (result > EVENT_MISMATCH)
		fail_msg("%d: %s", result, err.message);
	return result;
}

static bool is_in_outbox(const struct event *event)
{
	char sql[96];

	snprintf(sql, sizeof(sql),
		 "SELECT count(*) FROM outbox WHERE number = %lld",
		 event->number);
	return ask(sql) == 1;
}

static void what_is_given_is_changed_and_nothing_else(void **state)
{
	static char user[] = "other", text[] = "text", reason[] = "reason";
	static const struct {
		struct event_input input;
		const char *user_id, *description, *last_error;
		enum event_status status;
		unsigned attempts;
	} cases[] = {
		{{.fields = EVENT_FIELD_USER_ID, .user_id = user},
		 "other",
		 "x",
		 NULL,
		 EVENT_NOT_PROCESSED,
		 0},
		{{.fields = EVENT_FIELD_DESCRIPTION, .description = text},
		 "other",
		 "text",
		 NULL,
		 EVENT_NOT_PROCESSED,
		 0},
		{{.fields = EVENT_FIELD_ATTEMPTS | EVENT_FIELD_LAST_ERROR,
		  .attempts = 3,
		  .last_error = reason},
		 "other",
		 "text",
		 "reason",
		 EVENT_NOT_PROCESSED,
		 3},
		{{.fields = EVENT_FIELD_STATUS, .status = EVENT_PROCESSED},
		 "other",
		 "text",
		 "reason",
		 EVENT_PROCESSED,
		 3},
		{{.fields = EVENT_FIELD_LAST_ERROR},
		 "other",
		 "text",
		 NULL,
		 EVENT_PROCESSED,
		 3},
		{{.fields = EVENT_FIELD_STATUS | EVENT_FIELD_ATTEMPTS |
			    EVENT_FIELD_USER_ID,
		  .status = EVENT_FAILED,
		  .attempts = 10,
		  .user_id = text},
		 "text",
		 "text",
		 NULL,
		 EVENT_FAILED,
		 10},
	};
	struct event_store *store = open_store();
	struct event event = post(store, "x"), found = {0};
	struct error err = {0};
	char id[EVENT_ID_BYTES];
	size_t i;

	(void)state;
	memcpy(id, event.id, sizeof(id));
	for (i = 0; i < COUNT(cases); i++) {
		test_now_ms += 10;
		assert_int_equal(put(store, id, &cases[i].input, &event),
				 EVENT_DONE);
		event_free(&found);
		assert_result(event_store_get(store, id, &found, &err),
			      EVENT_DONE, &err);
		assert_int_equal(found.version, event.version);
		assert_string_equal(event.user_id, cases[i].user_id);
		assert_string_equal(found.user_id, cases[i].user_id);
		assert_string_equal(found.description, cases[i].description);
		assert_int_equal(found.status, cases[i].status);
		assert_int_equal(found.attempts, cases[i].attempts);
		assert_int_equal(found.last_error != NULL,
				 cases[i].last_error != NULL);
		if (found.last_error != NULL)
			assert_string_equal(found.last_error,
					    cases[i].last_error);
		assert_int_equal(found.version, i + 2);
		assert_int_equal(found.updated_ms, START_MS + 10 * (i + 1));
		assert_int_equal(found.created_ms, START_MS);
	}
	event_free(&event);
	event_free(&found);
	event_store_close(store);
}

static void an_event_is_in_the_outbox_while_it_is_not_processed(void **state)
{
	struct event_store *store = open_store();
	int from, to;

	(void)state;
	for (from = 0; from < EVENT_STATUSES; from++)
		for (to = 0; to < EVENT_STATUSES; to++) {
			struct event event = post(store, "x");

			put_status(store, event.id, (enum event_status)from);
			put_status(store, event.id, (enum event_status)to);
			if (is_in_outbox(&event) != (to == EVENT_NOT_PROCESSED))
				fail_msg("from %d to %d", from, to);
			event_free(&event);
		}
	event_store_close(store);
}

static void to_be_notified_again_begins_anew_unless_said(void **state)
{
	static char reason[] = "reason", other[] = "other";
	const struct event_input failed = {
		.fields = EVENT_FIELD_STATUS | EVENT_FIELD_ATTEMPTS |
			  EVENT_FIELD_LAST_ERROR,
		.status = EVENT_FAILED,
		.attempts = 10,
		.last_error = reason,
	};
	const struct event_input again = {.fields = EVENT_FIELD_STATUS};
	const struct event_input again_with = {
		.fields = EVENT_FIELD_STATUS | EVENT_FIELD_ATTEMPTS |
			  EVENT_FIELD_LAST_ERROR,
		.attempts = 4,
		.last_error = other,
	};
	const struct event_input no_error = {.fields = EVENT_FIELD_LAST_ERROR};
	const struct event_input new_error = {.fields = EVENT_FIELD_LAST_ERROR,
					      .last_error = reason};
	struct event_store *store = open_store();
	struct event event = post(store, "x");
	char id[EVENT_ID_BYTES];

	(void)state;
	memcpy(id, event.id, sizeof(id));
	put(store, id, &failed, &event);
	assert_string_equal(event.last_error, "reason");
	put(store, id, &again, &event);
	assert_int_equal(event.attempts, 0);
	assert_null(event.last_error);
	/* It is not anew again: what is known of its attempts stays. */
	put(store, id, &again_with, &event);
	put(store, id, &again, &event);
	assert_int_equal(event.attempts, 4);
	put(store, id, &failed, &event);
	put(store, id, &again_with, &event);
	assert_int_equal(event.attempts, 4);
	assert_string_equal(event.last_error, "other");
	put(store, id, &no_error, &event);
	assert_null(event.last_error);
	put(store, id, &new_error, &event);
	assert_string_equal(event.last_error, "reason");
	event_free(&event);
	event_store_close(store);
}

static void a_change_that_changes_nothing_is_no_new_version(void **state)
{
	static char user[] = "user", text[] = "x";
	static const struct event_input same[] = {
		{.fields = EVENT_FIELD_STATUS},
		{.fields = EVENT_FIELD_USER_ID, .user_id = user},
		{.fields = EVENT_FIELD_DESCRIPTION, .description = text},
		{.fields = EVENT_FIELD_ATTEMPTS},
		{.fields = EVENT_FIELD_LAST_ERROR},
	};
	struct event_store *store = open_store();
	struct event event = post(store, "x");
	char id[EVENT_ID_BYTES];
	size_t i;

	(void)state;
	memcpy(id, event.id, sizeof(id));
	for (i = 0; i < COUNT(same); i++) {
		test_now_ms++;
		assert_int_equal(put(store, id, &same[i], &event), EVENT_DONE);
		assert_int_equal(event.version, 1);
		assert_int_equal(event.updated_ms, START_MS);
		assert_true(is_in_outbox(&event));
	}
	event_free(&event);
	event_store_close(store);
}

struct seen {
	char etag[EVENT_ETAG_BYTES];
	bool allows;
};

static bool look_at(const void *context, const char *etag)
{
	struct seen *const *seen = context;

	snprintf((*seen)->etag, sizeof((*seen)->etag), "%s", etag);
	return (*seen)->allows;
}

static void a_condition_that_says_no_leaves_the_event(void **state)
{
	const struct event_input input = {
		.fields = EVENT_FIELD_STATUS,
		.status = EVENT_PROCESSED,
	};
	struct seen seen = {.allows = false}, *at = &seen;
	const struct event_condition condition = {look_at, &at};
	struct event_store *store = open_store();
	struct event event = post(store, "x"), after = {0};
	char etag[EVENT_ETAG_BYTES];
	struct error err = {0};

	(void)state;
	event_etag(&event, etag);
	assert_result(event_store_put(store, event.id, &input, &condition,
				      &after, &err),
		      EVENT_MISMATCH, &err);
	assert_string_equal(seen.etag, etag);
	assert_null(after.user_id);
	assert_true(is_in_outbox(&event));
	assert_result(event_store_get(store, event.id, &after, &err),
		      EVENT_DONE, &err);
	assert_int_equal(after.version, 1);
	event_free(&after);
	seen.allows = true;
	assert_result(event_store_put(store, event.id, &input, &condition,
				      &after, &err),
		      EVENT_DONE, &err);
	assert_int_equal(after.status, EVENT_PROCESSED);
	event_free(&after);
	event_free(&event);
	event_store_close(store);
}

static bool is_etag(const void *context, const char *etag)
{
	return strcmp(context, etag) == 0;
}

struct changer {
	pthread_t thread;
	struct event_store *store;
	const char *id;
	int which, changes, failures;
};

/* Reads, and changes only what it has read, until it has succeeded ten times. */
static void *change_ten_times(void *context)
{
	struct changer *changer = context;
	char text[32], etag[EVENT_ETAG_BYTES];
	struct event event, after;
	enum event_result result;

	while (changer->changes < 10 && changer->failures == 0) {
		const struct event_condition condition = {is_etag, etag};
		const struct event_input input = {
			.fields = EVENT_FIELD_DESCRIPTION,
			.description = text,
		};

		snprintf(text, sizeof(text), "%d of %d", changer->changes,
			 changer->which);
		event = after = (struct event){0};
		if (event_store_get(changer->store, changer->id, &event,
				    NULL) != EVENT_DONE)
			changer->failures++;
		event_etag(&event, etag);
		result = event_store_put(changer->store, changer->id, &input,
					 &condition, &after, NULL);
		if (result == EVENT_DONE)
			changer->changes++;
		else if (result != EVENT_MISMATCH)
			changer->failures++;
		event_free(&event);
		event_free(&after);
	}
	return NULL;
}

static void of_two_that_read_one_version_one_changes_it(void **state)
{
	struct event_store *stores[2] = {open_store(), open_store()};
	struct event event = post(stores[0], "x"), after = {0};
	struct changer changers[8] = {0};
	struct error err = {0};
	int i;

	(void)state;
	for (i = 0; i < 8; i++) {
		changers[i] = (struct changer){
			.store = stores[i % 2],
			.id = event.id,
			.which = i,
		};
		assert_int_equal(pthread_create(&changers[i].thread, NULL,
						change_ten_times, &changers[i]),
				 0);
	}
	for (i = 0; i < 8; i++)
		pthread_join(changers[i].thread, NULL);
	for (i = 0; i < 8; i++)
		assert_int_equal(changers[i].failures, 0);
	assert_result(event_store_get(stores[0], event.id, &after, &err),
		      EVENT_DONE, &err);
	assert_int_equal(after.version, 81);
	event_free(&event);
	event_free(&after);
	event_store_close(stores[0]);
	event_store_close(stores[1]);
}

static void a_clock_set_back_puts_no_change_before_the_event(void **state)
{
	struct event_store *store = open_store();
	struct event event = post(store, "x"), after = {0};
	struct error err = {0};

	(void)state;
	test_now_ms = START_MS - 86400000;
	put_status(store, event.id, EVENT_PROCESSED);
	assert_result(event_store_get(store, event.id, &after, &err),
		      EVENT_DONE, &err);
	assert_int_equal(after.updated_ms, START_MS);
	event_free(&after);
	event_free(&event);
	event_store_close(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define IN_STATE(test)                                                         \
	cmocka_unit_test_setup_teardown(test, enter_state, leave_directory)
		IN_STATE(what_is_given_is_changed_and_nothing_else),
		IN_STATE(an_event_is_in_the_outbox_while_it_is_not_processed),
		IN_STATE(to_be_notified_again_begins_anew_unless_said),
		IN_STATE(a_change_that_changes_nothing_is_no_new_version),
		IN_STATE(a_condition_that_says_no_leaves_the_event),
		IN_STATE(of_two_that_read_one_version_one_changes_it),
		IN_STATE(a_clock_set_back_puts_no_change_before_the_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
