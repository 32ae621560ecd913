#include "events/event_store.h"

#include <stdlib.h>
#include <string.h>

#include "events/event_row.h"
#include "events/event_store_parts.h"

static const char find_by_number[] =
	"SELECT " EVENT_ROW_COLUMNS " FROM event WHERE number = ?1";

struct post {
	const char *key;
	unsigned char digest[HASH_BYTES];
	struct event event; /* as it is to be; then as it is */
};

/* DONE where the key is new; REPEATED with the event of then, or KEY_TAKEN. */
static enum event_result look_up_key(struct database *database,
				     struct post *post, struct error *err)
{
	struct statement *row = database_statement(
		database,
		"SELECT number, digest FROM idempotency WHERE key = ?1");
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
	row = database_statement(database, find_by_number);
	statement_bind_number(row, 1, number);
	result = event_row_find(row, &event, err);
	if (result != EVENT_DONE)
		return result;
	event_free(&post->event);
	post->event = event;
	return EVENT_REPEATED;
}

static enum event_result keep_key(struct database *database,
				  const struct post *post, struct error *err)
{
	static const char sql[] =
		"INSERT INTO idempotency (key, digest, number, created_ms)"
		" VALUES (?1, ?2, ?3, ?4)";
	struct statement *key = database_statement(database, sql);

	statement_bind_text(key, 1, post->key);
	statement_bind_bytes(key, 2, post->digest, sizeof(post->digest));
	statement_bind_number(key, 3, post->event.number);
	statement_bind_number(key, 4, post->event.created_ms);
	return statement_run(key, err);
}

static enum event_result insert(struct database *database, struct event *event,
				struct error *err)
{
	static const char sql[] =
		"INSERT INTO event"
		" (id, user_id, description, status, created_ms, updated_ms)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?5) RETURNING number";
	struct statement *row = database_statement(database, sql);

	statement_bind_text(row, 1, event->id);
	statement_bind_text(row, 2, event->user_id);
	statement_bind_text(row, 3, event->description);
	statement_bind_number(row, 4, event->status);
	statement_bind_number(row, 5, event->created_ms);
	while (statement_step(row))
		event->number = statement_number(row, 0);
	return statement_end(row, err);
}

static enum event_result post_change(struct database *database, void *context,
				     struct error *err)
{
	struct post *post = context;
	enum event_result result = EVENT_DONE;

	if (post->key != NULL)
		result = look_up_key(database, post, err);
	if (result == EVENT_DONE)
		result = insert(database, &post->event, err);
	else
		return result;
	if (result == EVENT_DONE)
		result = event_outbox_enter(database, post->event.number, err);
	if (result == EVENT_DONE && post->key != NULL)
		result = keep_key(database, post, err);
	return result;
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

	if (prepare_post(&post, input, store->now_ms(), err) == 0)
		result = event_commits_run(store->commits, post_change, &post,
					   err);
	if (result == EVENT_DONE || result == EVENT_REPEATED)
		*event = post.event;
	else
		event_free(&post.event);
	return result;
}
