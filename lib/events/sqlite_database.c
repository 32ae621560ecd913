#include "base/count.h"
#include "events/sqlite_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

/* How long the holder of a lock is left alone before it is asked again. SQLite's
 * own waits grow to 100 ms, with which a process that writes now and then hardly
 * ever meets the gaps of one that always writes. */
#define BUSY_PAUSE_NS 1000000L

/* The write-ahead log is cut to this size when it starts anew. */
#define WAL_KEPT_BYTES "8388608"

/* --- What went wrong ------------------------------------------------------- */

/* The first that fits; reason is an errno, 0 for any. */
static const struct meaning {
	int status, reason;
	enum event_result result;
	int code;
} meanings[] = {
	{SQLITE_FULL, 0, EVENT_DISK_FULL, EX_CANTCREAT},
	/* The index of the log grows only where there is room, and SQLite does
	 * not tell why not. */
	{SQLITE_IOERR_SHMSIZE, 0, EVENT_DISK_FULL, EX_CANTCREAT},
	{SQLITE_IOERR, ENOSPC, EVENT_DISK_FULL, EX_CANTCREAT},
	{SQLITE_IOERR, EDQUOT, EVENT_DISK_FULL, EX_CANTCREAT},
	{SQLITE_IOERR, EFBIG, EVENT_DISK_FULL, EX_CANTCREAT},
	{SQLITE_IOERR, EROFS, EVENT_READ_ONLY, EX_CANTCREAT},
	{SQLITE_IOERR, 0, EVENT_BROKEN, EX_IOERR},
	{SQLITE_BUSY, 0, EVENT_BUSY, EX_TEMPFAIL},
	{SQLITE_LOCKED, 0, EVENT_BUSY, EX_TEMPFAIL},
	{SQLITE_READONLY, 0, EVENT_READ_ONLY, EX_CANTCREAT},
	{SQLITE_CANTOPEN, 0, EVENT_READ_ONLY, EX_CANTCREAT},
	{SQLITE_PERM, 0, EVENT_READ_ONLY, EX_CANTCREAT},
	{SQLITE_CORRUPT, 0, EVENT_BROKEN, EX_DATAERR},
	{SQLITE_NOTADB, 0, EVENT_BROKEN, EX_DATAERR},
	{SQLITE_NOMEM, 0, EVENT_BROKEN, EX_OSERR},
};

static const struct meaning *find_meaning(int status, int reason)
{
	static const struct meaning other = {0, 0, EVENT_BROKEN, EX_SOFTWARE};
	size_t i;

	for (i = 0; i < COUNT(meanings); i++)
		if ((meanings[i].status == status ||
		     meanings[i].status == (status & 0xff)) &&
		    (meanings[i].reason == 0 || meanings[i].reason == reason))
			return &meanings[i];
	return &other;
}

/* The errno a file of the connection has failed with: SQLITE_FCNTL_FILE_POINTER
 * or, for the write-ahead log, SQLITE_FCNTL_JOURNAL_POINTER. */
static int find_errno(sqlite3 *handle, int which)
{
	sqlite3_file *file = NULL;
	int reason = 0;

	if (sqlite3_file_control(handle, "main", which, &file) == SQLITE_OK &&
	    file != NULL && file->pMethods != NULL)
		file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO,
					     &reason);
	return reason;
}

/* The handle does not tell when it was a commit that failed. */
static int find_reason(sqlite3 *handle, int status)
{
	int reason = 0;

	if ((status & 0xff) == SQLITE_IOERR) {
		reason = find_errno(handle, SQLITE_FCNTL_JOURNAL_POINTER);
		if (reason == 0)
			reason = find_errno(handle, SQLITE_FCNTL_FILE_POINTER);
	}
	if (reason == 0 && ((status & 0xff) == SQLITE_IOERR ||
			    (status & 0xff) == SQLITE_CANTOPEN))
		reason = sqlite3_system_errno(handle);
	return reason;
}

enum event_result sqlite_fail(struct sqlite *sqlite, int status,
			      struct error *err)
{
	int reason = find_reason(sqlite->handle, status);
	const struct meaning *meaning = find_meaning(status, reason);

