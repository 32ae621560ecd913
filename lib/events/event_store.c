#include "events/event_store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/files.h"
#include "events/event_row.h"
#include "events/event_schema.h"
#include "events/event_store_parts.h"

/* --- Opening --------------------------------------------------------------- */

/* What people have said is for the service and its group only. */
int event_store_make(const char *directory, struct error *err)
{
	bool is_new = access(directory, F_OK) != 0;
	int dir = files_make_dirs(directory, err);
	int file, status = 0;

	if (dir < 0)
		return -1;
	if (is_new && fchmod(dir, 0750) != 0)
		status = error_set(err, EX_CANTCREAT, "cannot chmod %s: %s",
				   directory, strerror(errno));
	file = openat(dir, EVENT_STORE_FILE,
		      O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	if (file >= 0) {
		close(file);
		if (status == 0)
			status = files_sync(dir, directory, err);
	} else if (errno != EEXIST) {
		status =
			error_set(err, EX_CANTCREAT, "cannot create %s/%s: %s",
				  directory, EVENT_STORE_FILE, strerror(errno));
	}
	close(dir);
	return status;
}

/* SQLite takes what begins with "file:" for a URI; and the working directory may
 * change. The caller frees it. */
static char *make_path(const char *directory, struct error *err)
{
	char *absolute = realpath(directory, NULL);
	struct buffer path = BUFFER_EMPTY;

	if (absolute == NULL) {
		error_set(err, EX_CANTCREAT, "cannot open %s: %s", directory,
			  strerror(errno));
		return NULL;
	}
	buffer_format(&path, "%s/%s", absolute, EVENT_STORE_FILE);
	free(absolute);
	if (buffer_check(&path, err) == 0)
		return path.data;
	buffer_free(&path);
	return NULL;
}

/* Nothing is written before all that was asked for was checked. */
static enum event_result prepare(struct database *database,
				 bool checks_integrity, bool can_write,
				 struct error *err)
{
	enum event_result result;
	long long version = 0;

	result = event_schema_check(database, &version, err);
	if (result == EVENT_DONE && checks_integrity && version > 0)
		result = event_schema_check_integrity(database, err);
	if (result == EVENT_DONE && !can_write)
		return event_schema_check_current(database, err);
	if (result == EVENT_DONE)
		result = database_own(database, err);
	if (result == EVENT_DONE && version < EVENT_SCHEMA_VERSION)
		result = event_schema_migrate(database, err);
	return result;
}

/* Sets `database` to NULL where it can only be read. */
static enum event_result open_database(const char *path, int busy_ms,
				       bool checks_integrity,
				       struct database **database,
				       struct error *err)
{
	struct database *opened = NULL;
	enum event_result result;
	bool can_write;

	result = database_open(path, DATABASE_WRITE, busy_ms, &opened, err);
	can_write = result != EVENT_READ_ONLY;
	if (!can_write)
		result = database_open(path, DATABASE_READ, busy_ms, &opened,
				       err);
	if (result == EVENT_DONE)
		result = prepare(opened, checks_integrity, can_write, err);
	if (result != EVENT_DONE || !can_write) {
		database_close(opened);
		opened = NULL;
	}
	if (result == EVENT_DONE)
		*database = opened;
	return result;
}

/* SQLite does not look whether the directory's fsync has failed after the log was
 * made in it. */
static int sync_directory(const char *directory, struct error *err)
{
	int dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int status;

	if (dir < 0)
		return error_set(err, EX_CANTCREAT, "cannot open %s: %s",
				 directory, strerror(errno));
	status = files_sync(dir, directory, err);
	close(dir);
	return status;
}

static int open_parts(struct event_store *store,
		      const struct event_store_options *options,
		      struct error *err)
{
	struct database *database = NULL;

	if (open_database(store->path, store->busy_ms,
			  options->checks_integrity, &database,
			  err) != EVENT_DONE) {
		if (err != NULL && err->code != EX_DATAERR &&
		    err->code != EX_TEMPFAIL && err->code != EX_OSERR)
			err->code = EX_CANTCREAT;
		return -1;
	}
	if (database == NULL || sync_directory(options->directory, err) == 0)
		store->commits = event_commits_open(store->path, store->busy_ms,
						    database, err);
	if (store->commits == NULL) {
		database_close(database);
		return -1;
	}
	store->readers = event_readers_open(store->path, options->readers,
					    store->busy_ms, err);
	return store->readers != NULL ? 0 : -1;
}

struct event_store *event_store_open(const struct event_store_options *options,
				     struct error *err)
{
	struct event_store *store;

	if (event_store_make(options->directory, err) != 0)
		return NULL;
	store = calloc(1, sizeof(*store));
	if (store == NULL) {
		error_no_memory(err);
		return NULL;
	}
	store->now_ms =
		options->now_ms != NULL ? options->now_ms : clock_wall_ms;
	store->busy_ms =
		options->busy_ms > 0 ? options->busy_ms : EVENT_STORE_BUSY_MS;
	store->path = make_path(options->directory, err);
	if (store->path != NULL && open_parts(store, options, err) == 0)
		return store;
	event_store_close(store);
	return NULL;
}

/* The writer last: it moves the log into the file. */
void event_store_close(struct event_store *store)
{
	if (store == NULL)
		return;
	event_readers_close(store->readers);
	event_commits_close(store->commits);
	free(store->path);
	free(store);
}

long long event_store_commits(struct event_store *store)
{
	return event_commits_count(store->commits);
}

/* --- Reading --------------------------------------------------------------- */

enum event_result event_store_get(struct event_store *store, const char *id,
				  struct event *event, struct error *err)
{
	static const char find[] =
		"SELECT " EVENT_ROW_COLUMNS " FROM event WHERE id = ?1";
	struct database *database;
	struct statement *row;
	enum event_result result;

	result = event_readers_take(store->readers, &database, err);
	if (result != EVENT_DONE)
		return result;
	row = database_statement(database, find);
	statement_bind_text(row, 1, id);
	result = event_row_find(row, event, err);
	event_readers_give(store->readers, database);
	return result;
}

static const char list_all[] =
	"SELECT " EVENT_ROW_COLUMNS " FROM event WHERE number > ?1"
	" ORDER BY number LIMIT ?2";
static const char list_status[] =
	"SELECT " EVENT_ROW_COLUMNS " FROM event WHERE status = ?3"
	" AND number > ?1 ORDER BY number LIMIT ?2";

static struct statement *start_list(struct database *database,
				    const struct event_list *what)
{
	struct statement *rows = database_statement(
		database, what->has_status ? list_status : list_all);

	statement_bind_number(rows, 1, what->after);
	/* One more than is shown tells whether there is more. */
	statement_bind_number(rows, 2, (long long)what->limit + 1);
	if (what->has_status)
		statement_bind_number(rows, 3, what->status);
	return rows;
}

enum event_result event_store_list(
	struct event_store *store, const struct event_list *what,
	bool (*each)(void *context, const struct event *event), void *context,
	bool *has_more, struct error *err)
{
	struct database *database;
	struct statement *rows;
	enum event_result result;
	struct event event;
	bool is_next, wants_more = true;
	unsigned shown = 0;

	result = event_readers_take(store->readers, &database, err);
	if (result != EVENT_DONE)
		return result;
	rows = start_list(database, what);
	while ((is_next = statement_step(rows)) && wants_more &&
	       shown < what->limit) {
		event_row_read(rows, &event);
		if (statement_is_good(rows))
			wants_more = each(context, &event);
		event_free(&event);
		shown++;
	}
	result = statement_end(rows, err);
	event_readers_give(store->readers, database);
	if (result == EVENT_DONE)
		*has_more = is_next;
	return result;
}

static void read_counts(struct statement *row, struct event_counts *counts)
{
	int status;

	for (status = 0; status < EVENT_STATUSES; status++)
		counts->by_status[status] = statement_number(row, status);
	counts->unsent = statement_number(row, EVENT_STATUSES);
	counts->oldest_ms = statement_number(row, EVENT_STATUSES + 1);
}

enum event_result event_store_count(struct event_store *store,
				    struct event_counts *counts,
				    struct error *err)
{
	/* One statement sees one state. */
	static const char count[] =
		"SELECT (SELECT count FROM tally WHERE status = 0),"
		" (SELECT count FROM tally WHERE status = 1),"
		" (SELECT count FROM tally WHERE status = 2),"
		" (SELECT count FROM tally WHERE status = -1),"
		" (SELECT created_ms FROM event WHERE status = 0"
		"  ORDER BY number LIMIT 1)";
	struct event_counts found = {0};
	struct database *database;
	struct statement *row;
	enum event_result result;

	result = event_readers_take(store->readers, &database, err);
	if (result != EVENT_DONE)
		return result;
	row = database_statement(database, count);
	while (statement_step(row))
		read_counts(row, &found);
	result = statement_end(row, err);
	event_readers_give(store->readers, database);
	if (result == EVENT_DONE)
		*counts = found;
	return result;
}
