/* event_schema: whose file it is, and its tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>

#include "base_fixture.h"

#include "events/event_schema.h"
#include "events/sqlite.h"

#define FILE_NAME "test.db"

static void check(enum event_result result, const struct error *err)
{
	if (result != EVENT_DONE)
		fail_msg("%d: %s", result, err->message);
}

static struct database *open_file(void)
{
	struct database *database = NULL;
	struct error err = {0};

	check(sqlite_open(FILE_NAME, DATABASE_WRITE, 5000, &database, &err),
	      &err);
	return database;
}

static long long ask(struct database *database, const char *sql)
{
	struct error err = {0};
	long long number = -1;

	check(database_number(database, sql, &number, &err), &err);
	return number;
}

static struct database *make_tables(void)
{
	struct database *database;
	struct error err = {0};

	put_file(FILE_NAME, "");
	database = open_file();
	check(sqlite_own(database, &err), &err);
	check(event_schema_migrate(database, &err), &err);
	return database;
}

static void an_empty_file_becomes_an_event_log_of_this_version(void **state)
{
	struct database *database;
	struct error err = {0};
	long long version = -1;

	(void)state;
	put_file(FILE_NAME, "");
	database = open_file();
	check(event_schema_check(database, &version, &err), &err);
	assert_int_equal(version, 0);
	assert_int_equal(event_schema_check_current(database, &err),
			 EVENT_BROKEN);
	assert_int_equal(err.code, EX_DATAERR);
	database_close(database);
	database = make_tables();
	check(event_schema_check(database, &version, &err), &err);
	assert_int_equal(version, EVENT_SCHEMA_VERSION);
	check(event_schema_check_current(database, &err), &err);
	check(event_schema_check_integrity(database, &err), &err);
	check(event_schema_migrate(database, &err), &err);
	assert_int_equal(ask(database, "SELECT count(*) FROM event"), 0);
	database_close(database);
}

static const struct {
	const char *sql; /* what the file was made by */
	const char *reason;
} strangers[] = {
	{"CREATE TABLE t (n)", "another program's"},
	{"PRAGMA application_id = 7", "another program's"},
	{"PRAGMA user_version = 1", "another program's"},
	{"PRAGMA user_version = 7; CREATE TABLE event (n)",
	 "another program's"},
	{"PRAGMA application_id = 1296126545; PRAGMA user_version = 2",
	 "of a newer Marquee: its tables are of version 2, this one knows up "
	 "to 1"},
	{"PRAGMA application_id = 1296126545; PRAGMA user_version = -1",
	 "of a newer Marquee"},
};

static void a_file_of_another_program_or_version_is_refused(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(strangers); i++) {
		struct database *database;
		struct error err = {0};
		long long version = 77;

		put_file(FILE_NAME, "");
		database = open_file();
		check(database_run(database, strangers[i].sql, &err), &err);
		assert_int_equal(event_schema_check(database, &version, &err),
				 EVENT_BROKEN);
		assert_int_equal(version, 77);
		assert_int_equal(err.code, EX_DATAERR);
		assert_holds(err.message, FILE_NAME " is ");
		assert_holds(err.message, strangers[i].reason);
		assert_false(database_is_in_transaction(database));
		database_close(database);
	}
}

static void a_page_that_was_overwritten_is_found(void **state)
{
	static const char noise[] = "overwritten by something else";
	struct database *database = make_tables();
	struct error err = {0};
	int fd, page;

	(void)state;
	check(database_run(database,
			   "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL"
			   " SELECT x + 1 FROM c WHERE x < 500)"
			   " INSERT INTO event (id, user_id, description,"
			   " status, created_ms, updated_ms)"
			   " SELECT x, 'u', printf('%300d', x), 0, 1, 1 FROM c",
			   &err),
	      &err);
	database_close(database);
	fd = open(FILE_NAME, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	for (page = 20; page < 24; page++)
		assert_int_equal(pwrite(fd, noise, sizeof(noise), page * 4096),
				 sizeof(noise));
	close(fd);
	database = open_file();
	assert_int_equal(event_schema_check_integrity(database, &err),
			 EVENT_BROKEN);
	assert_int_equal(err.code, EX_DATAERR);
	assert_holds(err.message, FILE_NAME);
	database_close(database);
}

static void the_tally_follows_whatever_is_written(void **state)
{
	static const char *const steps[] = {
		"INSERT INTO event (id, user_id, description, status,"
		" created_ms, updated_ms) VALUES ('a', 'u', 'd', 0, 1, 1),"
		" ('b', 'u', 'd', 0, 1, 1), ('c', 'u', 'd', 1, 1, 1)",
		"INSERT INTO outbox (number) SELECT number FROM event",
		"UPDATE event SET status = 2 WHERE id = 'a'",
		"UPDATE event SET status = 2 WHERE id = 'a'",
		"UPDATE event SET status = 0, version = 2",
		"DELETE FROM outbox WHERE number = 1",
		("INSERT INTO outbox (number) VALUES (2)"
		 " ON CONFLICT (number) DO UPDATE SET due_ms = 3"),
		"DELETE FROM outbox",
		"DELETE FROM event WHERE id <> 'b'",
	};
	struct database *database = make_tables();
	struct error err = {0};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(steps); i++) {
		check(database_run(database, steps[i], &err), &err);
		if (ask(database,
			"SELECT count(*) FROM tally WHERE count <>"
			" CASE WHEN status >= 0 THEN (SELECT count(*) FROM"
			"  event WHERE event.status = tally.status)"
			" ELSE (SELECT count(*) FROM outbox) END") != 0)
			fail_msg("after %s", steps[i]);
	}
	assert_int_equal(ask(database, "SELECT sum(count) FROM tally"), 1);
	database_close(database);
}

