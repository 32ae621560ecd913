/* sqlite_database: what SQLite reports, and what is made of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dlfcn.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

#include "base_fixture.h"
#include "event_faults.h"

#include "events/sqlite.h"

#define FILE_NAME "test.db"

/* Set: SQLite has no memory to hand out a text, or bytes. */
static bool text_fails, bytes_fail;

struct sqlite3_stmt;
const unsigned char *sqlite3_column_text(struct sqlite3_stmt *row, int column);

const unsigned char *sqlite3_column_text(struct sqlite3_stmt *row, int column)
{
	const unsigned char *(*real)(struct sqlite3_stmt *, int) = NULL;

	*(void **)&real = dlsym(RTLD_NEXT, "sqlite3_column_text");
	return text_fails ? NULL : real(row, column);
}

const void *sqlite3_column_blob(struct sqlite3_stmt *row, int column);

const void *sqlite3_column_blob(struct sqlite3_stmt *row, int column)
{
	const void *(*real)(struct sqlite3_stmt *, int) = NULL;

	*(void **)&real = dlsym(RTLD_NEXT, "sqlite3_column_blob");
	return bytes_fail ? NULL : real(row, column);
}

static void check(enum event_result result, const struct error *err)
{
	if (result != EVENT_DONE)
		fail_msg("%d: %s", result, err->message);
}

static struct database *open_file(enum database_mode mode)
{
	struct database *database = NULL;
	struct error err = {0};

	check(sqlite_open(FILE_NAME, mode, 20, &database, &err), &err);
	return database;
}

static void run(struct database *database, const char *sql)
{
	struct error err = {0};

	check(database_run(database, sql, &err), &err);
}

/* A database with a table t that holds the number 1. */
static struct database *make_file(void)
{
	struct database *database;
	struct error err = {0};

	put_file(FILE_NAME, "");
	database = open_file(DATABASE_WRITE);
	check(sqlite_own(database, &err), &err);
	run(database, "CREATE TABLE t (n INTEGER UNIQUE, x);"
		      "INSERT INTO t VALUES (1, NULL)");
	return database;
}

static long long count_rows(struct database *database)
{
	struct error err = {0};
	long long number = -1;

	check(database_number(database, "SELECT count(*) FROM t", &number,
			      &err),
	      &err);
	return number;
}

static void what_is_bound_is_found_again(void **state)
{
	struct database *database = make_file();
	struct statement *statement;
	struct error err = {0};
	size_t length = 0;
	char *copy;

	(void)state;
	statement = database_statement(database, "SELECT ?1, ?2, ?3, ?4");
	statement_bind_number(statement, 1, INT64_MIN);
	statement_bind_text(statement, 2, "caf\xc3\xa9");
	statement_bind_bytes(statement, 3, "a\0b", 3);
	statement_bind_text(statement, 4, NULL);
	assert_true(statement_step(statement));
	assert_true(statement_number(statement, 0) == INT64_MIN);
	assert_string_equal(statement_text(statement, 1), "caf\xc3\xa9");
	copy = statement_copy(statement, 1);
	assert_string_equal(copy, "caf\xc3\xa9");
	free(copy);
	assert_memory_equal(statement_bytes(statement, 2, &length), "a\0b", 3);
	assert_int_equal(length, 3);
	assert_true(statement_is_null(statement, 3));
	assert_null(statement_text(statement, 3));
	assert_null(statement_copy(statement, 3));
	assert_false(statement_step(statement));
	check(statement_end(statement, &err), &err);
	database_close(database);
}

