#include "events/postgresql_parts.h"

#include <stdlib.h>
#include <string.h>

#include "events/event_sql.h"

static void close_database(struct database *database)
{
	struct postgresql_database *mine = postgresql_of(database);

	postgresql_unlink(mine);
	free(mine);
}

/* A transaction that failed is rolled back by its COMMIT, which is no failure to
 * the server. */
static enum event_result check_commit(PGresult *last, struct error *err)
{
	if (strcmp(PQcmdStatus(last), "COMMIT") == 0)
		return EVENT_DONE;
	error_set(err, EX_SOFTWARE, "the transaction was rolled back");
	return EVENT_BROKEN;
}

static enum event_result commit(struct postgresql_database *mine,
				const char *sql, struct error *err)
{
	PGresult *last = NULL;
	enum event_result result;

	if (mine->link == NULL || PQstatus(mine->link) != CONNECTION_OK) {
		mine->is_in_transaction = true;
		result = postgresql_link(mine, err);
		mine->is_in_transaction = false;
		return result;
	}
	result = postgresql_settle(mine, err);
	if (result != EVENT_DONE)
		return result;
	result = postgresql_ask(mine, sql, &last, err);
	mine->is_in_transaction =
		result != EVENT_DONE && mine->link != NULL &&
		PQtransactionStatus(mine->link) != PQTRANS_IDLE;
	if (result == EVENT_DONE)
		result = check_commit(last, err);
	else if (mine->link == NULL)
		result = EVENT_UNKNOWN;
	PQclear(last);
	return result;
}

static void read_clock(struct postgresql *server, const PGresult *rows)
{
	int column = PQfnumber(rows, POSTGRESQL_CLOCK);

	if (column >= 0 && PQntuples(rows) == 1)
		postgresql_set_clock(
			server, strtoll(PQgetvalue(rows, 0, column), NULL, 10));
}

static enum event_result begin(struct postgresql_database *mine,
			       const char *sql, struct error *err)
{
	PGresult *last = NULL;
	enum event_result result = postgresql_link(mine, err);

	if (result == EVENT_DONE)
		result = postgresql_ask(mine, sql, &last, err);
	/* The server was restarted, say: nothing has begun. */
	if (result == EVENT_AWAY && mine->may_retry) {
		result = postgresql_link(mine, err);
		if (result == EVENT_DONE)
			result = postgresql_ask(mine, sql, &last, err);
	}
	mine->is_in_transaction =
		mine->link != NULL &&
		PQtransactionStatus(mine->link) != PQTRANS_IDLE;
	if (result == EVENT_DONE && last != NULL)
		read_clock(mine->server, last);
	PQclear(last);
	return result;
}

/* What is lost with the connection needs no ROLLBACK. */
static enum event_result roll_back(struct postgresql_database *mine,
				   const char *sql, struct error *err)
{
	bool may_retry = mine->may_retry;

	mine->is_in_transaction = false;
	if (mine->link != NULL)
		postgresql_settle(mine, NULL);
	if (mine->link != NULL &&
	    postgresql_ask(mine, sql, NULL, err) != EVENT_DONE)
		postgresql_unlink(mine);
	mine->may_retry = may_retry;
	return EVENT_DONE;
}

static enum event_result run(struct database *database, const char *sql,
			     struct error *err)
{
	struct postgresql_database *mine = postgresql_of(database);
	enum event_result result = postgresql_link(mine, err);

	return result == EVENT_DONE ? postgresql_ask(mine, sql, NULL, err)
				    : result;
}

static enum event_result command(struct database *database, const char *sql,
				 struct error *err)
{
	struct postgresql_database *mine = postgresql_of(database);

	if (sql == postgresql_sql.commit)
		return commit(mine, sql, err);
	if (sql == postgresql_sql.rollback)
		return roll_back(mine, sql, err);
	return begin(mine, sql, err);
}

static long long changes(const struct database *database)
{
	const struct postgresql_database *mine = (const void *)database;

	return mine->changes;
}

static bool is_in_transaction(const struct database *database)
{
	const struct postgresql_database *mine = (const void *)database;

	return mine->is_in_transaction;
}

static bool is_moved(const struct database *database)
{
	(void)database;
	return false;
}

static bool may_retry(const struct database *database)
{
	const struct postgresql_database *mine = (const void *)database;

	return mine->may_retry;
}

static enum event_result restart(struct database *database, struct error *err)
{
	(void)database;
	(void)err;
	return EVENT_DONE;
}

static const struct database_engine engine = {
	.sql = &postgresql_sql,
	.statement_bytes = sizeof(struct postgresql_statement),
	.close = close_database,
	.run = run,
	.command = command,
	.changes = changes,
	.is_in_transaction = is_in_transaction,
	.is_moved = is_moved,
	.may_retry = may_retry,
	.restart = restart,
	.prepare = postgresql_begin,
	.bind_number = postgresql_bind_number,
	.bind_text = postgresql_bind_text,
	.bind_bytes = postgresql_bind_bytes,
	.run_later = postgresql_run_later,
	.step = postgresql_step,
	.number = postgresql_number,
	.text = postgresql_text,
	.bytes = postgresql_bytes,
	.is_null = postgresql_is_null,
	.reset = postgresql_reset,
	.drop = postgresql_drop,
};

enum event_result postgresql_connect(struct postgresql *server,
				     struct database **database,
				     struct error *err)
{
	struct postgresql_database *mine =
		(void *)database_make(&engine, sizeof(*mine), server->shown);
	enum event_result result;

	if (mine == NULL) {
		error_no_memory(err);
		return EVENT_BROKEN;
	}
	mine->server = server;
	result = postgresql_link(mine, err);
	if (result == EVENT_DONE)
		*database = &mine->database;
	else
		database_close(&mine->database);
	return result;
}