static void what_no_event_can_be_does_not_get_in(void **state)
{
	static const char *const wrong[] = {
		"(1, 'a', 'u', 'd', 3, 1, 1)",
		"(1, 'a', 'u', 'd', -1, 1, 1)",
		"(1, 'a', 'u', 'd', 0, 2, 1)",
		"(1, NULL, 'u', 'd', 0, 1, 1)",
		"(1, 'a', 'u', NULL, 0, 1, 1)",
		"(1, 'a', 'u', 'd', 'x', 1, 1)",
		"(1, 'taken', 'u', 'd', 0, 1, 1)",
	};
	struct database *database = make_tables();
	struct error err = {0};
	size_t i;

	(void)state;
	check(database_run(database,
			   "INSERT INTO event (id, user_id, description,"
			   " status, created_ms, updated_ms)"
			   " VALUES ('taken', 'u', 'd', 0, 1, 1)",
			   &err),
	      &err);
	for (i = 0; i < COUNT(wrong); i++) {
		struct buffer sql = BUFFER_EMPTY;

		buffer_format(&sql,
			      "INSERT INTO event (attempts, id, user_id,"
			      " description, status, created_ms, updated_ms)"
			      " VALUES %s",
			      wrong[i]);
		if (database_run(database, sql.data, &err) != EVENT_BROKEN)
			fail_msg("%s is let in", wrong[i]);
		buffer_free(&sql);
	}
	assert_int_equal(database_run(database,
				      "INSERT INTO outbox (number) VALUES (9)",
				      &err),
			 EVENT_BROKEN);
	assert_holds(err.message, "FOREIGN KEY");
	database_close(database);
}

/* Returns NULL where it went well. */
static void *open_as_one_of_many(void *context)
{
	struct error *err = context;
	struct database *database = NULL;
	enum event_result result;

	result =
		sqlite_open(FILE_NAME, DATABASE_WRITE, 20000, &database, err);
	if (result == EVENT_DONE)
		result = sqlite_own(database, err);
	if (result == EVENT_DONE)
		result = event_schema_migrate(database, err);
	if (result == EVENT_DONE)
		result = event_schema_check_current(database, err);
	database_close(database);
	return result == EVENT_DONE ? NULL : err;
}

static void many_that_make_the_tables_at_once_make_them_once(void **state)
{
	struct error errs[8] = {0};
	pthread_t threads[8];
	int round, i;

	(void)state;
	for (round = 0; round < 40; round++) {
		unlink(FILE_NAME "-wal");
		unlink(FILE_NAME "-shm");
		put_file(FILE_NAME, "");
		for (i = 0; i < 8; i++)
			assert_int_equal(pthread_create(&threads[i], NULL,
							open_as_one_of_many,
							&errs[i]),
					 0);
		for (i = 0; i < 8; i++) {
			void *failure;

			pthread_join(threads[i], &failure);
			if (failure != NULL)
				fail_msg("%s", errs[i].message);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define IN_DIRECTORY(test)                                                     \
	cmocka_unit_test_setup_teardown(test, enter_directory, leave_directory)
		IN_DIRECTORY(
			an_empty_file_becomes_an_event_log_of_this_version),
		IN_DIRECTORY(a_file_of_another_program_or_version_is_refused),
		IN_DIRECTORY(a_page_that_was_overwritten_is_found),
		IN_DIRECTORY(the_tally_follows_whatever_is_written),
		IN_DIRECTORY(what_no_event_can_be_does_not_get_in),
		IN_DIRECTORY(many_that_make_the_tables_at_once_make_them_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
