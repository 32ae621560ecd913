/* event_store: what was answered is on disk, and is found again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "event_fixture.h"

static void a_posted_event_is_found_as_it_was_answered(void **state)
{
	struct event_store *store = open_store();
	struct event event = post(store, "caf\xc3\xa9 \"\n"), found = {0};
	struct error err = {0};

	(void)state;
	assert_true(event_id_is(event.id, strlen(event.id)));
	assert_int_equal(event.number, 1);
	assert_int_equal(event.created_ms, START_MS);
	assert_int_equal(event.updated_ms, START_MS);
	assert_int_equal(event.version, 1);
	event_store_close(store);
	store = open_store();
	assert_result(event_store_get(store, event.id, &found, &err),
		      EVENT_DONE, &err);
	assert_string_equal(found.id, event.id);
	assert_string_equal(found.user_id, "user");
	assert_string_equal(found.description, "caf\xc3\xa9 \"\n");
	assert_int_equal(found.status, EVENT_NOT_PROCESSED);
	assert_int_equal(found.number, 1);
	assert_int_equal(found.created_ms, START_MS);
	assert_int_equal(found.updated_ms, START_MS);
	assert_int_equal(found.version, 1);
	assert_int_equal(found.attempts, 0);
	assert_null(found.last_error);
	assert_int_equal(ask("SELECT count(*) FROM outbox"), 1);
	event_free(&found);
	event_free(&event);
	event_store_close(store);
}

/* A thread that asks while the only reader is taken. */
struct second {
	struct event_store *store;
	pthread_t thread;
	char id[EVENT_ID_BYTES];
	atomic_int tid;
	atomic_bool has_answer;
};

static void *ask_second(void *context)
{
	struct second *second = context;
	struct event event;
	struct error err = {0};

	second->tid = (int)syscall(SYS_gettid);
	assert_result(event_store_get(second->store, second->id, &event, &err),
		      EVENT_DONE, &err);
	second->has_answer = true;
	event_free(&event);
	return NULL;
}

/* Whether the thread sleeps. */
static bool is_asleep(int tid)
{
	struct buffer path = BUFFER_EMPTY, stat = BUFFER_EMPTY;
	const char *name_end;
	bool result;

	buffer_format(&path, "/proc/self/task/%d/stat", tid);
	assert_int_equal(files_read(AT_FDCWD, path.data, 4096, &stat, NULL), 0);
	name_end = strrchr(stat.data, ')');
	result = name_end != NULL && strncmp(name_end, ") S", 3) == 0;
	buffer_free(&path);
	buffer_free(&stat);
	return result;
}

static bool let_second_ask(void *context, const struct event *event)
{
	struct second *second = context;

	memcpy(second->id, event->id, sizeof(second->id));
	assert_int_equal(
		pthread_create(&second->thread, NULL, ask_second, second), 0);
	while (second->tid == 0 || !is_asleep(second->tid))
		sched_yield();
	assert_false(second->has_answer);
	return true;
}

static void who_finds_every_reader_taken_waits_for_one(void **state)
{
	struct event_store_options options = *test_options();
	struct event_list all = {.limit = 1};
	struct second second = {0};
	struct error err = {0};
	bool has_more;

	(void)state;
	options.readers = 1;
	second.store = event_store_open(&options, &err);
	assert_non_null(second.store);
	post_number(second.store);
	assert_result(event_store_list(second.store, &all, let_second_ask,
				       &second, &has_more, &err),
		      EVENT_DONE, &err);
	pthread_join(second.thread, NULL);
	assert_true(second.has_answer);
	event_store_close(second.store);
}

static void there_is_one_reader_at_least(void **state)
{
	struct event_store_options options = *test_options();
	struct event_store *store;
	struct event event;
	struct error err = {0};

	(void)state;
	options.readers = 0;
	store = event_store_open(&options, &err);
	assert_non_null(store);
	assert_result(event_store_get(store, "no-such-event", &event, &err),
		      EVENT_MISSING, &err);
	event_store_close(store);
}

static bool take_any(void *context, const struct event *event)
{
	(void)context;
	(void)event;
	return true;
}

