/*
 * The event log on disk: SQLite, one file, shared by the processes of one host
 * (events.fcgi writes and reads, notify and relay-events claim).
 *
 * What is answered as done is on disk: WAL with synchronous=FULL, and a call
 * returns after the fsync that covers it. Calls that come together share one
 * transaction and one fsync (group commit): each waits for its own and no longer.
 * An event and its place in the outbox are written in one transaction.
 *
 *	struct event_store *store = event_store_open(&options, &err);
 *
 *	result = event_store_post(store, &input, key, &event, &err);
 *	event_store_close(store);
 *
 * Many threads may use one store.
 */
#ifndef MARQUEE_EVENTS_EVENT_STORE_H
#define MARQUEE_EVENTS_EVENT_STORE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "events/event.h"
#include "events/event_input.h"
#include "events/event_result.h"

/* The database's name in MARQUEE_STATE_DIR. */
#define EVENT_STORE_FILE "events.db"

/* How long an Idempotency-Key is remembered at least. */
#define EVENT_KEY_KEPT_S (48 * 3600)
#define EVENT_KEY_MAX_BYTES 255

/* How long a transaction waits for another process that holds the database; a
 * change may have to wait for the one before, too. */
#define EVENT_STORE_BUSY_MS 5000

struct event_store_options {
	/* One of them: MARQUEE_STATE_DIR, made where it is missing; or the URL
	 * of a PostgreSQL server (postgresql.h). */
	const char *directory;
	const char *url;
	/* Check the whole file at start. Without it only what opening reads:
	 * for plain CGI and `--once`, which open it for every request or run. */
	bool checks_integrity;
	unsigned
		readers; /* reads at once, at least 1; others wait their turn */
	int busy_ms;     /* 0: EVENT_STORE_BUSY_MS */
	/* The clock of all who use the log; NULL: this host's, or the server's. */
	long long (*now_ms)(void);
};

struct event_store; /* closed with event_store_close */

/* Makes the directory and an empty file in it where they are missing, for the
 * service and its group only. -1 with EX_CANTCREAT. event_store_open does it, too:
 * this is for who then gives up what it takes (confine.h). */
int event_store_make(const char *directory, struct error *err);

/* Opens the database, makes or migrates its tables. NULL with EX_CANTCREAT
 * (cannot be made or opened), EX_DATAERR (no database, damaged, or of a newer
 * Marquee: it is never overwritten), EX_TEMPFAIL (locked), EX_OSERR. One that
 * cannot be written is opened all the same: writing then is READ_ONLY, until it
 * can be. */
struct event_store *event_store_open(const struct event_store_options *options,
				     struct error *err);

/* No call may be under way. */
void event_store_close(struct event_store *store);

/* Accepts a new event and puts it into the outbox. `key` is the
 * Idempotency-Key, NULL for none. DONE and REPEATED set `event`, which the
 * caller frees: the new one, or the one of then as it is now. */
enum event_result event_store_post(struct event_store *store,
				   const struct event_input *input,
				   const char *key, struct event *event,
				   struct error *err);

/* Whether an event with this entity tag may be changed: If-Match. */
struct event_condition {
	bool (*allows)(const void *context, const char *etag);
	const void *context;
};

/* Changes what `input` gives. To Processed or Failed: it leaves the outbox; to
 * NotProcessed from another status: it comes into it anew, due now, attempts 0
 * and last_error NULL unless given. `condition` is asked inside the transaction;
 * NULL: always. Nothing given differs: DONE, and version and updated_ms stay. */
enum event_result event_store_put(struct event_store *store, const char *id,
				  const struct event_input *input,
				  const struct event_condition *condition,
				  struct event *event, struct error *err);

enum event_result event_store_get(struct event_store *store, const char *id,
				  struct event *event, struct error *err);

#define EVENT_LIST_MAX 1000

struct event_list {
	long long after; /* numbers above it; 0: from the start */
	unsigned limit;  /* 1 to EVENT_LIST_MAX */
	bool has_status; /* only those of `status` */
	enum event_status status;
};

/* Calls `each` for each event, oldest first, until that returns false: it wants
 * no more. The event is borrowed. `has_more` says whether there are any beyond. The cost does not grow with the log.
 * DONE, BUSY, BROKEN. */
enum event_result event_store_list(
	struct event_store *store, const struct event_list *what,
	bool (*each)(void *context, const struct event *event), void *context,
	bool *has_more, struct error *err);

struct event_counts {
	long long by_status[EVENT_STATUSES];
	long long unsent; /* in the outbox */
	long long
		oldest_ms; /* created_ms of the oldest NotProcessed; 0: none */
};

/* Costs the same at any size of the log. */
enum event_result event_store_count(struct event_store *store,
				    struct event_counts *counts,
				    struct error *err);

/* Forgets old keys and moves the WAL into the database; a notifier calls it now
 * and then (a long read elsewhere only makes it do less). */
enum event_result event_store_tidy(struct event_store *store,
				   struct error *err);

/* Commits of this process so far: with the number of changes, how many share
 * one. */
long long event_store_commits(struct event_store *store);

#endif
