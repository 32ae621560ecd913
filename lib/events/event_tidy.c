#include "events/event_store.h"

#include "events/event_sql.h"
#include "events/event_store_parts.h"
#include "events/sqlite.h"

/* Old keys are forgotten so many at a time, so that nobody waits long. */
#define TIDY_STEP 1000

struct tidying {
	long long before_ms;
	bool is_done;
};

static enum event_result forget_change(struct database *database, void *context,
				       struct error *err)
{
	struct statement *keys = database_statement(
		database, database_sql(database)->forget_keys);
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

	result = event_place_connect(&store->place, DATABASE_WRITE, &database,
				     err);
	if (result != EVENT_DONE)
		return result;
	result = sqlite_checkpoint(database, err);
	database_close(database);
	return result;
}

static enum event_result keep_order(struct database *database, void *context,
				    struct error *err)
{
	(void)context;
	return database_run(database, database_sql(database)->tidy, err);
}

enum event_result event_store_tidy(struct event_store *store, struct error *err)
{
	struct tidying tidying = {
		.before_ms =
			event_store_now_ms(store) - EVENT_KEY_KEPT_S * 1000LL,
	};
	enum event_result result = EVENT_DONE;

	while (result == EVENT_DONE && !tidying.is_done)
		result =
			event_store_change(store, forget_change, &tidying, err);
	if (result != EVENT_DONE)
		return result;
	return store->place.server != NULL
		       ? event_store_change(store, keep_order, NULL, err)
		       : checkpoint(store, err);
}
