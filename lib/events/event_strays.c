#include "events/event_outbox.h"

#include "events/event_sql.h"
#include "events/event_store_parts.h"

/* Events are put back so many at a time, so that nobody waits long. */
#define STRAYS_STEP 1000

struct gathering {
	long long after; /* the last that was looked at in the step before */
	long long last;  /* in this step */
	long long count; /* in this step */
};

static enum event_result gather_change(struct database *database, void *context,
				       struct error *err)
{
	struct gathering *gathering = context;
	struct statement *rows =
		database_statement(database, database_sql(database)->gather);
	long long last = gathering->after;
	long long number;

	statement_bind_number(rows, 1, gathering->after);
	statement_bind_number(rows, 2, STRAYS_STEP);
	gathering->count = 0;
	while (statement_step(rows)) {
		number = statement_number(rows, 0);
		if (number > last)
			last = number;
		gathering->count++;
	}
	gathering->last = last;
	return statement_end(rows, err);
}

static enum event_result revoke_change(struct database *database, void *context,
				       struct error *err)
{
	(void)context;
	return statement_run(database_statement(database,
						database_sql(database)->revoke),
			     err);
}

enum event_result event_outbox_revoke(struct event_store *store,
				      struct error *err)
{
	return event_store_change(store, revoke_change, NULL, err);
}

enum event_result event_outbox_gather(struct event_store *store,
				      long long *count, struct error *err)
{
	struct gathering gathering = {.count = STRAYS_STEP};
	struct event_counts counts = {.unsent = 0};
	enum event_result result = event_store_count(store, &counts, err);

	*count = 0;
	/* Only what waits is in the outbox. */
	if (result != EVENT_DONE ||
	    counts.by_status[EVENT_NOT_PROCESSED] == counts.unsent)
		return result;
	while (result == EVENT_DONE && gathering.count == STRAYS_STEP) {
		result = event_store_change(store, gather_change, &gathering,
					    err);
		if (result == EVENT_DONE)
			*count += gathering.count;
		gathering.after = gathering.last;
	}
	return result;
}