static void a_statement_forgets_what_was_bound_and_how_it_failed(void **state)
{
	static const char insert[] = "INSERT INTO t VALUES (?1, ?2)";
	struct database *database = make_file();
	struct statement *statement, *first;
	struct error err = {0};
	long long unbound = 0;

	(void)state;
	first = database_statement(database, insert);
	statement_bind_number(first, 1, 1);
	statement_bind_text(first, 2, "x");
	assert_int_equal(statement_run(first, &err), EVENT_BROKEN);
	assert_holds(err.message, "UNIQUE");
	statement = database_statement(database, insert);
	assert_ptr_equal(statement, first);
	check(statement_run(statement, &err), &err);
	assert_int_equal(count_rows(database), 2);
	check(database_number(database,
			      "SELECT count(*) FROM t"
			      " WHERE n IS NULL AND x IS NULL",
			      &unbound, &err),
	      &err);
	assert_int_equal(unbound, 1);
	database_close(database);
}

static void the_first_failure_of_a_statement_is_the_one_told(void **state)
{
	struct database *database = make_file();
	struct statement *statement;
	struct error err = {0};

	(void)state;
	statement = database_statement(database, "SELECT n FROM missing");
	statement_bind_number(statement, 1, 1);
	assert_false(statement_step(statement));
	statement_refuse(statement, "another reason");
	assert_false(statement_is_good(statement));
	assert_int_equal(statement_end(statement, &err), EVENT_BROKEN);
	assert_holds(err.message, "no such table: missing");
	assert_holds(err.message, FILE_NAME);
	database_close(database);
}

static void a_refused_row_is_damage(void **state)
{
	struct database *database = make_file();
	struct statement *statement;
	struct error err = {0};

	(void)state;
	statement = database_statement(database, "SELECT n FROM t");
	assert_true(statement_step(statement));
	statement_refuse(statement, "no number");
	assert_false(statement_step(statement));
	assert_int_equal(statement_end(statement, &err), EVENT_BROKEN);
	assert_int_equal(err.code, EX_DATAERR);
	assert_holds(err.message, FILE_NAME " is damaged: no number");
	database_close(database);
}

static void a_missing_file_is_not_made(void **state)
{
	struct database *database = NULL;
	struct error err = {0};

	(void)state;
	assert_int_equal(sqlite_open("missing.db", DATABASE_WRITE, 20,
				     &database, &err),
			 EVENT_READ_ONLY);
	assert_holds(err.message, "missing.db");
	assert_int_equal(err.code, EX_CANTCREAT);
	assert_int_equal(access("missing.db", F_OK), -1);
}

static void what_is_no_database_is_left_as_it_is(void **state)
{
	struct buffer before = BUFFER_EMPTY;
	struct database *database = NULL;
	struct error err = {0};
	enum event_result result;
	long long number;

	(void)state;
	put_file(FILE_NAME, "Dear diary, this is a text of some length, longer "
			    "than the header of any database could ever be.");
	result = sqlite_open(FILE_NAME, DATABASE_WRITE, 20, &database, &err);
	if (result == EVENT_DONE)
		result = database_number(database, "PRAGMA user_version",
					 &number, &err);
	assert_int_equal(result, EVENT_BROKEN);
	assert_int_equal(err.code, EX_DATAERR);
	assert_holds(err.message, FILE_NAME);
	database_close(database);
	assert_int_equal(files_read(AT_FDCWD, FILE_NAME, 1000, &before, NULL),
			 0);
	assert_int_equal(strncmp(before.data, "Dear diary", 10), 0);
	buffer_free(&before);
}

static void closing_moves_the_log_only_into_a_file_of_ours(void **state)
{
	struct database *database = make_file();
	struct stat before, after;
	struct error err = {0};

	(void)state;
	assert_int_equal(stat(FILE_NAME, &before), 0);
	/* Two that close: the last is one that did not own the file. */
	{
		struct database *other = open_file(DATABASE_WRITE);

		assert_int_equal(count_rows(other), 1);
		database_close(database);
		database_close(other);
	}
	assert_int_equal(stat(FILE_NAME, &after), 0);
	assert_int_equal(after.st_size, before.st_size);
	database = open_file(DATABASE_WRITE);
	check(sqlite_own(database, &err), &err);
	database_close(database);
	assert_int_equal(stat(FILE_NAME, &after), 0);
	assert_true(after.st_size > before.st_size);
	assert_int_equal(access(FILE_NAME "-wal", F_OK), 0);
}

