/*
 * How often a transaction that may succeed when it is done again is done again:
 * once at least, since a silent server may have taken all the time, and then for
 * as long as a busy database is waited for.
 *
 *	struct event_retry retry = event_retry_begin(busy_ms);
 *
 *	do
 *		result = try(database);
 *	while (event_retry_goes_on(&retry, database, &result));
 */
#ifndef MARQUEE_EVENTS_EVENT_RETRY_H
#define MARQUEE_EVENTS_EVENT_RETRY_H

#include "events/database.h"

struct event_retry {
	long long until_ms; /* monotonic */
	unsigned failures;
	bool is_unknown; /* one of them may have been committed */
};

struct event_retry event_retry_begin(int busy_ms);

/* Whether to try again, after a short wait. Otherwise `result` is what to say:
 * UNKNOWN where a try before may have been committed and none has told. NULL for
 * `database`: there is no connection, and no reason to try again. */
bool event_retry_goes_on(struct event_retry *retry,
			 const struct database *database,
			 enum event_result *result);

/* The same for a transaction of its own: begin, `change`, commit. */
enum event_result event_retry_run(
	struct database *database, int busy_ms,
	enum event_result (*change)(struct database *database, void *context,
				    struct error *err),
	void *context, struct error *err);

#endif
