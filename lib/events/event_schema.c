#include "events/event_schema.h"

#include <string.h>

#include "base/count.h"

#define TEXT_OF(number) TEXT_OF_VALUE(number)
#define TEXT_OF_VALUE(number) #number

static const char first[] =
	"CREATE TABLE event ("
	" number INTEGER PRIMARY KEY AUTOINCREMENT,"
	" id TEXT NOT NULL UNIQUE,"
	" user_id TEXT NOT NULL,"
	" description TEXT NOT NULL,"
	" status INTEGER NOT NULL CHECK (status BETWEEN 0 AND 2),"
	" created_ms INTEGER NOT NULL,"
	" updated_ms INTEGER NOT NULL CHECK (updated_ms >= created_ms),"
	" attempts INTEGER NOT NULL DEFAULT 0,"
	" last_error TEXT,"
	" version INTEGER NOT NULL DEFAULT 1"
	") STRICT;"
	/* With the number, which every index ends in. */
	"CREATE INDEX event_by_status ON event (status);"

	"CREATE TABLE outbox ("
	" number INTEGER PRIMARY KEY REFERENCES event (number),"
	" due_ms INTEGER NOT NULL DEFAULT 0,"
	" token INTEGER NOT NULL DEFAULT 0,"
	" attempts INTEGER NOT NULL DEFAULT 0"
	") STRICT;"
	"CREATE INDEX outbox_by_due ON outbox (due_ms);"

	"CREATE TABLE idempotency ("
	" key TEXT PRIMARY KEY,"
	" digest BLOB NOT NULL,"
	" number INTEGER NOT NULL REFERENCES event (number),"
	" created_ms INTEGER NOT NULL"
	") STRICT, WITHOUT ROWID;"
	"CREATE INDEX idempotency_by_age ON idempotency (created_ms);"

	"CREATE TABLE tally ("
	" status INTEGER PRIMARY KEY,"
	" count INTEGER NOT NULL DEFAULT 0"
	") STRICT;"
	"INSERT INTO tally (status) VALUES (0), (1), (2), (-1);"
	"CREATE TRIGGER event_comes AFTER INSERT ON event BEGIN"
	" UPDATE tally SET count = count + 1 WHERE status = new.status;"
	"END;"
	"CREATE TRIGGER event_turns AFTER UPDATE OF status ON event"
	" WHEN old.status <> new.status BEGIN"
	" UPDATE tally SET count = count - 1 WHERE status = old.status;"
	" UPDATE tally SET count = count + 1 WHERE status = new.status;"
	"END;"
	"CREATE TRIGGER event_goes AFTER DELETE ON event BEGIN"
	" UPDATE tally SET count = count - 1 WHERE status = old.status;"
	"END;"
	"CREATE TRIGGER outbox_comes AFTER INSERT ON outbox BEGIN"
	" UPDATE tally SET count = count + 1 WHERE status = -1;"
	"END;"
	"CREATE TRIGGER outbox_goes AFTER DELETE ON outbox BEGIN"
	" UPDATE tally SET count = count - 1 WHERE status = -1;"
	"END;"
	"PRAGMA application_id = " TEXT_OF(EVENT_SCHEMA_APPLICATION_ID) ";";

/* Each makes the version after it out of the one before; none is ever changed
 * once it was released. */
static const struct {
	const char *sql;
	const char *stamp;
} migrations[] = {
	{first, "PRAGMA user_version = 1"},
};

_Static_assert(COUNT(migrations) == EVENT_SCHEMA_VERSION,
	       "a migration is missing");

enum event_result event_schema_check(struct database *database,
				     long long *version, struct error *err)
{
	static const char count[] = "SELECT count(*) FROM sqlite_schema";
	long long application = 0, found = 0, objects = 0;
	enum event_result result;

	/* As one read, lest another process makes the tables in between. */
	result = database_run(database, "BEGIN", err);
	if (result != EVENT_DONE)
		return result;
	result = database_number(database, "PRAGMA application_id",
				 &application, err);
	if (result == EVENT_DONE)
		result = database_number(database, "PRAGMA user_version",
					 &found, err);
	if (result == EVENT_DONE)
		result = database_number(database, count, &objects, err);
	if (database_is_in_transaction(database))
		database_run(database, "ROLLBACK", NULL);
	if (result != EVENT_DONE)
		return result;
	if (application != EVENT_SCHEMA_APPLICATION_ID &&
	    (application != 0 || found != 0 || objects != 0)) {
		error_set(err, EX_DATAERR, "%s is another program's database",
			  database_path(database));
		return EVENT_BROKEN;
	}
	if (found < 0 || found > EVENT_SCHEMA_VERSION) {
		error_set(err, EX_DATAERR,
			  "%s is of a newer Marquee: its tables are of version "
			  "%lld, this one knows up to %d",
			  database_path(database), found, EVENT_SCHEMA_VERSION);
		return EVENT_BROKEN;
	}
	*version = found;
	return EVENT_DONE;
}

enum event_result event_schema_check_current(struct database *database,
					     struct error *err)
{
	long long version = 0;
	enum event_result result;

	result = event_schema_check(database, &version, err);
	if (result != EVENT_DONE || version == EVENT_SCHEMA_VERSION)
		return result;
	error_set(err, EX_DATAERR,
		  "%s has tables of version %lld, but %d is needed",
		  database_path(database), version, EVENT_SCHEMA_VERSION);
	return EVENT_BROKEN;
}

enum event_result event_schema_check_integrity(struct database *database,
					       struct error *err)
{
	struct statement *check =
		database_statement(database, "PRAGMA quick_check(1)");
	enum event_result damage = EVENT_DONE, result;
	const char *found;

	while (statement_step(check)) {
		found = statement_text(check, 0);
		if (found == NULL || strcmp(found, "ok") == 0)
			continue;
		error_set(err, EX_DATAERR, "%s is damaged: %s",
			  database_path(database), found);
		damage = EVENT_BROKEN;
	}
	result = statement_end(check, damage == EVENT_DONE ? err : NULL);
	return damage != EVENT_DONE ? damage : result;
}

/* In a transaction. */
static enum event_result bring_up(struct database *database, struct error *err)
{
	long long version = 0;
	enum event_result result;

	result =
		database_number(database, "PRAGMA user_version", &version, err);
	for (; result == EVENT_DONE && version < EVENT_SCHEMA_VERSION;
	     version++) {
		result = database_run(database, migrations[version].sql, err);
		if (result == EVENT_DONE)
			result = database_run(database,
					      migrations[version].stamp, err);
	}
	return result;
}

enum event_result event_schema_migrate(struct database *database,
				       struct error *err)
{
	enum event_result result;

	result = database_run(database, "BEGIN IMMEDIATE", err);
	if (result == EVENT_DONE)
		result = bring_up(database, err);
	if (result == EVENT_DONE)
		result = database_run(database, "COMMIT", err);
	if (database_is_in_transaction(database))
		database_run(database, "ROLLBACK", NULL);
	return result;
}
