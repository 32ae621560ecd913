/*
 * What a session is set up with, and the tables: those of event_schema.h, in a
 * schema of their own, with their version in a table. Several hosts may come at
 * once: they migrate in turns.
 */
#include "base/count.h"
#include "events/postgresql_parts.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/log.h"

#define VERSION 1

static const char first[] =
	"CREATE TABLE event ("
	" number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
	" id text NOT NULL UNIQUE,"
	" user_id text NOT NULL,"
	" description text NOT NULL,"
	" status smallint NOT NULL CHECK (status BETWEEN 0 AND 2),"
	" created_ms bigint NOT NULL,"
	" updated_ms bigint NOT NULL CHECK (updated_ms >= created_ms),"
	" attempts bigint NOT NULL DEFAULT 0,"
	" last_error text,"
	" version bigint NOT NULL DEFAULT 1);"
	"CREATE INDEX event_by_status ON event (status, number);"

	"CREATE TABLE outbox ("
	" number bigint PRIMARY KEY REFERENCES event (number),"
	" due_ms bigint NOT NULL DEFAULT 0,"
	" token bigint NOT NULL DEFAULT 0,"
	" attempts bigint NOT NULL DEFAULT 0);"
	"CREATE INDEX outbox_by_due ON outbox (due_ms, number);"
	"CREATE SEQUENCE claim;"

	"CREATE TABLE idempotency ("
	" key text PRIMARY KEY,"
	" digest bytea NOT NULL,"
	" number bigint NOT NULL REFERENCES event (number),"
	" created_ms bigint NOT NULL);"
	"CREATE INDEX idempotency_by_age ON idempotency (created_ms);"

	/* Everybody counts in rows of their own, which nobody else waits for. */
	"CREATE TABLE tally ("
	" status smallint,"
	" backend integer,"
	" count bigint NOT NULL,"
	" PRIMARY KEY (status, backend));"
	"INSERT INTO tally SELECT status, 0, 0"
	" FROM generate_series(-1, 2) AS status;"
	"CREATE FUNCTION count_event() RETURNS trigger LANGUAGE plpgsql AS $$"
	"BEGIN"
	" IF TG_OP <> 'INSERT' THEN"
	"  INSERT INTO marquee.tally"
	"  VALUES (old.status, pg_backend_pid(), -1)"
	"  ON CONFLICT (status, backend)"
	"  DO UPDATE SET count = tally.count - 1;"
	" END IF;"
	" IF TG_OP <> 'DELETE' THEN"
	"  INSERT INTO marquee.tally"
	"  VALUES (new.status, pg_backend_pid(), 1)"
	"  ON CONFLICT (status, backend)"
	"  DO UPDATE SET count = tally.count + 1;"
	" END IF;"
	" RETURN NULL;"
	"END $$;"
	"CREATE FUNCTION count_outbox() RETURNS trigger LANGUAGE plpgsql AS $$"
	"BEGIN"
	" INSERT INTO marquee.tally"
	" SELECT -1, pg_backend_pid(), CASE TG_OP WHEN 'INSERT' THEN 1"
	" ELSE -1 END"
	" ON CONFLICT (status, backend)"
	" DO UPDATE SET count = tally.count + excluded.count;"
	" RETURN NULL;"
	"END $$;"
	"CREATE TRIGGER event_comes AFTER INSERT OR DELETE ON event"
	" FOR EACH ROW EXECUTE FUNCTION count_event();"
	"CREATE TRIGGER event_turns AFTER UPDATE OF status ON event"
	" FOR EACH ROW WHEN (old.status <> new.status)"
	" EXECUTE FUNCTION count_event();"
	"CREATE TRIGGER outbox_moves AFTER INSERT OR DELETE ON outbox"
	" FOR EACH ROW EXECUTE FUNCTION count_outbox();";

/* Each makes the version after it out of the one before; none is ever changed
 * once it was released. */
static const char *const migrations[] = {first};

_Static_assert(COUNT(migrations) == VERSION, "a migration is missing");

/* What the server, the database or the user presets does not count. Whoever is
 * silent with our locks in hand loses them before others give up. */
static const char settings[] =
	"SET search_path = marquee;"
	"SET statement_timeout = %d;"
	"SET lock_timeout = %d;"
	"SET idle_in_transaction_session_timeout = %d;"
	"SET default_transaction_isolation = 'read committed';"
	"SET bytea_output = 'hex';"
	"SELECT set_config('synchronous_commit', CASE current_setting("
	"'synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply'"
	" ELSE 'on' END, false);"
	"SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint,"
	" current_setting('server_encoding'), current_setting('fsync'),"
	" to_regclass('marquee.version') IS NOT NULL";