static void a_row_that_was_tampered_with_is_damage(void **state)
{
	static const char *const changes[] = {"status = 9", "status = -1",
					      "attempts = -1",
					      "attempts = 1 << 40",
					      "id = hex(zeroblob(99))"};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(changes); i++) {
		struct event_store *store = open_store();
		struct buffer sql = BUFFER_EMPTY;
		struct event_list all = {.limit = 10};
		struct error err = {0};
		bool has_more;

		post_number(store);
		buffer_format(&sql,
			      "PRAGMA ignore_check_constraints = ON;"
			      "UPDATE event SET %s",
			      changes[i]);
		tell(sql.data);
		if (event_store_list(store, &all, take_any, NULL, &has_more,
				     &err) != EVENT_BROKEN ||
		    strstr(err.message, "is damaged") == NULL)
			fail_msg("%s: %s", changes[i], err.message);
		event_store_close(store);
		tell("DELETE FROM outbox; DELETE FROM event");
		buffer_free(&sql);
	}
}

static void an_unknown_id_is_missing(void **state)
{
	static const char *const ids[] = {
		"01890a5d-ac96-774b-bcce-b302099a8057", "", "'", "%"};
	struct event_store *store = open_store();
	struct event event = post(store, "x"), found = {0};
	struct error err = {0};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(ids); i++) {
		assert_result(event_store_get(store, ids[i], &found, &err),
			      EVENT_MISSING, &err);
		assert_result(try_status(store, ids[i], EVENT_FAILED, &err),
			      EVENT_MISSING, &err);
	}
	event_free(&event);
	event_store_close(store);
}

/* --- Lists ----------------------------------------------------------------- */

struct page {
	long long numbers[EVENT_LIST_MAX];
	size_t count;
	bool has_more;
};

static bool add_to_page(void *context, const struct event *event)
{
	struct page *page = context;

	page->numbers[page->count++] = event->number;
	return true;
}

static struct page *list(struct event_store *store,
			 const struct event_list *what)
{
	static struct page page;
	struct error err = {0};

	page.count = 0;
	assert_result(event_store_list(store, what, add_to_page, &page,
				       &page.has_more, &err),
		      EVENT_DONE, &err);
	return &page;
}

/* 2,005 events, the status of number n being n % 5 == 0 ? Failed : n % 2 ?
 * Processed : NotProcessed. */
#define LISTED 2005

static enum event_status status_of(long long number)
{
	if (number % 5 == 0)
		return EVENT_FAILED;
	return number % 2 != 0 ? EVENT_PROCESSED : EVENT_NOT_PROCESSED;
}

static struct event_store *open_listed(void)
{
	event_store_close(open_store());
	tell("WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL"
	     " SELECT x + 1 FROM c WHERE x < 2005)"
	     " INSERT INTO event (id, user_id, description,"
	     " status, created_ms, updated_ms)"
	     " SELECT substr('00000000-0000-0000-0000-000000000000',"
	     " 1, 36 - length('' || x)) || x, 'u', 'd',"
	     " CASE WHEN x % 5 = 0 THEN 2 ELSE x % 2 END, x, x FROM c");
	return open_store();
}

static void assert_page(struct event_store *store,
			const struct event_list *what)
{
	struct page *page = list(store, what);
	long long number = what->after > 0 ? what->after + 1 : 1;
	size_t i = 0;

	for (; number <= LISTED; number++) {
		if (what->has_status && status_of(number) != what->status)
			continue;
		if (i == what->limit)
			break;
		if (i >= page->count || page->numbers[i] != number)
			fail_msg("number %lld is not at place %zu", number, i);
		i++;
	}
	assert_int_equal(page->count, i);
	assert_int_equal(page->has_more, number <= LISTED);
}

static void a_page_is_what_follows_up_to_the_limit(void **state)
{
	static const unsigned limits[] = {1, 2, 100, 999, EVENT_LIST_MAX};
	static const long long afters[] = {
		0,    1,    2,    1003, 1004,   1005,
		1006, 1605, 2003, 2004, LISTED, INT64_MAX - 1,
	};
	struct event_store *store = open_listed();
	size_t limit, after;
	int status;

	(void)state;
	for (limit = 0; limit < COUNT(limits); limit++)
		for (after = 0; after < COUNT(afters); after++)
			for (status = -1; status < EVENT_STATUSES; status++) {
				const struct event_list what = {
					.after = afters[after],
					.limit = limits[limit],
					.has_status = status >= 0,
					.status = (enum event_status)(
						status >= 0 ? status : 0),
				};

				assert_page(store, &what);
			}
	event_store_close(store);
}

