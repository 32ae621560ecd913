#include "events/event_store.h"

#include "events/event_schema.h"
#include "events/event_store_parts.h"

/* Old keys are forgotten so many at a time, so that nobody waits long. */
#define TIDY_STEP 1000

struct tidying {
	long long before_ms;
	bool is_done;
};

static enum event_result forget_change(struct database *database, void *context,
				       struct error *err)
{
	static const char sql[] =
		"DELETE FROM idempotency WHERE key IN (SELECT key"
		" FROM idempotency WHERE created_ms < ?1 LIMIT ?2)";
	struct statement *keys = database_statement(database, sql);
	struct tidying *tidying = context;
	enum event_result result;

	statement_bind_number(keys, 1, tidying->before_ms);
	statement_bind_number(keys, 2, TIDY_STEP);
	result = statement_run(keys, err);
	tidying->is_done = database_changes(database) < TIDY_STEP;
	return result;
}

/* Not the writer's connection: it may go on writing meanwhile. */
static enum event_result checkpoint(struct event_store *store,
				    struct error *err)
{
	struct database *database;
	enum event_result result;

	result = database_open(store->path, DATABASE_WRITE, store->busy_ms,
			       &database, err);
	if (result != EVENT_DONE)
		return result;
	result = event_schema_check_current(database, err);
	if (result == EVENT_DONE)
		result = database_own(database, err);
	if (result == EVENT_DONE)
		result = database_checkpoint(database, err);
	database_close(database);
	return result;
}

enum event_result event_store_tidy(struct event_store *store, struct error *err)
{
	struct tidying tidying = {
		.before_ms = store->now_ms() - EVENT_KEY_KEPT_S * 1000LL,
	};
	enum event_result result = EVENT_DONE;

	while (result == EVENT_DONE && !tidying.is_done)
		result = event_commits_run(store->commits, forget_change,
					   &tidying, err);
	return result == EVENT_DONE ? checkpoint(store, err) : result;
}
