/*
 * One connection to a database: an SQLite file (sqlite.h) or a PostgreSQL server
 * (postgresql.h). What is written here holds for both; an engine does it by
 * database_engine.h.
 *
 *	struct statement *find = database_statement(
 *		database, "SELECT name FROM film WHERE number = ?1");
 *
 *	statement_bind_number(find, 1, 7);
 *	while (statement_step(find))
 *		use(statement_text(find, 0));
 *	result = statement_end(find, &err);
 *
 * A statement's first failure sticks and comes out of statement_end, so nothing
 * between needs to be asked. A connection and its statements belong to one
 * thread at a time.
 */
#ifndef MARQUEE_EVENTS_DATABASE_H
#define MARQUEE_EVENTS_DATABASE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "events/event_result.h"

struct event_sql;
struct database;  /* a connection; closed with database_close */
struct statement; /* belongs to its connection */

enum database_mode {
	DATABASE_READ,
	DATABASE_WRITE /* READ_ONLY where it cannot be written */
};

/* NULL is allowed. */
void database_close(struct database *database);

/* The statements of the event log in the dialect of its engine. */
const struct event_sql *database_sql(const struct database *database);

/* Runs SQL that has neither parameters nor rows of interest. */
enum event_result database_run(struct database *database, const char *sql,
			       struct error *err);

/* The same for those of its event_sql that begin and end transactions. */
enum event_result database_command(struct database *database, const char *sql,
				   struct error *err);

/* A number that SQL of one row and column gives. */
enum event_result database_number(struct database *database, const char *sql,
				  long long *number, struct error *err);

/* As it was opened, a password masked. */
const char *database_path(const struct database *database);

/* Rows that the last statement changed. */
long long database_changes(const struct database *database);

/* Whether a transaction is open: some errors end it. */
bool database_is_in_transaction(const struct database *database);

/* Whether its file was moved, removed or replaced: what it writes is lost. */
bool database_is_moved(const struct database *database);

/* Whether what has failed last may succeed as a whole when it is done again: the
 * connection was lost (the next use outside a transaction makes a new one), or
 * the server has chosen one of two that were in each other's way. */
bool database_may_retry(const struct database *database);

/* Whether the disk, or what is on it, has failed under it. */
bool database_has_failed(const struct database *database);

/* SQLite: begins the write-ahead log anew, with all that is committed in the file.
 *
 * After an fsync that has failed, the log's end is in memory and perhaps nowhere
 * else, and no later fsync will write it: what is appended to it would be lost
 * with it. The same where an earlier process has died after that. While others are
 * at work there is nothing to do: then the end is not taken for committed, and
 * will be overwritten. */
enum event_result database_restart(struct database *database,
				   struct error *err);

/* A statement, prepared at the first call and kept; `sql` is a literal, known
 * again by its address. Never NULL. It is not to be used again before its
 * statement_end. */
struct statement *database_statement(struct database *database,
				     const char *sql);

/* Parameters, counted from 1. What is pointed to stays until statement_end. A
 * NULL text is NULL. */
void statement_bind_number(struct statement *statement, int parameter,
			   long long number);
void statement_bind_text(struct statement *statement, int parameter,
			 const char *text);
void statement_bind_bytes(struct statement *statement, int parameter,
			  const void *bytes, size_t length);

/* Whether there is a row (more). */
bool statement_step(struct statement *statement);

/* Columns of the row, counted from 0. Text and bytes are borrowed until the next
 * step; NULL for NULL. */
long long statement_number(struct statement *statement, int column);
const char *statement_text(struct statement *statement, int column);
const void *statement_bytes(struct statement *statement, int column,
			    size_t *length);
bool statement_is_null(struct statement *statement, int column);

/* A copy that the caller frees; NULL for NULL, and where there is no memory,
 * which sticks. */
char *statement_copy(struct statement *statement, int column);

/* Whether nothing has failed yet. */
bool statement_is_good(const struct statement *statement);

/* The row is not what it should be: as if the file was damaged. */
void statement_refuse(struct statement *statement, const char *why);

/* Makes the statement ready for the next use; says how this one went. */
enum event_result statement_end(struct statement *statement, struct error *err);

/* Runs it inside a transaction of many changes, without waiting for how it goes
 * where an engine can: `number`, which stays until the transaction ends, is set
 * to what its row says by the time the transaction is committed. A failure is
 * then that of what is waited for next, the commit at the latest. Ends it. */
enum event_result statement_run_later(struct statement *statement,
				      long long *number, struct error *err);

/* Steps through all rows and ends it. */
enum event_result statement_run(struct statement *statement, struct error *err);

#endif