static void a_list_without_events_is_empty(void **state)
{
	const struct event_list what = {.limit = 1};
	struct event_store *store = open_store();
	struct page *page = list(store, &what);

	(void)state;
	assert_int_equal(page->count, 0);
	assert_false(page->has_more);
	event_store_close(store);
}

/* Steps of SQLite's machine for one call of `ask_it`; the store has one reader. */
static long long steps_of(struct event_store *store,
			  void (*ask_it)(struct event_store *store))
{
	struct database *database = NULL;
	struct error err = {0};
	long long before, after;

	ask_it(store);
	assert_result(event_readers_take(store->readers, &database, &err),
		      EVENT_DONE, &err);
	before = sqlite_steps(database);
	event_readers_give(store->readers, database);
	ask_it(store);
	assert_result(event_readers_take(store->readers, &database, &err),
		      EVENT_DONE, &err);
	after = sqlite_steps(database);
	event_readers_give(store->readers, database);
	return after - before;
}

static void ask_first_page(struct event_store *store)
{
	const struct event_list what = {.limit = 10};

	list(store, &what);
}

static void ask_later_page(struct event_store *store)
{
	const struct event_list what = {.limit = 10, .after = 100};

	list(store, &what);
}

static void ask_page_of_status(struct event_store *store)
{
	const struct event_list what = {
		.limit = 10,
		.after = 100,
		.has_status = true,
		.status = EVENT_FAILED,
	};

	list(store, &what);
}

static void ask_counts(struct event_store *store)
{
	struct event_counts counts;
	struct error err = {0};

	assert_result(event_store_count(store, &counts, &err), EVENT_DONE,
		      &err);
}

static void ask_one(struct event_store *store)
{
	struct event event = {0};
	struct error err = {0};

	assert_result(event_store_get(store,
				      "000000000000000000000000000000000777",
				      &event, &err),
		      EVENT_DONE, &err);
	event_free(&event);
}

/* Processed ones from `first` to `last`. */
static void add_processed(int first, int last)
{
	char sql[512];

	snprintf(sql, sizeof(sql),
		 "WITH RECURSIVE c(x) AS (SELECT %d UNION ALL"
		 " SELECT x + 1 FROM c WHERE x < %d)"
		 " INSERT INTO event (id, user_id, description,"
		 " status, created_ms, updated_ms)"
		 " SELECT printf('%%036d', x), 'u', 'd', 1, x, x FROM c",
		 first, last);
	tell(sql);
}

/* What is asked for stands at the log's end. */
static void asking_costs_the_same_at_any_size_of_the_log(void **state)
{
	static void (*const questions[])(struct event_store *) = {
		ask_first_page, ask_later_page, ask_page_of_status,
		ask_counts,     ask_one,
	};
	struct event_store_options options = *test_options();
	struct error err = {0};
	long long small[COUNT(questions)];
	struct event_store *store;
	size_t i;

	(void)state;
	options.readers = 1;
	store = event_store_open(&options, &err);
	assert_non_null(store);
	add_processed(1, 1000);
	tell("UPDATE event SET status = 0 WHERE number = 999;"
	     "UPDATE event SET status = 2 WHERE number > 988"
	     " AND number <> 999");
	for (i = 0; i < COUNT(questions); i++)
		small[i] = steps_of(store, questions[i]);
	tell("UPDATE event SET status = 1");
	add_processed(1001, 40000);
	tell("UPDATE event SET status = 0 WHERE number = 39999;"
	     "UPDATE event SET status = 2 WHERE number > 39988"
	     " AND number <> 39999");
	for (i = 0; i < COUNT(questions); i++)
		if (steps_of(store, questions[i]) > small[i] + 10)
			fail_msg("question %zu grows with the log", i);
	event_store_close(store);
}

/* --- Counts ---------------------------------------------------------------- */

static void assert_counts(struct event_store *store)
{
	struct event_counts counts;
	struct error err = {0};

	assert_result(event_store_count(store, &counts, &err), EVENT_DONE,
		      &err);
	assert_int_equal(counts.by_status[EVENT_NOT_PROCESSED],
			 ask("SELECT count(*) FROM event WHERE status = 0"));
	assert_int_equal(counts.by_status[EVENT_PROCESSED],
			 ask("SELECT count(*) FROM event WHERE status = 1"));
	assert_int_equal(counts.by_status[EVENT_FAILED],
			 ask("SELECT count(*) FROM event WHERE status = 2"));
	assert_int_equal(counts.unsent, ask("SELECT count(*) FROM outbox"));
	assert_int_equal(counts.oldest_ms,
			 ask("SELECT coalesce(min(created_ms), 0) FROM event"
			     " WHERE status = 0"));
}

