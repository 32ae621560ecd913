/*
 * Group commit: changes that come together share one transaction and one fsync.
 *
 *	result = event_commits_run(commits, insert_film, &film, &err);
 *
 * returns when the change is on disk, or is not made. There is no thread of its
 * own: of the callers that wait, one leads. It takes what all of them want (up to
 * EVENT_COMMITS_MAX), runs each inside a savepoint, so that one that fails takes
 * none with it, commits, and wakes them with their results; meanwhile the next
 * ones gather. So a change waits for the commit under way and its own, and a lone
 * caller for its own only.
 *
 * A commit that fails gives each of its callers that result: nothing was changed.
 * One that may be tried again (database_may_retry) is, for as long as a busy
 * database is waited for: a change may be run more than once, and one that had
 * been committed already sees that it was.
 * After an error of the disk nothing is committed before the write-ahead log was
 * begun anew (database_restart): what a failed fsync left is not to be built on.
 */
#ifndef MARQUEE_EVENTS_EVENT_COMMITS_H
#define MARQUEE_EVENTS_EVENT_COMMITS_H

#include "events/event_place.h"

/* Changes in one transaction. */
#define EVENT_COMMITS_MAX 256

struct event_commits; /* closed with event_commits_close */

/* One change, run inside a transaction, perhaps by another thread while the
 * caller waits, and perhaps again. What it returns is the caller's result; what it did is undone but
 * where that is DONE or REPEATED. */
typedef enum event_result event_change(struct database *database, void *context,
				       struct error *err);

/* The database at `place`, which stays the caller's, is connected to when the
 * first change comes; or `database`, which is now this module's, is used. NULL
 * with EX_OSERR (then `database` is still the caller's). */
struct event_commits *event_commits_open(const struct event_place *place,
					 struct database *database,
					 struct error *err);

/* No call may be under way. NULL is allowed. */
void event_commits_close(struct event_commits *commits);

enum event_result event_commits_run(struct event_commits *commits,
				    event_change *change, void *context,
				    struct error *err);

/* Transactions committed so far. */
long long event_commits_count(struct event_commits *commits);

#endif