static void a_commit_is_synced_before_it_returns(void **state)
{
	struct database *database = make_file();
	int before = faults.syncs, i;

	(void)state;
	for (i = 2; i < 12; i++) {
		char sql[64];

		snprintf(sql, sizeof(sql), "INSERT INTO t VALUES (%d, 0)", i);
		run(database, sql);
		assert_true(faults.syncs >= before + i - 1);
	}
	database_close(database);
}

static const struct {
	int write_errno;
	bool only_growth;
	int sync_errno;
	enum event_result result;
	int code;
	bool has_failed;
} disks[] = {
	{ENOSPC, true, 0, EVENT_DISK_FULL, EX_CANTCREAT, false},
	{ENOSPC, false, 0, EVENT_DISK_FULL, EX_CANTCREAT, false},
	{EDQUOT, true, 0, EVENT_DISK_FULL, EX_CANTCREAT, true},
	{EFBIG, true, 0, EVENT_DISK_FULL, EX_CANTCREAT, true},
	{EROFS, false, 0, EVENT_READ_ONLY, EX_CANTCREAT, true},
	{EIO, false, 0, EVENT_BROKEN, EX_IOERR, true},
	{0, false, EIO, EVENT_BROKEN, EX_IOERR, true},
};

static void a_disk_that_fails_is_told_by_its_reason(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(disks); i++) {
		struct database *database = make_file();
		struct error err = {0};
		enum event_result result;

		assert_false(database_has_failed(database));
		faults.only_growth = disks[i].only_growth;
		faults.write_errno = disks[i].write_errno;
		faults.sync_errno = disks[i].sync_errno;
		result = database_run(
			database, "INSERT INTO t VALUES (2, zeroblob(100000))",
			&err);
		faults.write_errno = 0;
		faults.sync_errno = 0;
		if (result != disks[i].result || err.code != disks[i].code ||
		    database_has_failed(database) != disks[i].has_failed)
			fail_msg("case %zu: %d, %s", i, result, err.message);
		assert_int_equal(count_rows(database), 1);
		database_close(database);
		assert_int_equal(unlink(FILE_NAME), 0);
		unlink(FILE_NAME "-wal");
		unlink(FILE_NAME "-shm");
	}
}

static void a_held_database_is_waited_for_and_then_busy(void **state)
{
	struct database *holder = make_file(), *other;
	struct error err = {0};

	(void)state;
	other = open_file(DATABASE_WRITE);
	run(holder, "BEGIN IMMEDIATE");
	assert_int_equal(database_run(other, "BEGIN IMMEDIATE", &err),
			 EVENT_BUSY);
	assert_int_equal(err.code, EX_TEMPFAIL);
	assert_false(database_has_failed(other));
	assert_int_equal(count_rows(other), 1);
	run(holder, "COMMIT");
	run(other, "BEGIN IMMEDIATE");
	assert_true(database_is_in_transaction(other));
	run(other, "ROLLBACK");
	assert_false(database_is_in_transaction(other));
	database_close(other);
	database_close(holder);
}

static void regress_no_memory_for_the_journal_mode_crashed(void **state)
{
	struct database *database;
	struct error err = {0};
	enum event_result result;

	(void)state;
	put_file(FILE_NAME, "");
	database = open_file(DATABASE_WRITE);
	text_fails = true;
	result = sqlite_own(database, &err);
	text_fails = false;
	assert_int_equal(result, EVENT_BROKEN);
	assert_non_null(strstr(err.message, "memory"));
	database_close(database);
}

static void regress_bytes_without_memory_had_a_length(void **state)
{
	struct database *database = make_file();
	struct statement *row =
		database_statement(database, "SELECT x'0102' FROM t");
	struct error err = {0};
	size_t length = 0;

	(void)state;
	assert_true(statement_step(row));
	bytes_fail = true;
	assert_null(statement_bytes(row, 0, &length));
	bytes_fail = false;
	assert_int_equal(length, 0);
	assert_int_equal(statement_end(row, &err), EVENT_BROKEN);
	assert_non_null(strstr(err.message, "memory"));
	database_close(database);
}