static void counts_equal_a_full_count_after_random_changes(void **state)
{
	struct event_store *store = open_store();
	struct event events[40] = {0};
	unsigned seed = 4711;
	int step, which;

	(void)state;
	assert_counts(store);
	for (step = 0; step < 400; step++) {
		which = rand_r(&seed) % (int)COUNT(events);
		test_now_ms++;
		if (events[which].user_id == NULL)
			events[which] = post(store, "x");
		else
			put_status(store, events[which].id,
				   (enum event_status)(rand_r(&seed) %
						       EVENT_STATUSES));
		if (step % 10 == 9)
			assert_counts(store);
	}
	for (which = 0; which < (int)COUNT(events); which++)
		event_free(&events[which]);
	event_store_close(store);
}

/* --- What is not opened ---------------------------------------------------- */

static struct buffer read_whole(const char *name)
{
	struct buffer bytes = BUFFER_EMPTY;
	struct error err = {0};

	if (files_read(AT_FDCWD, name, 64 << 20, &bytes, &err) != 0)
		fail_msg("%s", err.message);
	return bytes;
}

static void assert_refused(const char *reason)
{
	struct buffer before = read_whole(DATABASE), after;
	struct error err = {0};

	assert_null(event_store_open(test_options(), &err));
	assert_null(event_store_open(test_options(), NULL));
	assert_int_equal(err.code, EX_DATAERR);
	assert_holds(err.message, DATABASE);
	assert_holds(err.message, reason);
	after = read_whole(DATABASE);
	assert_int_equal(after.length, before.length);
	assert_memory_equal(after.data, before.data, before.length);
	buffer_free(&before);
	buffer_free(&after);
}

static void make_text(void)
{
	put_file(DATABASE, "not a database, but something that somebody "
			   "wants to keep: 0123456789 0123456789 0123456789");
}

static void make_strange(void)
{
	put_file(DATABASE, "");
	tell("CREATE TABLE t (n); INSERT INTO t VALUES (1)");
}

/* Left open, so that its log is not moved into the file by the test itself. */
static void make_strange_with_log(void)
{
	put_file(DATABASE, "");
	tell("PRAGMA journal_mode = WAL; CREATE TABLE t (n);"
	     "INSERT INTO t VALUES (1)");
	assert_int_equal(access(DATABASE "-wal", F_OK), 0);
}

static void make_newer(void)
{
	event_store_close(open_store());
	tell("PRAGMA user_version = 99");
}

static void spoil(long long from, size_t length)
{
	char *noise = malloc(length);
	int fd = open(DATABASE, O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0 && noise != NULL);
	memset(noise, 0x5a, length);
	assert_int_equal(pwrite(fd, noise, length, from), length);
	close(fd);
	free(noise);
}

static void make_damaged(void)
{
	event_store_close(open_listed());
	spoil(20 * 4096, 3 * 4096);
}

static void make_headless(void)
{
	event_store_close(open_listed());
	spoil(0, 100);
}

static void make_short(void)
{
	event_store_close(open_listed());
	assert_int_equal(truncate(DATABASE, 20 * 4096 + 17), 0);
}

static void what_is_no_sound_event_log_is_refused_and_left_alone(void **state)
{
	static const struct {
		void (*make)(void);
		const char *reason;
	} cases[] = {
		{make_text, "not a database"},
		{make_strange, "another program's"},
		{make_strange_with_log, "another program's"},
		{make_newer, "newer Marquee"},
		{make_damaged, ""},
		{make_headless, "not a database"},
		{make_short, ""},
	};
	struct error err = {0};
	size_t i;
	int dir;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		assert_int_equal(files_remove_tree(AT_FDCWD, STATE, NULL), 0);
		dir = files_make_dirs(STATE, &err);
		assert_true(dir >= 0);
		close(dir);
		cases[i].make();
		assert_refused(cases[i].reason);
	}
}

static void make_file_for_directory(void)
{
	put_file(STATE, "a file");
}

static void make_directory_for_file(void)
{
	assert_int_equal(mkdir(STATE, 0755), 0);
	assert_int_equal(mkdir(DATABASE, 0755), 0);
}

static void make_dead_link(void)
{
	assert_int_equal(symlink("/nowhere/at/all", STATE), 0);
}

