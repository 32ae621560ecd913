#include "events/event_row.h"

#include <limits.h>
#include <string.h>

enum column {
	NUMBER,
	ID,
	USER_ID,
	DESCRIPTION,
	STATUS,
	CREATED_MS,
	UPDATED_MS,
	ATTEMPTS,
	LAST_ERROR,
	VERSION,
	COLUMNS
};
_Static_assert(COLUMNS == EVENT_ROW_COLUMN_COUNT, "a column is missing");

static void read_id(struct statement *row, struct event *event)
{
	const char *id = statement_text(row, ID);

	if (id != NULL && strlen(id) < sizeof(event->id))
		memcpy(event->id, id, strlen(id) + 1);
	else
		statement_refuse(row, "an event's id is none");
}

/* The tables allow no others; a file that was tampered with may hold them. */
static void read_numbers(struct statement *row, struct event *event)
{
	long long status = statement_number(row, STATUS);
	long long attempts = statement_number(row, ATTEMPTS);

	event->number = statement_number(row, NUMBER);
	event->created_ms = statement_number(row, CREATED_MS);
	event->updated_ms = statement_number(row, UPDATED_MS);
	event->version = statement_number(row, VERSION);
	if (status < 0 || status >= EVENT_STATUSES || attempts < 0 ||
	    attempts > UINT_MAX) {
		statement_refuse(row, "an event's status is none");
		return;
	}
	event->status = (enum event_status)status;
	event->attempts = (unsigned)attempts;
}

void event_row_read(struct statement *row, struct event *event)
{
	*event = (struct event){0};
	read_numbers(row, event);
	read_id(row, event);
	event->user_id = statement_copy(row, USER_ID);
	event->description = statement_copy(row, DESCRIPTION);
	event->last_error = statement_copy(row, LAST_ERROR);
	if (event->user_id == NULL || event->description == NULL)
		statement_refuse(row, "an event's text is missing");
}

enum event_result event_row_find(struct statement *row, struct event *event,
				 struct error *err)
{
	struct event found = {0};
	bool is_there = statement_step(row);
	enum event_result result;

	if (is_there)
		event_row_read(row, &found);
	result = statement_end(row, err);
	if (result == EVENT_DONE && !is_there)
		return EVENT_MISSING;
	if (result == EVENT_DONE)
		*event = found;
	else
		event_free(&found);
	return result;
}
