#include "events/event_retry.h"

#include <poll.h>

#include "base/clock.h"
#include "events/backoff.h"
#include "events/event_sql.h"

#define WAIT_FIRST_MS 10
#define WAIT_LONGEST_MS 200

struct event_retry event_retry_begin(int busy_ms)
{
	return (struct event_retry){.until_ms = clock_monotonic_ms() + busy_ms};
}

bool event_retry_goes_on(struct event_retry *retry,
			 const struct database *database,
			 enum event_result *result)
{
	if (*result == EVENT_UNKNOWN)
		retry->is_unknown = true;
	if (!event_result_is_failure(*result))
		return false;
	if (database != NULL && database_may_retry(database) &&
	    (retry->failures == 0 || clock_monotonic_ms() < retry->until_ms)) {
		poll(NULL, 0,
		     (int)backoff_ms(++retry->failures, WAIT_FIRST_MS,
				     WAIT_LONGEST_MS));
		return true;
	}
	if (retry->is_unknown)
		*result = EVENT_UNKNOWN;
	return false;
}

static enum event_result try_once(
	struct database *database,
	enum event_result (*change)(struct database *database, void *context,
				    struct error *err),
	void *context, struct error *err)
{
	const struct event_sql *sql = database_sql(database);
	enum event_result result, kept = EVENT_DONE;

	result = database_command(database, sql->begin_alone, err);
	if (result == EVENT_DONE)
		result = kept = change(database, context, err);
	if (result == EVENT_DONE)
		result = database_command(database, sql->commit, err);
	if (database_is_in_transaction(database))
		database_command(database, sql->rollback, NULL);
	return result == EVENT_DONE ? kept : result;
}

enum event_result event_retry_run(
	struct database *database, int busy_ms,
	enum event_result (*change)(struct database *database, void *context,
				    struct error *err),
	void *context, struct error *err)
{
	struct event_retry retry = event_retry_begin(busy_ms);
	enum event_result result;

	do
		result = try_once(database, change, context, err);
	while (event_retry_goes_on(&retry, database, &result));
	return result;
}
