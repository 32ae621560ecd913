#include "events/event_outbox.h"

#include "events/event_store_parts.h"

/* Events are put back so many at a time, so that nobody waits long. */
#define STRAYS_STEP 1000

struct gathering {
	long long after; /* the last that was looked at */
	long long count; /* in this step */
};

static enum event_result gather_change(struct database *database, void *context,
				       struct error *err)
{
	static const char sql[] =
		"INSERT INTO outbox (number) SELECT number FROM event"
		" WHERE status = 0 AND number > ?1 AND NOT EXISTS"
		" (SELECT 1 FROM outbox WHERE outbox.number = event.number)"
		" ORDER BY number LIMIT ?2 RETURNING number";
	struct gathering *gathering = context;
	struct statement *rows = database_statement(database, sql);
	long long number;

	statement_bind_number(rows, 1, gathering->after);
	statement_bind_number(rows, 2, STRAYS_STEP);
	gathering->count = 0;
	while (statement_step(rows)) {
		number = statement_number(rows, 0);
		if (number > gathering->after)
			gathering->after = number;
		gathering->count++;
	}
	return statement_end(rows, err);
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
		result = event_commits_run(store->commits, gather_change,
					   &gathering, err);
		if (result == EVENT_DONE)
			*count += gathering.count;
	}
	return result;
}
