/*
 * The statements of the event log, in an engine's dialect: sqlite_sql.c and
 * postgresql_sql.c. Parameters are counted from 1, as they are listed here;
 * EVENT is the columns that event_row_read reads, in their order.
 */
#ifndef MARQUEE_EVENTS_EVENT_SQL_H
#define MARQUEE_EVENTS_EVENT_SQL_H

#include <stdbool.h>

/* EVENT. */
#define EVENT_ROW_COLUMNS                                                      \
	"event.number, event.id, event.user_id, event.description, "           \
	"event.status, event.created_ms, event.updated_ms, event.attempts, "   \
	"event.last_error, event.version"
#define EVENT_ROW_COLUMN_COUNT 10

struct event_sql {
	/* Of a transaction of many changes (event_commits.h), each inside a
	 * savepoint; `save` is NULL where one that fails may take the others
	 * with it. Events that come by it have their numbers in the order in
	 * which they can be seen. */
	const char *begin, *commit, *rollback;
	const char *save, *undo, *release;
	const char *begin_alone; /* of a transaction of one change */

	const char *by_number;    /* number → EVENT */
	const char *by_id;        /* id → EVENT */
	const char *by_id_to_put; /* id → EVENT, which nobody else changes until
				     the transaction ends */
	/* after, limit (, status) → EVENT… by number */
	const char *list, *list_status;
	unsigned list_step; /* rows asked for at once */
	/* → how many NotProcessed, Processed, Failed, in the outbox; created_ms
	 * of the oldest NotProcessed or NULL */
	const char *count;

	/* id, user_id, description, status, created_ms → number */
	const char *insert;
	bool insert_enters; /* into the outbox, too */
	/* number, user_id, description, status, updated_ms, attempts,
	 * last_error; version becomes the next */
	const char *update;

	const char *find_key;    /* key → number, digest */
	const char *keep_key;    /* key, digest, id, created_ms */
	const char *forget_keys; /* before_ms, most */

	const char *enter; /* number; ready, held by nobody */
	const char *leave; /* number */
	const char *look;  /* → least and greatest due_ms or NULL */
	/* now_ms, most: what waits until then is ready */
	const char *end_waits;
	/* latest_ms, most: what waits for longer, as nothing can, is ready */
	const char *end_odd_waits;
	const char *find_ready; /* most → EVENT… by number */
	/* number, until_ms → token, attempts */
	const char *hold_to_notify, *hold_to_relay;
	const char *settle;                                /* number, token */
	const char *release_claim, *return_claim, *extend; /* …, due_ms */
	const char *revoke; /* every claim to relay: is ready, held by nobody */
	/* after, most → number… of those NotProcessed and not in the outbox,
	 * which are in it now */
	const char *gather;

	/* What keeping order takes now and then; NULL: nothing. */
	const char *tidy;
};

#endif
