/*
 * What a connection and its statements are made of: for database.c,
 * database_log.c and database_statement.c, nobody else. The one file that
 * includes sqlite3.h.
 */
#ifndef MARQUEE_EVENTS_DATABASE_PARTS_H
#define MARQUEE_EVENTS_DATABASE_PARTS_H

#include <sqlite3.h>

#include "events/database.h"

struct statement {
	struct database *database;
	const char *sql;
	sqlite3_stmt *prepared; /* NULL where that has failed */
	enum event_result result;
	struct error error;
	struct statement *next;
};

struct database {
	sqlite3 *handle;
	char *path;
	int busy_ms;
	long long busy_until_ms;
	int patient_pages; /* of the log: then readers are waited for */
	bool has_failed;   /* the disk has */
	struct statement *statements;
	struct statement no_memory; /* where there is none for another */
};

/* Says what an SQLite status means and remembers whether the disk has failed.
 * Right after the call that failed: SQLite keeps the reasons of the last one. */
enum event_result database_fail(struct database *database, int status,
				struct error *err);

/* From now on each commit of the connection sees to it that the write-ahead log
 * does not grow for ever. */
void database_watch_log(struct database *database);

#endif