static void a_reader_does_not_write(void **state)
{
	struct database *database = make_file(), *reader;
	struct error err = {0};

	(void)state;
	reader = open_file(DATABASE_READ);
	assert_int_equal(database_run(reader, "DELETE FROM t", &err),
			 EVENT_READ_ONLY);
	assert_int_equal(count_rows(reader), 1);
	database_close(reader);
	database_close(database);
}

static void a_file_that_was_moved_or_removed_is_noticed(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct database *database = make_file();

		assert_false(database_is_moved(database));
		assert_int_equal(i == 0 ? unlink(FILE_NAME)
					: rename(FILE_NAME, "elsewhere"),
				 0);
		assert_true(database_is_moved(database));
		put_file(FILE_NAME, "");
		assert_true(database_is_moved(database));
		database_close(database);
		unlink(FILE_NAME "-wal");
		unlink(FILE_NAME "-shm");
	}
}

static void a_restart_empties_the_log_but_not_what_is_in_it(void **state)
{
	struct database *database = make_file(), *reader;
	struct stat log;
	struct error err = {0};

	(void)state;
	reader = open_file(DATABASE_READ);
	run(reader, "BEGIN");
	assert_int_equal(count_rows(reader), 1);
	run(database, "INSERT INTO t VALUES (2, 0)");
	/* Somebody reads what is in it. */
	check(database_restart(database, &err), &err);
	assert_int_equal(stat(FILE_NAME "-wal", &log), 0);
	assert_true(log.st_size > 0);
	assert_int_equal(count_rows(reader), 1);
	run(reader, "COMMIT");
	check(database_restart(database, &err), &err);
	assert_int_equal(stat(FILE_NAME "-wal", &log), 0);
	assert_int_equal(log.st_size, 0);
	assert_int_equal(count_rows(reader), 2);
	database_close(reader);
	database_close(database);
}

/* Two readers of which one always reads, for longer than a commit takes: each
 * ends when the other has begun. */
struct relay_race {
	sem_t turns[2];
	atomic_bool is_over;
};

struct runner {
	struct relay_race *race;
	int place;
};

static void *read_in_turns(void *context)
{
	const struct runner *runner = context;
	struct relay_race *race = runner->race;
	struct database *database = open_file(DATABASE_READ);
	struct statement *rows = NULL;

	while (!atomic_load(&race->is_over)) {
		sem_wait(&race->turns[runner->place]);
		if (rows != NULL)
			check(statement_end(rows, NULL), NULL);
		rows = database_statement(database, "SELECT n FROM t");
		if (!statement_step(rows))
			break;
		poll(NULL, 0, 30);
		sem_post(&race->turns[1 - runner->place]);
	}
	if (rows != NULL)
		statement_end(rows, NULL);
	sem_post(&race->turns[1 - runner->place]);
	database_close(database);
	return NULL;
}

static void regress_readers_in_turns_let_the_log_grow_for_ever(void **state)
{
	struct relay_race race;
	struct runner runners[2] = {{&race, 0}, {&race, 1}};
	struct database *database = make_file();
	long long longest = 0;
	struct error err = {0};
	pthread_t threads[2];
	struct stat log;
	int i;

	(void)state;
	database_close(database);
	check(sqlite_open(FILE_NAME, DATABASE_WRITE, 5000, &database, &err),
	      &err);
	sem_init(&race.turns[0], 0, 1);
	sem_init(&race.turns[1], 0, 0);
	atomic_init(&race.is_over, false);
	for (i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL,
						read_in_turns, &runners[i]),
				 0);
	for (i = 0; i < 160; i++) {
		run(database, "UPDATE t SET x = randomblob(1000000)");
		assert_int_equal(stat(FILE_NAME "-wal", &log), 0);
		if (log.st_size > longest)
			longest = log.st_size;
	}
	atomic_store(&race.is_over, true);
	for (i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	/* A machine that is busy may miss a turn or two, of 32 MB each. */
	assert_in_range(longest, 1, 128 << 20);
	sem_destroy(&race.turns[0]);
	sem_destroy(&race.turns[1]);
	database_close(database);
}

