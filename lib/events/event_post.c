#include "events/event_store.h"

#include <stdlib.h>
#include <string.h>

#include "events/event_row.h"
#include "events/event_store_parts.h"

struct post {
	const char *key;
	bool is_again; /* this was tried before, and may have been committed */
	unsigned char digest[HASH_BYTES];
	struct event event; /* as it is to be; then as it is */
};

/* DONE where the key is new; REPEATED with the event of then, or KEY_TAKEN. */
static enum event_result look_up_key(struct database *database,
				     struct post *post, struct error *err)
{
	struct statement *row =
		database_statement(database, database_sql(database)->find_key);
	struct event event = {0};
	bool is_same = false, is_used;
	enum event_result result;
	long long number = 0;
	const void *digest;
	size_t length;

	statement_bind_text(row, 1, post->key);
	is_used = statement_step(row);
	if (is_used) {
		number = statement_number(row, 0);
		digest = statement_bytes(row, 1, &length);
		is_same = length == sizeof(post->digest) &&
			  memcmp(digest, post->digest, length) == 0;
	}
	result = statement_end(row, err);
	if (result != EVENT_DONE || !is_used)
		return result;
	if (!is_same)
		return EVENT_KEY_TAKEN;
	row = database_statement(database, database_sql(database)->by_number);
	statement_bind_number(row, 1, number);
	result = event_row_find(row, &event, err);
	if (result != EVENT_DONE)
		return result;
	event_free(&post->event);
	post->event = event;
	return EVENT_REPEATED;
}

static enum event_result keep_key(struct database *database, struct post *post,
				  struct error *err)
{
	struct statement *key =
		database_statement(database, database_sql(database)->keep_key);

	statement_bind_text(key, 1, post->key);
	statement_bind_bytes(key, 2, post->digest, sizeof(post->digest));
	statement_bind_text(key, 3, post->event.id);
	statement_bind_number(key, 4, post->event.created_ms);
	return statement_run_later(key, &post->event.number, err);
}

static enum event_result insert(struct database *database, struct event *event,
				struct error *err)
{
	struct statement *row =
		database_statement(database, database_sql(database)->insert);

	statement_bind_text(row, 1, event->id);
	statement_bind_text(row, 2, event->user_id);
	statement_bind_text(row, 3, event->description);
	statement_bind_number(row, 4, event->status);
	statement_bind_number(row, 5, event->created_ms);
	return statement_run_later(row, &event->number, err);
}

/* Whether the try before has come to something after all: whoever asks has its
 * turn, so that one is over. Its event is not posted a second time. */
static enum event_result look_for_itself(struct database *database,
					 struct post *post, bool *is_there,
					 struct error *err)
{
	struct event event = {0};
	struct statement *row =
		database_statement(database, database_sql(database)->by_id);
	enum event_result result;

	statement_bind_text(row, 1, post->event.id);
	result = event_row_find(row, &event, err);
	*is_there = result == EVENT_DONE;
	if (*is_there) {
		event_free(&post->event);
		post->event = event;
	}
	return result == EVENT_MISSING ? EVENT_DONE : result;
}

static enum event_result add(struct database *database, struct post *post,
			     struct error *err)
{
	enum event_result result = insert(database, &post->event, err);

	if (result == EVENT_DONE && !database_sql(database)->insert_enters)
		result = event_outbox_enter(database, post->event.number, err);
	if (result == EVENT_DONE && post->key != NULL)
		result = keep_key(database, post, err);
	return result;
}

static enum event_result post_change(struct database *database, void *context,
				     struct error *err)
{
	struct post *post = context;
	enum event_result result = EVENT_DONE;
	bool is_there = false;

	if (post->is_again)
		result = look_for_itself(database, post, &is_there, err);
	post->is_again = true;
	if (result != EVENT_DONE || is_there)
		return result;
	if (post->key != NULL)
		result = look_up_key(database, post, err);
	return result == EVENT_DONE ? add(database, post, err) : result;
}

/* All that can fail without the database does so before it is asked. */
static int prepare_post(struct post *post, const struct event_input *input,
			long long now_ms, struct error *err)
{
	struct event *event = &post->event;

	if (post->key != NULL &&
	    event_input_digest(input, post->digest, err) != 0)
		return -1;
	if (event_id_make(now_ms, event->id, err) != 0)
		return -1;
	event->status = EVENT_NOT_PROCESSED;
	event->created_ms = now_ms;
	event->updated_ms = now_ms;
	event->version = 1;
	event->user_id = strdup(input->user_id);
	event->description = strdup(input->description);
	if (event->user_id == NULL || event->description == NULL)
		return error_no_memory(err);
	return 0;
}

enum event_result event_store_post(struct event_store *store,
				   const struct event_input *input,
				   const char *key, struct event *event,
				   struct error *err)
{
	struct post post = {.key = key};
	enum event_result result = EVENT_BROKEN;

	if (prepare_post(&post, input, event_store_now_ms(store), err) == 0)
		result = event_commits_run(store->commits, post_change, &post,
					   err);
	if (result == EVENT_DONE || result == EVENT_REPEATED)
		*event = post.event;
	else
		event_free(&post.event);
	return result;
}
