#include "events/event_store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/files.h"
#include "base/log.h"
#include "events/event_retry.h"
#include "events/event_schema.h"
#include "events/event_store_parts.h"
#include "events/sqlite.h"

/* --- A file ------------------------------------------------------------------ */

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
		result = sqlite_own(database, err);
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

	result = sqlite_open(path, DATABASE_WRITE, busy_ms, &opened, err);
	can_write = result != EVENT_READ_ONLY;
	if (!can_write)
		result =
			sqlite_open(path, DATABASE_READ, busy_ms, &opened, err);
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

static int open_file(struct event_store *store,
		     const struct event_store_options *options,
		     struct error *err)
{
	struct event_place *place = &store->place;
	struct database *database = NULL;

	if (event_store_make(options->directory, err) != 0)
		return -1;
	place->path = make_path(options->directory, err);
	if (place->path == NULL)
		return -1;
	if (open_database(place->path, place->busy_ms,
			  options->checks_integrity, &database,
			  err) != EVENT_DONE) {
		if (err != NULL && err->code != EX_DATAERR &&
		    err->code != EX_TEMPFAIL && err->code != EX_OSERR)
			err->code = EX_CANTCREAT;
		return -1;
	}
	if (database == NULL || sync_directory(options->directory, err) == 0)
		store->commits = event_commits_open(place, database, err);
	if (store->commits == NULL)
		database_close(database);
	return store->commits != NULL ? 0 : -1;
}

/* --- A server ---------------------------------------------------------------- */

/* One that is away now will be there: nobody who depends on it should depend on
 * being started after it. */
static int open_server(struct event_store *store, const char *url,
		       struct error *err)
{
	struct event_place *place = &store->place;
	struct database *database = NULL;
	enum event_result result;
	struct error reason = {0};

	place->server = postgresql_open(url, place->busy_ms, err);
	if (place->server == NULL)
		return -1;
	result = postgresql_connect(place->server, &database, &reason);
	if (result == EVENT_AWAY || result == EVENT_READ_ONLY) {
		log_event(LOG_LEVEL_WARN, "the event log is away for now",
			  "error", reason.message, NULL);
	} else if (result != EVENT_DONE) {
		return error_set(err, reason.code, "%s", reason.message);
	}
	store->commits = event_commits_open(place, database, err);
	if (store->commits == NULL)
		database_close(database);
	return store->commits != NULL ? 0 : -1;
}

/* --- Either ------------------------------------------------------------------ */

struct event_store *event_store_open(const struct event_store_options *options,
				     struct error *err)
{
	struct event_store *store = calloc(1, sizeof(*store));
	int status;

	if (store == NULL) {
		error_no_memory(err);
		return NULL;
	}
	store->now_ms = options->now_ms;
	store->place.busy_ms =
		options->busy_ms > 0 ? options->busy_ms : EVENT_STORE_BUSY_MS;
	status = options->url != NULL ? open_server(store, options->url, err)
				      : open_file(store, options, err);
	if (status == 0)
		store->readers = event_readers_open(&store->place,
						    options->readers, err);
	if (store->readers != NULL)
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
	event_place_free(&store->place);
	free(store);
}

long long event_store_commits(struct event_store *store)
{
	return event_commits_count(store->commits);
}

long long event_store_now_ms(const struct event_store *store)
{
	return store->now_ms != NULL ? store->now_ms()
				     : event_place_now_ms(&store->place);
}

enum event_result event_store_change(struct event_store *store,
				     event_change *change, void *context,
				     struct error *err)
{
	struct database *database;
	enum event_result result;

	if (store->place.server == NULL)
		return event_commits_run(store->commits, change, context, err);
	result = event_readers_take(store->readers, &database, err);
	if (result != EVENT_DONE)
		return result;
	result = event_retry_run(database, store->place.busy_ms, change,
				 context, err);
	event_readers_give(store->readers, database);
	return result;
}
