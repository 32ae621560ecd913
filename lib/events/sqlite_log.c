/*
 * How the write-ahead log is kept short.
 */
#include "events/sqlite_parts.h"

/* The write-ahead log is moved into the file when it has grown past so many
 * pages. */
#define WAL_PAGES 1000

/* Past so many pages (16 MiB) it grows because there is always somebody who
 * reads: then readers are waited for, at most so long, and where that was not
 * enough again when it has grown by as much once more. */
#define WAL_LONG_PAGES 4096
#define WAL_WAIT_MS 500

/* An sqlite3_wal_hook: what is committed is on disk, whatever comes of this. */
static int shorten_log(void *context, sqlite3 *handle, const char *name,
		       int pages)
{
	struct sqlite *sqlite = context;
	int busy_ms = sqlite->busy_ms, status;

	if (pages < WAL_LONG_PAGES)
		sqlite->patient_pages = WAL_LONG_PAGES;
	if (pages < WAL_PAGES)
		return SQLITE_OK;
	if (pages < sqlite->patient_pages) {
		sqlite3_wal_checkpoint_v2(
			handle, name, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
		return SQLITE_OK;
	}
	if (busy_ms > WAL_WAIT_MS)
		sqlite->busy_ms = WAL_WAIT_MS;
	status = sqlite3_wal_checkpoint_v2(
		handle, name, SQLITE_CHECKPOINT_RESTART, NULL, NULL);
	sqlite->busy_ms = busy_ms;
	if (status != SQLITE_OK)
		sqlite->patient_pages = pages + WAL_LONG_PAGES;
	return SQLITE_OK;
}

void sqlite_watch_log(struct sqlite *sqlite)
{
	sqlite->patient_pages = WAL_LONG_PAGES;
	sqlite3_wal_hook(sqlite->handle, shorten_log, sqlite);
}

enum event_result sqlite_checkpoint(struct database *database,
				    struct error *err)
{
	int status =
		sqlite3_wal_checkpoint_v2(sqlite_of(database)->handle, "main",
					  SQLITE_CHECKPOINT_PASSIVE, NULL,
					  NULL);

	/* Another one is at it. */
	if (status == SQLITE_OK || (status & 0xff) == SQLITE_BUSY)
		return EVENT_DONE;
	return sqlite_fail(sqlite_of(database), status, err);
}

enum event_result sqlite_restart(struct database *database, struct error *err)
{
	struct sqlite *sqlite = sqlite_of(database);
	int busy_ms = sqlite->busy_ms, status;

	sqlite->busy_ms = 0;
	status = sqlite3_wal_checkpoint_v2(
		sqlite->handle, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	sqlite->busy_ms = busy_ms;
	if (status != SQLITE_OK && (status & 0xff) != SQLITE_BUSY)
		return sqlite_fail(sqlite, status, err);
	database->has_failed = false;
	return EVENT_DONE;
}
