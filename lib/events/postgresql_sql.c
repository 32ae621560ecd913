#include "events/event_sql.h"
#include "events/postgresql_parts.h"

#define NOW_MS                                                                 \
	"SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint"        \
	" AS " POSTGRESQL_CLOCK

const struct event_sql postgresql_sql = {
	/* One sequence gives the numbers, and a transaction that has a smaller
	 * one could commit after one that has a larger: who has listed the
	 * larger one would never see the smaller. So they come in turns, from
	 * before the first number until it can be seen. */
	.begin = "BEGIN;"
		 "SELECT pg_advisory_xact_lock(" POSTGRESQL_TURNS ");" NOW_MS,
	/* What waits for a standby that does not answer is not done, and a
	 * timeout would make the server say that it is. */
	.commit = "SET LOCAL statement_timeout = 0; COMMIT",
	.rollback = "ROLLBACK",
	.begin_alone = "BEGIN",

	.by_number =
		"SELECT " EVENT_ROW_COLUMNS " FROM event WHERE number = $1",
	.by_id = "SELECT " EVENT_ROW_COLUMNS " FROM event WHERE id = $1",
	.by_id_to_put = "SELECT " EVENT_ROW_COLUMNS
			" FROM event WHERE id = $1 FOR NO KEY UPDATE",
	.list = "SELECT " EVENT_ROW_COLUMNS " FROM event WHERE number > $1"
		" ORDER BY number LIMIT $2",
	.list_status =
		"SELECT " EVENT_ROW_COLUMNS " FROM event WHERE status = $3"
		" AND number > $1 ORDER BY number LIMIT $2",
	/* They come all at once, each up to 64 KiB. */
	.list_step = 128,
	.count = "SELECT"
		 " (SELECT sum(count)::bigint FROM tally WHERE status = 0),"
		 " (SELECT sum(count)::bigint FROM tally WHERE status = 1),"
		 " (SELECT sum(count)::bigint FROM tally WHERE status = 2),"
		 " (SELECT sum(count)::bigint FROM tally WHERE status = -1),"
		 " (SELECT created_ms FROM event WHERE status = 0"
		 "  ORDER BY number LIMIT 1)",

	.insert = "WITH added AS (INSERT INTO event (id, user_id, description,"
		  " status, created_ms, updated_ms)"
		  " VALUES ($1, $2, $3, $4, $5, $5) RETURNING number),"
		  " entered AS (INSERT INTO outbox (number)"
		  " SELECT number FROM added) SELECT number FROM added",
	.insert_enters = true,
	.update = "UPDATE event SET user_id = $2, description = $3,"
		  " status = $4, updated_ms = $5, attempts = $6,"
		  " last_error = $7, version = version + 1 WHERE number = $1",

	.find_key = "SELECT number, digest FROM idempotency WHERE key = $1",
	.keep_key = "INSERT INTO idempotency (key, digest, number, created_ms)"
		    " VALUES ($1, $2, (SELECT number FROM event WHERE id = $3),"
		    " $4) RETURNING number",
	.forget_keys = "DELETE FROM idempotency WHERE key IN (SELECT key"
		       " FROM idempotency WHERE created_ms < $1 LIMIT $2"
		       " FOR UPDATE SKIP LOCKED)",

	.enter = "INSERT INTO outbox (number) VALUES ($1)"
		 " ON CONFLICT (number) DO"
		 " UPDATE SET due_ms = 0, token = 0, attempts = 0",
	.leave = "DELETE FROM outbox WHERE number = $1",
	.look = "SELECT (SELECT min(due_ms) FROM outbox),"
		" (SELECT max(due_ms) FROM outbox)",
	/* Whoever waits for another's row finds it claimed: it is left alone. */
	.end_waits = "UPDATE outbox SET due_ms = 0 WHERE number IN"
		     " (SELECT number FROM outbox WHERE due_ms > 0"
		     " AND due_ms <= $1 ORDER BY due_ms LIMIT $2"
		     " FOR UPDATE SKIP LOCKED)",
	.end_odd_waits = "UPDATE outbox SET due_ms = 0 WHERE number IN"
			 " (SELECT number FROM outbox WHERE due_ms > $1"
			 " ORDER BY due_ms DESC LIMIT $2"
			 " FOR UPDATE SKIP LOCKED)",
	.find_ready = "SELECT " EVENT_ROW_COLUMNS
		      " FROM outbox JOIN event USING (number)"
		      " WHERE outbox.due_ms = 0 ORDER BY outbox.number"
		      " LIMIT $1 FOR UPDATE OF outbox SKIP LOCKED",
	/* Below zero: as in sqlite_sql.c. */
	.hold_to_notify = "UPDATE outbox SET due_ms = $2,"
			  " token = nextval('claim'),"
			  " attempts = greatest(attempts, 0) + 1"
			  " WHERE number = $1 RETURNING token, attempts",
	.hold_to_relay = "UPDATE outbox SET due_ms = $2,"
			 " token = nextval('claim'), attempts ="
			 " greatest(least(attempts, 0) - 1, -2)"
			 " WHERE number = $1 RETURNING token, -attempts",
	.settle = "DELETE FROM outbox WHERE number = $1 AND token = $2",
	.release_claim = "UPDATE outbox SET due_ms = $3, token = 0"
			 " WHERE number = $1 AND token = $2",
	.return_claim = "UPDATE outbox SET due_ms = $3, token = 0, attempts ="
			" attempts - (attempts > 0)::integer"
			" + (attempts < 0)::integer"
			" WHERE number = $1 AND token = $2",
	.extend = "UPDATE outbox SET due_ms = $3"
		  " WHERE number = $1 AND token = $2",
	.revoke = "UPDATE outbox SET due_ms = 0, token = 0"
		  " WHERE due_ms > 0 AND token <> 0 AND attempts < 0",
	/* One that is just being processed is waited for, and then is none.
	 * Below zero: as in sqlite_sql.c. */
	.gather = "INSERT INTO outbox (number, attempts) SELECT number, -1"
		  " FROM event"
		  " WHERE status = 0 AND number > $1 AND NOT EXISTS"
		  " (SELECT 1 FROM outbox WHERE outbox.number = event.number)"
		  " ORDER BY number LIMIT $2 FOR NO KEY UPDATE OF event"
		  " ON CONFLICT DO NOTHING RETURNING number",

	/* What those have counted who are gone comes into one row. */
	.tidy = "WITH gone AS (DELETE FROM tally WHERE backend <> 0"
		" AND backend NOT IN (SELECT pid FROM pg_stat_activity)"
		" RETURNING status, count)"
		" INSERT INTO tally (status, backend, count)"
		" SELECT status, 0, sum(count) FROM gone GROUP BY status"
		" ON CONFLICT (status, backend)"
		" DO UPDATE SET count = tally.count + excluded.count",
};
