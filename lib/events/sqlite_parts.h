/*
 * What a connection to SQLite and its statements are made of: for sqlite_*.c,
 * nobody else. The one file that includes sqlite3.h.
 */
#ifndef MARQUEE_EVENTS_SQLITE_PARTS_H
#define MARQUEE_EVENTS_SQLITE_PARTS_H

#include <sqlite3.h>

#include "events/database_engine.h"
#include "events/sqlite.h"

struct sqlite_statement {
	struct statement statement;
	sqlite3_stmt *prepared; /* NULL where that has failed */
};

struct sqlite {
	struct database database;
	sqlite3 *handle;
	int busy_ms;
	long long busy_until_ms;
	int patient_pages; /* of the log: then readers are waited for */
};

static inline struct sqlite *sqlite_of(struct database *database)
{
	return (void *)database;
}

/* Says what an SQLite status means and remembers whether the disk has failed.
 * Right after the call that failed: SQLite keeps the reasons of the last one. */
enum event_result sqlite_fail(struct sqlite *sqlite, int status,
			      struct error *err);

/* From now on each commit of the connection sees to it that the write-ahead log
 * does not grow for ever. */
void sqlite_watch_log(struct sqlite *sqlite);

/* sqlite_statement.c: what the engine does with statements. */
void sqlite_prepare(struct statement *statement);
void sqlite_bind_number(struct statement *statement, int parameter,
			long long number);
void sqlite_bind_text(struct statement *statement, int parameter,
		      const char *text);
void sqlite_bind_bytes(struct statement *statement, int parameter,
		       const void *bytes, size_t length);
bool sqlite_step(struct statement *statement);
long long sqlite_number(struct statement *statement, int column);
const char *sqlite_text(struct statement *statement, int column);
const void *sqlite_bytes(struct statement *statement, int column,
			 size_t *length);
bool sqlite_is_null(struct statement *statement, int column);
void sqlite_reset(struct statement *statement);
void sqlite_drop(struct statement *statement);

/* sqlite_log.c */
enum event_result sqlite_restart(struct database *database, struct error *err);

#endif
