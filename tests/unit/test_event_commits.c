/* event_commits: one transaction for many, and what a bad disk does to it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <sys/wait.h>

#include "event_faults.h"
#include "event_fixture.h"

static struct event_store *open_patient(int busy_ms)
{
	struct event_store_options options = *test_options();
	struct event_store *store;
	struct error err = {0};

	options.busy_ms = busy_ms;
	store = event_store_open(&options, &err);
	if (store == NULL)
		fail_msg("%s", err.message);
	return store;
}

static void assert_readable(struct event_store *store, long long events)
{
	struct event_counts counts;
	struct error err = {0};

	assert_result(event_store_count(store, &counts, &err), EVENT_DONE,
		      &err);
	assert_int_equal(counts.by_status[EVENT_NOT_PROCESSED], events);
}

static int enter_sound_disk(void **state)
{
	faults.write_errno = 0;
	faults.sync_errno = 0;
	return enter_state(state);
}

/* As SQLite does by itself on some failures. */
static enum event_result end_the_transaction(struct database *database,
					     void *context, struct error *err)
{
	(void)context;
	database_run(database, "ROLLBACK", NULL);
	error_set(err, EX_IOERR, "the disk is gone");
	return EVENT_BROKEN;
}

static void a_change_whose_transaction_is_over_has_failed_and_the_next_works(
	void **state)
{
	struct event_store *store = open_patient(1000);
	struct error err = {0};

	(void)state;
	assert_int_equal(event_commits_run(store->commits, end_the_transaction,
					   NULL, &err),
			 EVENT_BROKEN);
	assert_non_null(strstr(err.message, "the disk is gone"));
	assert_int_equal(event_commits_run(store->commits, end_the_transaction,
					   NULL, NULL),
			 EVENT_BROKEN);
	post_number(store);
	assert_readable(store, 1);
	event_store_close(store);
}

/* --- Many in one transaction ----------------------------------------------- */

/* One change of many that wait for the first one, which holds them up. */
struct member {
	pthread_t thread;
	struct event_commits *commits;
	const char *sql;
	enum event_result outcome, result;
	struct error err;
	atomic_int *arrived; /* members that were run */
};

static enum event_result write_row(struct database *database, void *context,
				   struct error *err)
{
	struct member *member = context;
	enum event_result result = database_run(database, member->sql, err);

	(*member->arrived)++;
	return result == EVENT_DONE ? member->outcome : result;
}

static void *join_in(void *context)
{
	struct member *member = context;

	member->result = event_commits_run(member->commits, write_row, member,
					   &member->err);
	return NULL;
}

static void what_fails_takes_no_other_with_it(void **state)
{
	static const struct {
		const char *sql;
		enum event_result outcome, result;
		bool is_kept;
	} cases[] = {
		{"INSERT INTO tally VALUES (10, 0)", EVENT_DONE, EVENT_DONE,
		 true},
		{"INSERT INTO tally VALUES (11, 0)", EVENT_MISMATCH,
		 EVENT_MISMATCH, false},
		{"INSERT INTO tally VALUES (12, 0);"
		 "INSERT INTO tally VALUES (0, 0)",
		 EVENT_DONE, EVENT_BROKEN, false},
		{"INSERT INTO tally VALUES (13, 0)", EVENT_REPEATED,
		 EVENT_REPEATED, true},
		{"nonsense", EVENT_DONE, EVENT_BROKEN, false},
		{"INSERT INTO tally VALUES (15, 0)", EVENT_KEY_TAKEN,
		 EVENT_KEY_TAKEN, false},
		{"INSERT INTO tally VALUES (16, 0)", EVENT_DONE, EVENT_DONE,
		 true},
	};
	struct event_store *store = open_patient(20000);
	struct member members[COUNT(cases)];
	struct database *holder = open_raw(DATABASE_WRITE);
	atomic_int arrived = 0;
	struct error err = {0};
	char sql[96];
	size_t i;

	(void)state;
	/* The first one waits for the lock, and the others for it. */
	assert_result(database_run(holder, "BEGIN IMMEDIATE", &err), EVENT_DONE,
		      &err);
	for (i = 0; i < COUNT(cases); i++) {
		members[i] = (struct member){
			.commits = store->commits,
			.sql = cases[i].sql,
			.outcome = cases[i].outcome,
			.arrived = &arrived,
		};
		assert_int_equal(pthread_create(&members[i].thread, NULL,
						join_in, &members[i]),
				 0);
	}
	database_close(holder);
	for (i = 0; i < COUNT(cases); i++)
		pthread_join(members[i].thread, NULL);
	assert_int_equal(arrived, COUNT(cases));
	for (i = 0; i < COUNT(cases); i++) {
		snprintf(sql, sizeof(sql),
			 "SELECT count(*) FROM tally WHERE status = %zu",
			 10 + i);
		if (members[i].result != cases[i].result ||
		    ask(sql) != cases[i].is_kept)
			fail_msg("case %zu: %d, %s", i, members[i].result,
				 members[i].err.message);
	}
	event_store_close(store);
}

