#include "events/event_store.h"

#include <string.h>

#include "events/event_row.h"
#include "events/event_store_parts.h"

struct put {
	const char *id;
	const struct event_input *input;
	const struct event_condition *condition;
	long long now_ms;
	bool is_again;      /* this was tried before, and may have been
			       committed */
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
	struct statement *row =
		database_statement(database, database_sql(database)->update);

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
	struct statement *row = database_statement(
		database, database_sql(database)->by_id_to_put);

	statement_bind_text(row, 1, id);
	return event_row_find(row, event, err);
}

/* Of a try before, the change that it made is no reason to refuse (RFC 9110
 * §13.1.1). */
static bool is_allowed(const struct put *put, const struct event *event,
		       bool is_same_already)
{
	char etag[EVENT_ETAG_BYTES];

	if (put->condition == NULL || (put->is_again && is_same_already))
		return true;
	event_etag(event, etag);
	return put->condition->allows(put->condition->context, etag);
}

static enum event_result put_change(struct database *database, void *context,
				    struct error *err)
{
	struct put *put = context;
	struct event before = {0}, after;
	bool is_same_already;
	enum event_result result;

	event_free(&put->event);
	result = find(database, put->id, &before, err);
	if (result != EVENT_DONE)
		return result;
	after = make_changed(&before, put->input);
	is_same_already = is_same(&before, &after);
	if (!is_allowed(put, &before, is_same_already))
		result = EVENT_MISMATCH;
	else if (!is_same_already)
		result = write_change(database, &before, &after, put->now_ms,
				      err);
	if (result == EVENT_DONE)
		result = find(database, put->id, &put->event, err);
	put->is_again = true;
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
		.now_ms = event_store_now_ms(store),
	};
	enum event_result result;

	result = event_store_change(store, put_change, &put, err);
	if (result == EVENT_DONE)
		*event = put.event;
	else
		event_free(&put.event);
	return result;
}