	if ((status & 0xff) == SQLITE_IOERR || meaning->code == EX_DATAERR)
		sqlite->database.has_failed = true;
	error_set(err, meaning->code, "%s: %s%s%s", sqlite->database.path,
		  status == SQLITE_NOMEM ? "out of memory"
					 : sqlite3_errmsg(sqlite->handle),
		  reason != 0 ? ": " : "", reason != 0 ? strerror(reason) : "");
	return meaning->result;
}

/* --- The connection -------------------------------------------------------- */

static int wait_for_lock(void *context, int calls)
{
	static const struct timespec pause = {0, BUSY_PAUSE_NS};
	struct sqlite *sqlite = context;

	if (calls == 0)
		sqlite->busy_until_ms = clock_monotonic_ms() + sqlite->busy_ms;
	else if (clock_monotonic_ms() >= sqlite->busy_until_ms)
		return 0;
	nanosleep(&pause, NULL);
	return 1;
}

/* What may be in a file that somebody has tampered with does no harm. */
static int set_up(struct sqlite *sqlite)
{
	static const struct {
		int option, value;
	} options[] = {
		{SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1},
		{SQLITE_DBCONFIG_ENABLE_FKEY, 1},
		{SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
		{SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
		{SQLITE_DBCONFIG_DEFENSIVE, 1},
		{SQLITE_DBCONFIG_DQS_DML, 0},
		{SQLITE_DBCONFIG_DQS_DDL, 0},
	};
	sqlite3 *handle = sqlite->handle;
	int status;
	size_t i;

	sqlite3_extended_result_codes(handle, 1);
	status = sqlite3_busy_handler(handle, wait_for_lock, sqlite);
	for (i = 0; i < COUNT(options); i++)
		if (status == SQLITE_OK)
			status = sqlite3_db_config(handle, options[i].option,
						   options[i].value, NULL);
	if (status == SQLITE_OK)
		status = sqlite3_exec(
			handle,
			"PRAGMA cell_size_check = ON;"
			"PRAGMA synchronous = FULL;"
			"PRAGMA temp_store = MEMORY;"
			"PRAGMA journal_size_limit = " WAL_KEPT_BYTES,
			NULL, NULL, NULL);
	if (status == SQLITE_OK)
		sqlite_watch_log(sqlite);
	return status;
}

/* --- What database.h asks for ------------------------------------------------ */

static void close_sqlite(struct database *database)
{
	struct sqlite *sqlite = sqlite_of(database);

	if (database->has_failed)
		sqlite3_db_config(sqlite->handle,
				  SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	sqlite3_close(sqlite->handle);
	free(sqlite);
}

static enum event_result run(struct database *database, const char *sql,
			     struct error *err)
{
	struct sqlite *sqlite = sqlite_of(database);
	int status = sqlite3_exec(sqlite->handle, sql, NULL, NULL, NULL);

	return status == SQLITE_OK ? EVENT_DONE
				   : sqlite_fail(sqlite, status, err);
}

static long long changes(const struct database *database)
{
	const struct sqlite *sqlite = (const void *)database;

	return sqlite3_changes64(sqlite->handle);
}

static bool is_in_transaction(const struct database *database)
{
	const struct sqlite *sqlite = (const void *)database;

	return sqlite3_get_autocommit(sqlite->handle) == 0;
}

static bool is_moved(const struct database *database)
{
	const struct sqlite *sqlite = (const void *)database;
	int has_moved = 0;

	return sqlite3_file_control(sqlite->handle, "main",
				    SQLITE_FCNTL_HAS_MOVED,
				    &has_moved) != SQLITE_OK ||
	       has_moved != 0;
}

/* Whoever held it was waited for; a disk does not get better by asking again. */
static bool may_retry(const struct database *database)
{
	(void)database;
	return false;
}

static const struct database_engine engine = {
	.sql = &sqlite_sql,
	.statement_bytes = sizeof(struct sqlite_statement),
	.close = close_sqlite,
	.run = run,
	.changes = changes,
	.is_in_transaction = is_in_transaction,
	.is_moved = is_moved,
	.may_retry = may_retry,
	.restart = sqlite_restart,
	.prepare = sqlite_prepare,
	.bind_number = sqlite_bind_number,
	.bind_text = sqlite_bind_text,
	.bind_bytes = sqlite_bind_bytes,
	.step = sqlite_step,
	.number = sqlite_number,
	.text = sqlite_text,
	.bytes = sqlite_bytes,
	.is_null = sqlite_is_null,
	.reset = sqlite_reset,
	.drop = sqlite_drop,
};

/* --- Opening ---------------------------------------------------------------- */

enum event_result sqlite_open(const char *path, enum database_mode mode,
			      int busy_ms, struct database **database,
			      struct error *err)
{
	struct sqlite *opened =
		(void *)database_make(&engine, sizeof(struct sqlite), path);
	int flags = mode == DATABASE_WRITE ? SQLITE_OPEN_READWRITE
					   : SQLITE_OPEN_READONLY;
	enum event_result result = EVENT_DONE;
	int status;

	if (opened == NULL) {
		error_no_memory(err);
		return EVENT_BROKEN;
	}
	opened->busy_ms = busy_ms;
	status = sqlite3_open_v2(path, &opened->handle,
				 flags | SQLITE_OPEN_NOMUTEX, NULL);
	if (status == SQLITE_OK)
		status = set_up(opened);
	if (status != SQLITE_OK) {
		result = sqlite_fail(opened, status, err);
	} else if (mode == DATABASE_WRITE &&
		   sqlite3_db_readonly(opened->handle, "main") == 1) {
		error_set(err, EX_CANTCREAT, "%s cannot be written", path);
		result = EVENT_READ_ONLY;
	}
	if (result == EVENT_DONE)
		*database = &opened->database;
	else
		database_close(&opened->database);
	return result;
}

/* Two that change the mode at once would wait for each other: SQLite then says
 * BUSY to one of them without asking wait_for_lock. */
static enum event_result switch_to_wal(struct database *database,
				       struct error *err)
{
	static const struct timespec pause = {0, BUSY_PAUSE_NS};
	long long until_ms =
		clock_monotonic_ms() + sqlite_of(database)->busy_ms;
	struct statement *statement;
	enum event_result result;
	bool is_wal = false;
	const char *mode;

	for (;;) {
		statement = database_statement(database,
					       "PRAGMA journal_mode = WAL");
		/* To its end: only then is it on disk, or has failed. */
		while (statement_step(statement)) {
			mode = statement_text(statement, 0);
			is_wal = mode != NULL && strcmp(mode, "wal") == 0;
		}
		result = statement_end(statement, err);
		if (result != EVENT_BUSY || clock_monotonic_ms() >= until_ms)
			break;
		nanosleep(&pause, NULL);
	}
	if (result != EVENT_DONE || is_wal)
		return result;
	error_set(err, EX_CANTCREAT,
		  "%s: no write-ahead log can be kept in this file system",
		  database->path);
	return EVENT_BROKEN;
}

enum event_result sqlite_own(struct database *database, struct error *err)
{
	sqlite3 *handle = sqlite_of(database)->handle;
	enum event_result result = switch_to_wal(database, err);
	int stays = 1, status;

	if (result != EVENT_DONE)
		return result;
	/* The log's files stay when the last one closes: without them nobody
	 * could read where nothing can be created. */
	status = sqlite3_file_control(handle, "main", SQLITE_FCNTL_PERSIST_WAL,
				      &stays);
	if (status == SQLITE_OK)
		status = sqlite3_db_config(
			handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
	return status == SQLITE_OK
		       ? EVENT_DONE
		       : sqlite_fail(sqlite_of(database), status, err);
}

long long sqlite_steps(const struct database *database)
{
	const struct statement *statement;
	long long steps = 0;

	for (statement = database->statements; statement != NULL;
	     statement = statement->next) {
		const struct sqlite_statement *mine = (const void *)statement;

		if (mine->prepared != NULL)
			steps += sqlite3_stmt_status(
				mine->prepared, SQLITE_STMTSTATUS_VM_STEP, 0);
	}
	return steps;
}