/* --- A bad disk ------------------------------------------------------------ */

static void a_full_disk_is_told_and_reading_goes_on(void **state)
{
	struct event_store *store = open_store();
	struct event event = {0};
	struct error err = {0};
	struct event known;
	char text[4001];
	int i;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	known = post(store, text);
	faults.only_growth = true;
	faults.write_errno = ENOSPC;
	for (i = 0; i < 3; i++) {
		assert_result(try_post(store, text, "key", &event, &err),
			      EVENT_DISK_FULL, &err);
		assert_holds(err.message, DATABASE);
		assert_result(try_status(store, known.id, EVENT_FAILED, &err),
			      EVENT_DISK_FULL, &err);
		assert_readable(store, 1);
	}
	/* Another process starts on the full disk, and serves what is there. */
	{
		struct event_store *other = open_store();

		assert_readable(other, 1);
		assert_result(try_post(other, text, NULL, &event, &err),
			      EVENT_DISK_FULL, &err);
		event_store_close(other);
	}
	faults.write_errno = 0;
	assert_result(try_post(store, text, "key", &event, &err), EVENT_DONE,
		      &err);
	assert_int_equal(event.number, 2);
	assert_readable(store, 2);
	event_free(&event);
	event_free(&known);
	event_store_close(store);
	assert_int_equal(ask("SELECT count(*) FROM event"), 2);
}

static struct buffer read_whole(const char *name)
{
	struct buffer bytes = BUFFER_EMPTY;
	struct error err = {0};

	buffer_text(&bytes, "");
	if (files_read(AT_FDCWD, name, 64 << 20, &bytes, &err) != 0)
		fail_msg("%s", err.message);
	return bytes;
}

static void keep(const char *name, const struct buffer *bytes)
{
	struct error err = {0};

	if (files_create(AT_FDCWD, name, bytes->data, bytes->length, &err) != 0)
		fail_msg("%s", err.message);
}

static void copy(const char *from, const char *name)
{
	struct buffer bytes = read_whole(from);

	keep(name, &bytes);
	buffer_free(&bytes);
}

/* What the disk holds after a power cut: all that was synced, and zeros where
 * what a failed fsync should have written was not written again. "synced" and
 * "failed" are the log as it was before and after that. */
static void cut_power(void)
{
	struct buffer synced = read_whole("synced"), log, file;
	struct buffer failed = read_whole("failed");
	size_t from = synced.length, length = failed.length - from;
	struct error err = {0};
	int dir;

	assert_true(failed.length > synced.length);
	log = read_whole(DATABASE "-wal");
	file = read_whole(DATABASE);
	if (log.length >= failed.length &&
	    memcmp(log.data + from, failed.data + from, length) == 0)
		memset(log.data + from, 0, length);
	assert_int_equal(rename(STATE, "before"), 0);
	dir = files_make_dirs(STATE, &err);
	assert_true(dir >= 0);
	close(dir);
	keep(DATABASE, &file);
	keep(DATABASE "-wal", &log);
	buffer_free(&synced);
	buffer_free(&failed);
	buffer_free(&log);
	buffer_free(&file);
}

/* Posts one, and then one whose fsync fails. */
static void fail_one(struct event_store *store)
{
	struct event event = {0};
	struct error err = {0};

	post_number(store);
	copy(DATABASE "-wal", "synced");
	faults.sync_errno = EIO;
	assert_result(try_post(store, "x", NULL, &event, &err), EVENT_BROKEN,
		      &err);
	assert_int_equal(err.code, EX_IOERR);
	assert_holds(err.message, DATABASE);
	assert_result(try_post(store, "x", NULL, &event, &err), EVENT_BROKEN,
		      &err);
	faults.sync_errno = 0;
	copy(DATABASE "-wal", "failed");
}

static void fail_one_and_go_on(void)
{
	struct event_store *store = open_store();
	int i;

	fail_one(store);
	assert_readable(store, 1);
	for (i = 0; i < 3; i++)
		assert_int_equal(post_number(store), i + 2);
	cut_power();
	event_store_close(store);
}

/* The next process finds the log's end in memory and takes it for committed. */
static void fail_one_and_die(void)
{
	/* Not a register's alone: valgrind looks for whose it is. */
	static struct event_store *store;
	int status, i;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		store = open_store();
		fail_one(store);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	store = open_store();
	for (i = 0; i < 3; i++)
		post_number(store);
	cut_power();
	event_store_close(store);
}

