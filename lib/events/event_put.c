#include "events/event_store.h"

#include <string.h>

#include "events/event_row.h"
#include "events/event_store_parts.h"

static const char find_by_id[] =
	"SELECT " EVENT_ROW_COLUMNS " FROM event WHERE id = ?1";

struct put {
	const char *id;
	const struct event_input *input;
	const struct event_condition *condition;
	long long now_ms;
	struct event event; /* set when DONE */
};

/* The event as it is to be; its strings are borrowed. */
static struct event make_changed(const struct event *event,
				 const struct event_input *input)
{
	struct event changed = *event;

	if (input->fields & EVENT_FIELD_USER_ID)
		changed.user_id = input->user_id;
	if (input->fields & EVENT_FIELD_DESCRIPTION)
		changed.description = input->description;
	if (input->fields & EVENT_FIELD_STATUS)
		changed.status = input->status;
	/* It is to be notified from the start again. */
	if (changed.status == EVENT_NOT_PROCESSED &&
	    event->status != EVENT_NOT_PROCESSED) {
		changed.attempts = 0;
		changed.last_error = NULL;
	}
	if (input->fields & EVENT_FIELD_ATTEMPTS)
		changed.attempts = input->attempts;
	if (input->fields & EVENT_FIELD_LAST_ERROR)
		changed.last_error = input->last_error;
	return changed;
}

static bool is_same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool is_same(const struct event *a, const struct event *b)
{
	return a->status == b->status && a->attempts == b->attempts &&
	       is_same_text(a->user_id, b->user_id) &&
	       is_same_text(a->description, b->description) &&
	       is_same_text(a->last_error, b->last_error);
}

static enum event_result update(struct database *database,
				const struct event *event, struct error *err)
{
	static const char sql[] =
		"UPDATE event SET user_id = ?2, description = ?3, status = ?4,"
		" updated_ms = ?5, attempts = ?6, last_error = ?7,"
		" version = version + 1 WHERE number = ?1";
	struct statement *row = database_statement(database, sql);

	statement_bind_number(row, 1, event->number);
	statement_bind_text(row, 2, event->user_id);
	statement_bind_text(row, 3, event->description);
	statement_bind_number(row, 4, event->status);
	statement_bind_number(row, 5, event->updated_ms);
	statement_bind_number(row, 6, event->attempts);
	statement_bind_text(row, 7, event->last_error);
	return statement_run(row, err);
}

static enum event_result write_change(struct database *database,
				      const struct event *before,
				      struct event *after, long long now_ms,
				      struct error *err)
{
	enum event_result result;

	/* The clock may have been set back. */
	after->updated_ms =
		now_ms > before->created_ms ? now_ms : before->created_ms;
	result = update(database, after, err);
	if (result != EVENT_DONE || after->status == before->status)
		return result;
	return after->status == EVENT_NOT_PROCESSED
		       ? event_outbox_enter(database, after->number, err)
		       : event_outbox_leave(database, after->number, err);
}

static enum event_result find(struct database *database, const char *id,
			      struct event *event, struct error *err)
{
	struct statement *row = database_statement(database, find_by_id);

	statement_bind_text(row, 1, id);
	return event_row_find(row, event, err);
}

static bool is_allowed(const struct put *put, const struct event *event)
{
	char etag[EVENT_ETAG_BYTES];

	if (put->condition == NULL)
		return true;
	event_etag(event, etag);
	return put->condition->allows(put->condition->context, etag);
}

static enum event_result put_change(struct database *database, void *context,
				    struct error *err)
{
	struct put *put = context;
	struct event before = {0}, after;
	enum event_result result = find(database, put->id, &before, err);

	if (result != EVENT_DONE)
		return result;
	after = make_changed(&before, put->input);
	if (!is_allowed(put, &before))
		result = EVENT_MISMATCH;
	else if (!is_same(&before, &after))
		result = write_change(database, &before, &after, put->now_ms,
				      err);
	if (result == EVENT_DONE)
		result = find(database, put->id, &put->event, err);
	event_free(&before);
	return result;
}

enum event_result event_store_put(struct event_store *store, const char *id,
				  const struct event_input *input,
				  const struct event_condition *condition,
				  struct event *event, struct error *err)
{
	struct put put = {
		.id = id,
		.input = input,
		.condition = condition,
		.now_ms = store->now_ms(),
	};
	enum event_result result;

	result = event_commits_run(store->commits, put_change, &put, err);
	if (result == EVENT_DONE)
		*event = put.event;
	else
		event_free(&put.event);
	return result;
}
