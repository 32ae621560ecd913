#include "events/event_sql.h"
#include "events/sqlite.h"

const struct event_sql sqlite_sql = {
	.begin = "BEGIN IMMEDIATE",
	.commit = "COMMIT",
	.rollback = "ROLLBACK",
	.save = "SAVEPOINT change",
	.undo = "ROLLBACK TO change",
	.release = "RELEASE change",
	.begin_alone = "BEGIN IMMEDIATE",

	.by_number =
		"SELECT " EVENT_ROW_COLUMNS " FROM event WHERE number = ?1",
	.by_id = "SELECT " EVENT_ROW_COLUMNS " FROM event WHERE id = ?1",
	.by_id_to_put = "SELECT " EVENT_ROW_COLUMNS " FROM event WHERE id = ?1",
	.list = "SELECT " EVENT_ROW_COLUMNS " FROM event WHERE number > ?1"
		" ORDER BY number LIMIT ?2",
	.list_status =
		"SELECT " EVENT_ROW_COLUMNS " FROM event WHERE status = ?3"
		" AND number > ?1 ORDER BY number LIMIT ?2",
	/* Rows are read as they are wanted. */
	.list_step = ~0u,
	/* One statement sees one state. */
	.count = "SELECT (SELECT count FROM tally WHERE status = 0),"
		 " (SELECT count FROM tally WHERE status = 1),"
		 " (SELECT count FROM tally WHERE status = 2),"
		 " (SELECT count FROM tally WHERE status = -1),"
		 " (SELECT created_ms FROM event WHERE status = 0"
		 "  ORDER BY number LIMIT 1)",

	.insert = "INSERT INTO event (id, user_id, description, status,"
		  " created_ms, updated_ms)"
		  " VALUES (?1, ?2, ?3, ?4, ?5, ?5) RETURNING number",
	.update = "UPDATE event SET user_id = ?2, description = ?3,"
		  " status = ?4, updated_ms = ?5, attempts = ?6,"
		  " last_error = ?7, version = version + 1 WHERE number = ?1",

	.find_key = "SELECT number, digest FROM idempotency WHERE key = ?1",
	.keep_key = "INSERT INTO idempotency (key, digest, number, created_ms)"
		    " VALUES (?1, ?2, (SELECT number FROM event WHERE id = ?3),"
		    " ?4)",
	.forget_keys = "DELETE FROM idempotency WHERE key IN (SELECT key"
		       " FROM idempotency WHERE created_ms < ?1 LIMIT ?2)",

	.enter = "INSERT INTO outbox (number) VALUES (?1)"
		 " ON CONFLICT (number) DO"
		 " UPDATE SET due_ms = 0, token = 0, attempts = 0",
	.leave = "DELETE FROM outbox WHERE number = ?1",
	.look = "SELECT (SELECT min(due_ms) FROM outbox),"
		" (SELECT max(due_ms) FROM outbox)",
	.end_waits = "UPDATE outbox SET due_ms = 0 WHERE number IN"
		     " (SELECT number FROM outbox WHERE due_ms > 0"
		     " AND due_ms <= ?1 ORDER BY due_ms LIMIT ?2)",
	.end_odd_waits = "UPDATE outbox SET due_ms = 0 WHERE number IN"
			 " (SELECT number FROM outbox WHERE due_ms > ?1"
			 " ORDER BY due_ms DESC LIMIT ?2)",
	.find_ready = "SELECT " EVENT_ROW_COLUMNS
		      " FROM outbox CROSS JOIN event USING (number)"
		      " WHERE outbox.due_ms = 0 ORDER BY outbox.number"
		      " LIMIT ?1",
	/* Who hands an event on to a broker has not tried to notify, so its
	 * claims are counted below zero, where no notifier takes them for
	 * attempts. */
	.hold_to_notify = "UPDATE outbox SET due_ms = ?2, token = random(),"
			  " attempts = max(attempts, 0) + 1 WHERE number = ?1"
			  " RETURNING token, attempts",
	.hold_to_relay = "UPDATE outbox SET due_ms = ?2, token = random(),"
			 " attempts = max(min(attempts, 0) - 1, -2)"
			 " WHERE number = ?1 RETURNING token, -attempts",
	.settle = "DELETE FROM outbox WHERE number = ?1 AND token = ?2",
	.release_claim = "UPDATE outbox SET due_ms = ?3, token = 0"
			 " WHERE number = ?1 AND token = ?2",
	.return_claim = "UPDATE outbox SET due_ms = ?3, token = 0, attempts ="
			" attempts - (attempts > 0) + (attempts < 0)"
			" WHERE number = ?1 AND token = ?2",
	.extend = "UPDATE outbox SET due_ms = ?3"
		  " WHERE number = ?1 AND token = ?2",
	.revoke = "UPDATE outbox SET due_ms = 0, token = 0"
		  " WHERE due_ms > 0 AND token <> 0 AND attempts < 0",
	/* As if claimed to relay: whoever has one from a broker may be at it. */
	.gather = "INSERT INTO outbox (number, attempts) SELECT number, -1"
		  " FROM event"
		  " WHERE status = 0 AND number > ?1 AND NOT EXISTS"
		  " (SELECT 1 FROM outbox WHERE outbox.number = event.number)"
		  " ORDER BY number LIMIT ?2 RETURNING number",
};