static void nothing_is_built_on_what_a_failed_fsync_left(void **state)
{
	static void (*const cases[])(void) = {
		fail_one_and_go_on,
		fail_one_and_die,
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct event_store *store;

		cases[i]();
		store = open_store();
		/* The one that was not answered may be there too. */
		assert_in_range(ask("SELECT count(*) FROM event"), 4, 5);
		event_store_close(store);
		assert_int_equal(files_remove_tree(AT_FDCWD, STATE, NULL), 0);
		assert_int_equal(files_remove_tree(AT_FDCWD, "before", NULL),
				 0);
		assert_int_equal(unlink("synced"), 0);
		assert_int_equal(unlink("failed"), 0);
	}
}

static void a_disk_that_fails_at_random_loses_nothing_answered(void **state)
{
	static const int errors[] = {ENOSPC, EIO, EDQUOT, EROFS};
	struct event_store *store = open_store();
	char ids[300][EVENT_ID_BYTES];
	struct error err = {0};
	unsigned seed = 99;
	int i, known = 0;

	(void)state;
	faults.only_growth = false;
	for (i = 0; i < 300; i++) {
		struct event event = {0};
		int dice = rand_r(&seed) % 6;

		faults.write_errno = dice == 0 ? errors[i % 4] : 0;
		faults.sync_errno = dice == 1 ? errors[i % 4] : 0;
		if (try_post(store, "x", NULL, &event, &err) == EVENT_DONE)
			memcpy(ids[known++], event.id, EVENT_ID_BYTES);
		event_free(&event);
	}
	faults.write_errno = 0;
	faults.sync_errno = 0;
	assert_in_range(known, 100, 299);
	event_store_close(store);
	store = open_store();
	for (i = 0; i < known; i++) {
		struct event event = {0};

		assert_result(event_store_get(store, ids[i], &event, &err),
			      EVENT_DONE, &err);
		event_free(&event);
	}
	event_store_close(store);
}

/* --- Another process ------------------------------------------------------- */

static void a_held_database_is_busy_after_the_wait(void **state)
{
	struct event_store *store = open_patient(30);
	struct database *holder = open_raw(DATABASE_WRITE);
	struct event event = {0};
	struct error err = {0};

	(void)state;
	post_number(store);
	assert_result(database_run(holder, "BEGIN IMMEDIATE", &err), EVENT_DONE,
		      &err);
	assert_result(try_post(store, "x", NULL, &event, &err), EVENT_BUSY,
		      &err);
	assert_int_equal(err.code, EX_TEMPFAIL);
	assert_readable(store, 1);
	database_close(holder);
	assert_int_equal(post_number(store), 2);
	event_store_close(store);
}

static void nothing_is_answered_that_goes_to_a_removed_file(void **state)
{
	struct event_store *store = open_store();
	struct event event = post(store, "x"), found = {0};
	struct error err = {0};
	struct event_counts counts;

	(void)state;
	assert_readable(store, 1);
	assert_int_equal(rename(STATE, "elsewhere"), 0);
	assert_result(try_post(store, "x", NULL, &found, &err), EVENT_READ_ONLY,
		      &err);
	assert_result(event_store_get(store, event.id, &found, &err),
		      EVENT_BROKEN, &err);
	/* A new one, of another process, is used as it is. */
	event_store_close(open_store());
	assert_result(event_store_count(store, &counts, &err), EVENT_DONE,
		      &err);
	assert_int_equal(counts.unsent, 0);
	assert_int_equal(post_number(store), 1);
	assert_readable(store, 1);
	assert_result(event_store_get(store, event.id, &found, &err),
		      EVENT_MISSING, &err);
	event_free(&event);
	event_store_close(store);
}

static void what_came_in_the_files_place_is_not_written(void **state)
{
	static const char theirs[] =
		"somebody else's file, which is long enough to have a header: "
		"0123456789 0123456789 0123456789";
	struct event_store *store = open_store();
	struct buffer text;
	struct event event = {0};
	struct error err = {0};

	(void)state;
	post_number(store);
	assert_int_equal(rename(STATE, "elsewhere"), 0);
	assert_int_equal(mkdir(STATE, 0755), 0);
	put_file(DATABASE, theirs);
	assert_result(try_post(store, "x", NULL, &event, &err), EVENT_BROKEN,
		      &err);
	assert_int_equal(err.code, EX_DATAERR);
	event_store_close(store);
	text = read_whole(DATABASE);
	assert_string_equal(text.data, theirs);
	buffer_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define IN_STATE(test)                                                         \
	cmocka_unit_test_setup_teardown(test, enter_sound_disk, leave_directory)
		IN_STATE(what_fails_takes_no_other_with_it),
		IN_STATE(
			a_change_whose_transaction_is_over_has_failed_and_the_next_works),
		IN_STATE(a_full_disk_is_told_and_reading_goes_on),
		IN_STATE(nothing_is_built_on_what_a_failed_fsync_left),
		IN_STATE(a_disk_that_fails_at_random_loses_nothing_answered),
		IN_STATE(a_held_database_is_busy_after_the_wait),
		IN_STATE(nothing_is_answered_that_goes_to_a_removed_file),
		IN_STATE(what_came_in_the_files_place_is_not_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