static void a_failure_is_over_with_a_restart_that_succeeds(void **state)
{
	struct database *database = make_file();
	struct error err = {0};

	(void)state;
	faults.sync_errno = EIO;
	assert_int_equal(database_run(database, "INSERT INTO t VALUES (2, 0)",
				      &err),
			 EVENT_BROKEN);
	assert_int_equal(database_restart(database, &err), EVENT_BROKEN);
	assert_true(database_has_failed(database));
	faults.sync_errno = 0;
	check(database_restart(database, &err), &err);
	assert_false(database_has_failed(database));
	assert_int_equal(count_rows(database), 1);
	database_close(database);
}

/* Without a log, what is committed may come undone by a power cut. */
static void regress_a_log_that_could_not_be_begun_was_done_without(void **state)
{
	struct database *database;
	struct error err = {0};

	(void)state;
	put_file(FILE_NAME, "");
	database = open_file(DATABASE_WRITE);
	faults.sync_errno = EIO;
	assert_int_equal(sqlite_own(database, &err), EVENT_BROKEN);
	faults.sync_errno = 0;
	check(sqlite_own(database, &err), &err);
	database_close(database);
}

static void changes_and_steps_are_counted(void **state)
{
	struct database *database = make_file();
	struct statement *statement;
	struct error err = {0};
	long long before;

	(void)state;
	statement = database_statement(database, "UPDATE t SET x = 1");
	check(statement_run(statement, &err), &err);
	assert_int_equal(database_changes(database), 1);
	before = sqlite_steps(database);
	statement =
		database_statement(database,
				   "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL "
				   "SELECT x + 1 FROM c WHERE x < 1000) "
				   "SELECT count(*) FROM c");
	check(statement_run(statement, &err), &err);
	assert_in_range(sqlite_steps(database) - before, 1000, 100000);
	database_close(database);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define IN_DIRECTORY(test)                                                     \
	cmocka_unit_test_setup_teardown(test, enter_directory, leave_directory)
		IN_DIRECTORY(what_is_bound_is_found_again),
		IN_DIRECTORY(
			a_statement_forgets_what_was_bound_and_how_it_failed),
		IN_DIRECTORY(the_first_failure_of_a_statement_is_the_one_told),
		IN_DIRECTORY(a_refused_row_is_damage),
		IN_DIRECTORY(a_missing_file_is_not_made),
		IN_DIRECTORY(what_is_no_database_is_left_as_it_is),
		IN_DIRECTORY(closing_moves_the_log_only_into_a_file_of_ours),
		IN_DIRECTORY(a_commit_is_synced_before_it_returns),
		IN_DIRECTORY(a_disk_that_fails_is_told_by_its_reason),
		IN_DIRECTORY(a_held_database_is_waited_for_and_then_busy),
		IN_DIRECTORY(regress_no_memory_for_the_journal_mode_crashed),
		IN_DIRECTORY(regress_bytes_without_memory_had_a_length),
		IN_DIRECTORY(a_reader_does_not_write),
		IN_DIRECTORY(a_file_that_was_moved_or_removed_is_noticed),
		IN_DIRECTORY(a_restart_empties_the_log_but_not_what_is_in_it),
		IN_DIRECTORY(
			regress_readers_in_turns_let_the_log_grow_for_ever),
		IN_DIRECTORY(a_failure_is_over_with_a_restart_that_succeeds),
		IN_DIRECTORY(
			regress_a_log_that_could_not_be_begun_was_done_without),
		IN_DIRECTORY(changes_and_steps_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