static void a_place_where_no_database_can_be_is_told(void **state)
{
	static void (*const cases[])(void) = {
		make_file_for_directory,
		make_directory_for_file,
		make_dead_link,
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct error err = {0};

		cases[i]();
		assert_null(event_store_open(test_options(), &err));
		assert_int_equal(err.code, EX_CANTCREAT);
		assert_holds(err.message, STATE);
		assert_int_equal(files_remove_tree(AT_FDCWD, STATE, NULL), 0);
	}
}

static void an_empty_file_is_a_new_log(void **state)
{
	struct event_store *store;

	(void)state;
	assert_int_equal(mkdir(STATE, 0755), 0);
	put_file(DATABASE, "");
	store = open_store();
	assert_int_equal(post_number(store), 1);
	event_store_close(store);
}

static void what_people_said_is_for_the_service_and_its_group(void **state)
{
	static const char *const names[] = {DATABASE, DATABASE "-wal",
					    DATABASE "-shm"};
	mode_t mask = umask(0022);
	struct event_store *store = open_store();
	struct stat status;
	size_t i;

	(void)state;
	post_number(store);
	umask(mask);
	assert_int_equal(stat(STATE, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0750);
	for (i = 0; i < COUNT(names); i++) {
		assert_int_equal(stat(names[i], &status), 0);
		assert_int_equal(status.st_mode & 07777, 0640);
	}
	event_store_close(store);
}

/* --- Read-only ------------------------------------------------------------- */

/* Reading goes on and writing is refused. Returns 0, or where it went wrong. */
static int use_read_only(const char *id)
{
	struct event event = {0};
	struct error err = {0};
	struct event_counts counts;
	struct event_store *store;

	if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
		return 1;
	store = event_store_open(test_options(), &err);
	if (store == NULL) {
		fprintf(stderr, "%s\n", err.message);
		return 2;
	}
	if (event_store_get(store, id, &event, &err) != EVENT_DONE)
		return 3;
	event_free(&event);
	if (event_store_count(store, &counts, &err) != EVENT_DONE ||
	    counts.unsent != 1)
		return 4;
	if (try_post(store, "x", NULL, &event, &err) != EVENT_READ_ONLY)
		return 5;
	if (try_status(store, id, EVENT_PROCESSED, &err) != EVENT_READ_ONLY)
		return 6;
	if (strstr(err.message, EVENT_STORE_FILE) == NULL)
		return 7;
	event_store_close(store);
	return 0;
}

static void a_log_that_cannot_be_written_can_be_read(void **state)
{
	static const char *const names[] = {DATABASE, DATABASE "-wal",
					    DATABASE "-shm"};
	struct event_store *store = open_store();
	struct event event = post(store, "x");
	int status = -1;
	pid_t child;
	size_t i;

	(void)state;
	event_store_close(store);
	for (i = 0; i < COUNT(names); i++)
		assert_int_equal(chmod(names[i], 0444), 0);
	assert_int_equal(chmod(STATE, 0555), 0);
	assert_int_equal(chmod(".", 0755), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		_exit(use_read_only(event.id));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(chmod(STATE, 0755), 0);
	assert_int_equal(status, 0);
	event_free(&event);
}

int main(void)
{
	const struct CMUnitTest both[] = {
#define IN_STATE(test)                                                         \
	cmocka_unit_test_setup_teardown(test, enter_state, leave_directory)
		IN_STATE(a_posted_event_is_found_as_it_was_answered),
		IN_STATE(an_unknown_id_is_missing),
		IN_STATE(a_page_is_what_follows_up_to_the_limit),
		IN_STATE(a_list_without_events_is_empty),
		IN_STATE(counts_equal_a_full_count_after_random_changes),
	};
	const struct CMUnitTest files[] = {
		IN_STATE(who_finds_every_reader_taken_waits_for_one),
		IN_STATE(there_is_one_reader_at_least),
		IN_STATE(a_row_that_was_tampered_with_is_damage),
		IN_STATE(asking_costs_the_same_at_any_size_of_the_log),
		IN_STATE(what_is_no_sound_event_log_is_refused_and_left_alone),
		IN_STATE(a_place_where_no_database_can_be_is_told),
		IN_STATE(an_empty_file_is_a_new_log),
		IN_STATE(what_people_said_is_for_the_service_and_its_group),
		IN_STATE(a_log_that_cannot_be_written_can_be_read),
	};

	return run_event_suite(both, files);
}
