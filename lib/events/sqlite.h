/*
 * A connection of database.h to an SQLite file, and what only SQLite has: the
 * engine of an event log on one host (https://www.sqlite.org/c3ref/intro.html).
 */
#ifndef MARQUEE_EVENTS_SQLITE_H
#define MARQUEE_EVENTS_SQLITE_H

#include "events/database.h"

/* The event log's SQL in its dialect. */
extern const struct event_sql sqlite_sql;

/* Opens a file that is there; `path` is absolute. Whoever else holds the
 * database is waited for up to `busy_ms`, by every call. A commit is on disk when
 * it returns (synchronous=FULL). Anything may be in it: nothing is written, also
 * not by closing it, before sqlite_own.
 *
 * Every failure names the file. Codes: EX_DATAERR no database or a damaged one,
 * EX_TEMPFAIL locked, EX_CANTCREAT full or read-only, EX_OSERR no memory, else
 * EX_IOERR. */
enum event_result sqlite_open(const char *path, enum database_mode mode,
			      int busy_ms, struct database **database,
			      struct error *err);

/* The file is ours: it is switched to write-ahead logging, and the last one to
 * close it moves the log into it. */
enum event_result sqlite_own(struct database *database, struct error *err);

/* Moves what nobody needs in the write-ahead log into the file, without waiting
 * for readers or writers. */
enum event_result sqlite_checkpoint(struct database *database,
				    struct error *err);

/* Steps of SQLite's machine that its statements have taken so far: what a test
 * measures their cost by. */
long long sqlite_steps(const struct database *database);

#endif