enum { CLOCK, ENCODING, FSYNC, HAS_TABLES };

static enum event_result refuse(struct postgresql_database *mine,
				const char *why, struct error *err)
{
	error_set(err, EX_DATAERR, "%s: %s", mine->server->shown, why);
	return EVENT_BROKEN;
}

static void warn_once(struct postgresql *server)
{
	bool is_first;

	pthread_mutex_lock(&server->lock);
	is_first = !server->has_warned;
	server->has_warned = true;
	pthread_mutex_unlock(&server->lock);
	if (is_first)
		log_event(LOG_LEVEL_WARN,
			  "the server has fsync off: events are lost when its "
			  "host fails",
			  "database", server->shown, NULL);
}

static enum event_result set_up(struct postgresql_database *mine,
				bool *has_tables, struct error *err)
{
	int busy_ms = mine->server->busy_ms;
	struct buffer sql = BUFFER_EMPTY;
	enum event_result result = EVENT_BROKEN;
	PGresult *row = NULL;

	buffer_format(&sql, settings, busy_ms, busy_ms, busy_ms / 2);
	if (buffer_check(&sql, err) == 0)
		result = postgresql_ask(mine, sql.data, &row, err);
	buffer_free(&sql);
	if (result != EVENT_DONE)
		return result;
	postgresql_set_clock(mine->server,
			     strtoll(PQgetvalue(row, 0, CLOCK), NULL, 10));
	*has_tables = PQgetvalue(row, 0, HAS_TABLES)[0] == 't';
	if (strcmp(PQgetvalue(row, 0, ENCODING), "UTF8") != 0)
		result = refuse(mine, "the database's encoding is not UTF8",
				err);
	else if (strcmp(PQgetvalue(row, 0, FSYNC), "on") != 0)
		warn_once(mine->server);
	PQclear(row);
	return result;
}

static enum event_result read_version(struct postgresql_database *mine,
				      long long *version, struct error *err)
{
	PGresult *row = NULL;
	enum event_result result =
		postgresql_ask(mine, "SELECT version FROM version", &row, err);

	if (result != EVENT_DONE)
		return result;
	*version = PQntuples(row) == 1
			   ? strtoll(PQgetvalue(row, 0, 0), NULL, 10)
			   : -1;
	PQclear(row);
	if (*version >= 0 && *version <= VERSION)
		return EVENT_DONE;
	return refuse(mine, "its tables are those of a newer Marquee", err);
}

/* In a transaction, while nobody else is in this. */
static enum event_result bring_up(struct postgresql_database *mine,
				  struct error *err)
{
	static const char base[] =
		"CREATE SCHEMA IF NOT EXISTS marquee;"
		"CREATE TABLE IF NOT EXISTS version (version integer NOT NULL);"
		"INSERT INTO version SELECT 0"
		" WHERE NOT EXISTS (SELECT 1 FROM version)";
	long long version = 0;
	enum event_result result = postgresql_ask(mine, base, NULL, err);

	if (result == EVENT_DONE)
		result = read_version(mine, &version, err);
	for (; result == EVENT_DONE && version < VERSION; version++) {
		result = postgresql_ask(mine, migrations[version], NULL, err);
		if (result == EVENT_DONE)
			result = postgresql_ask(
				mine,
				"UPDATE version SET version = version + 1",
				NULL, err);
	}
	return result;
}

static enum event_result migrate(struct postgresql_database *mine,
				 struct error *err)
{
	enum event_result result;

	result = postgresql_ask(
		mine,
		"BEGIN; SELECT pg_advisory_xact_lock(" POSTGRESQL_TABLES ")",
		NULL, err);
	if (result == EVENT_DONE)
		result = bring_up(mine, err);
	if (result == EVENT_DONE)
		result = postgresql_ask(mine, "COMMIT", NULL, err);
	else if (mine->link != NULL)
		postgresql_ask(mine, "ROLLBACK", NULL, NULL);
	return result;
}

enum event_result postgresql_prepare(struct postgresql_database *mine,
				     struct error *err)
{
	long long version = 0;
	bool has_tables = false;
	enum event_result result = set_up(mine, &has_tables, err);

	if (result == EVENT_DONE && has_tables)
		result = read_version(mine, &version, err);
	if (result == EVENT_DONE && version < VERSION)
		result = migrate(mine, err);
	return result;
}
