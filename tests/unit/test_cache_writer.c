#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "cache_fixture.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#define GENERATIONS "cache/movies/generations"

static void what_was_published_can_be_read(void **state)
{
	(void)state;
	assert_int_equal(publish("first"), 1);
	assert_live("first");
}

static void publishing_the_same_set_changes_nothing(void **state)
{
	struct stat before, after;

	(void)state;
	publish("same");
	assert_int_equal(lstat("cache/movies/current", &before), 0);
	assert_int_equal(publish("same"), 0);
	assert_int_equal(lstat("cache/movies/current", &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_int_equal(count_entries(GENERATIONS), 1);
}

static void the_name_of_a_generation_follows_from_its_content(void **state)
{
	char first[256] = "", again[256] = "";

	(void)state;
	publish("a");
	assert_true(readlink("cache/movies/current", first, 255) > 0);
	publish("b");
	publish("a");
	assert_true(readlink("cache/movies/current", again, 255) > 0);
	assert_string_equal(first, again);
}

static void three_generations_are_kept(void **state)
{
	(void)state;
	publish("1");
	publish("2");
	publish("3");
	assert_int_equal(count_entries(GENERATIONS), 3);
	publish("4");
	publish("5");
	assert_int_equal(count_entries(GENERATIONS), 3);
	assert_live("5");
}

static void nothing_is_live_before_commit(void **state)
{
	struct cache_writer *writer;

	(void)state;
	publish("old");
	writer = open_writer();
	add(writer, "page", "new", false);
	add(writer, "list", "new", true);
	assert_live("old");
	cache_writer_close(writer);
	assert_live("old");
}

static void an_uncommitted_set_leaves_no_staging_behind(void **state)
{
	struct cache_writer *writer = open_writer();

	(void)state;
	add(writer, "page", "new", false);
	assert_int_equal(access("cache/movies/staging", F_OK), 0);
	cache_writer_close(writer);
	assert_int_equal(access("cache/movies/staging", F_OK), -1);
}

static void staging_of_a_killed_run_is_removed_by_the_next(void **state)
{
	(void)state;
	publish("old");
	assert_int_equal(mkdir("cache/movies/staging", 0755), 0);
	assert_int_equal(mkdir("cache/movies/staging/deep", 0755), 0);
	assert_int_equal(symlink("nowhere", "cache/movies/staging/deep/link"),
			 0);
	assert_int_equal(symlink("half", "cache/movies/current.new"), 0);
	assert_int_equal(publish("new"), 1);
	assert_live("new");
	assert_int_equal(access("cache/movies/staging", F_OK), -1);
	assert_int_equal(faccessat(AT_FDCWD, "cache/movies/current.new", F_OK,
				   AT_SYMLINK_NOFOLLOW),
			 -1);
}

static void regress_what_lay_beside_a_name_outlived_a_kill(void **state)
{
	(void)state;
	publish("old");
	assert_int_equal(symlink("half", "cache/movies/current.new"), 0);
	assert_int_equal(symlink("half", "cache/movies/status.new"), 0);
	cache_writer_close(open_writer());
	assert_int_equal(faccessat(AT_FDCWD, "cache/movies/current.new", F_OK,
				   AT_SYMLINK_NOFOLLOW),
			 -1);
	assert_int_equal(faccessat(AT_FDCWD, "cache/movies/status.new", F_OK,
				   AT_SYMLINK_NOFOLLOW),
			 -1);
	assert_live("old");
}

/* Killed when a set was live and nothing was pruned yet: the next run publishes
 * the same. */
static void regress_a_killed_run_left_one_generation_too_many(void **state)
{
	char path[sizeof(GENERATIONS) + 65];

	(void)state;
	snprintf(path, sizeof(path), "%s/%064d", GENERATIONS, 0);
	publish("1");
	publish("2");
	publish("3");
	assert_int_equal(mkdir(path, 0755), 0);
	assert_int_equal(count_entries(GENERATIONS), 4);
	assert_int_equal(publish("3"), 0);
	assert_int_equal(count_entries(GENERATIONS), 3);
	assert_live("3");
}

/* flock belongs to the open file, so a second open in this process is as good
 * as another process. */
static void a_second_writer_finds_the_lock_held(void **state)
{
	struct cache_writer *first = open_writer();
	struct cache_writer *second = NULL;
	struct error err = {0};

	(void)state;
	assert_int_equal(cache_writer_open("cache", "movies", &second, &err),
			 CACHE_WRITER_LOCKED);
	assert_null(second);
	cache_writer_close(first);
	second = open_writer();
	cache_writer_close(second);
}

static void a_name_added_twice_is_refused(void **state)
{
	struct cache_writer *writer;
	struct error err = {0};

	(void)state;
	publish("old");
	writer = open_writer();
	add(writer, "page", "1", false);
	add(writer, "page", "2", false);
	assert_int_equal(cache_writer_commit(writer, &err), -1);
	assert_string_equal(err.message, "page was added twice");
	cache_writer_close(writer);
	assert_live("old");
}

static void unusable_representations_are_refused(void **state)
{
	static char long_type[129], long_name[1026];
	static const struct {
		const char *name;
		const char *media_type;
		bool is_file;
	} cases[] = {
		{"", "text/plain", false},
		{"a/b", "text/plain", true},
		{"../escape", "text/plain", true},
		{".hidden", "text/plain", true},
		{"pack", "text/plain", true},
		{"x", long_type, false},
		{long_name, "text/plain", false},
	};
	struct cache_representation representation = {0};
	struct error err = {0};
	size_t i;

	(void)state;
	memset(long_type, 't', 128);
	memset(long_name, 'n', 1025);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cache_writer *writer = open_writer();

		representation.name = cases[i].name;
		representation.media_type = cases[i].media_type;
		representation.body = "b";
		representation.body_bytes = 1;
		representation.is_file = cases[i].is_file;
		if (cache_writer_add(writer, &representation, &err) != -1)
			fail_msg("\"%s\" was accepted", cases[i].name);
		assert_int_equal(cache_writer_commit(writer, &err), -1);
		cache_writer_close(writer);
	}
}

static void a_set_that_was_refused_once_takes_no_more(void **state)
{
	struct cache_writer *writer = open_writer();
	const struct cache_representation good = {.name = "x",
						  .media_type = "text/plain",
						  .body = "b",
						  .body_bytes = 1};
	const struct cache_representation bad = {.name = "",
						 .media_type = "text/plain"};
	struct error err = {0};

	(void)state;
	assert_int_equal(cache_writer_add(writer, &bad, &err), -1);
	assert_int_equal(cache_writer_add(writer, &good, &err), -1);
	assert_int_equal(err.code, EX_SOFTWARE);
	cache_writer_close(writer);
}

static void an_empty_set_is_refused(void **state)
{
	struct cache_writer *writer = open_writer();
	struct error err = {0};

	(void)state;
	assert_int_equal(cache_writer_commit(writer, &err), -1);
	assert_int_equal(err.code, EX_SOFTWARE);
	cache_writer_close(writer);
}

static void confirm_moves_the_time_of_checked(void **state)
{
	struct timespec old = {.tv_sec = 1000}, times[2] = {old, old}, now;
	struct cache_writer *writer;
	struct error err = {0};

	(void)state;
	publish("x");
	assert_int_equal(cache_checked_at("cache", "movies", &now, &err),
			 CACHE_EMPTY);
	writer = open_writer();
	assert_int_equal(cache_writer_confirm(writer, clock_wall_ms(), &err),
			 0);
	assert_int_equal(utimensat(AT_FDCWD, "cache/movies/checked", times, 0),
			 0);
	assert_int_equal(cache_writer_confirm(writer, clock_wall_ms(), &err),
			 0);
	assert_int_equal(cache_checked_at("cache", "movies", &now, &err), 0);
	assert_true(now.tv_sec > 1000);
	cache_writer_close(writer);
}

/* Two swaps within a second must not share a Last-Modified. */
static void each_swap_has_a_later_time_of_publication(void **state)
{
	static const char *const bodies[] = {"a", "b", "a", "c"};
	struct cache_snapshot snapshot;
	struct error err = {0};
	time_t last = 0;
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++) {
		publish(bodies[i]);
		assert_int_equal(cache_snapshot_open("cache", "movies",
						     &snapshot, &err),
				 0);
		assert_true(snapshot.published_at > last);
		last = snapshot.published_at;
		cache_snapshot_close(&snapshot);
	}
}

static void roll_back(int wanted)
{
	struct cache_writer *writer = open_writer();
	struct error err = {0};

	assert_int_equal(cache_writer_rollback(writer, &err), wanted);
	if (wanted != 0)
		assert_int_equal(err.code, EX_DATAERR);
	cache_writer_close(writer);
}

static void rollback_leads_to_the_generation_before(void **state)
{
	(void)state;
	publish("a");
	publish("b");
	publish("c");
	roll_back(0);
	assert_live("b");
	roll_back(0);
	assert_live("a");
	roll_back(-1);
	assert_live("a");
}

static void rollback_never_leads_back_to_what_was_withdrawn(void **state)
{
	(void)state;
	publish("a");
	publish("bad");
	roll_back(0);
	publish("c");
	roll_back(0);
	assert_live("a");
}

static void what_was_withdrawn_can_be_published_again(void **state)
{
	(void)state;
	publish("a");
	publish("b");
	roll_back(0);
	assert_int_equal(publish("b"), 1);
	assert_live("b");
	roll_back(0);
	assert_live("a");
}

/* Three swaps within one tick of the file system's clock, or a clock that was
 * set back meanwhile. */
static void regress_the_clock_said_what_to_roll_back_to(void **state)
{
	static const char *const bodies[] = {"a", "b", "c"};
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {0}};
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		publish(bodies[i]);
		times[1].tv_sec = 2000000000 - (time_t)i;
		assert_int_equal(utimensat(AT_FDCWD,
					   "cache/movies/current/pack", times,
					   0),
				 0);
	}
	roll_back(0);
	assert_live("b");
	roll_back(0);
	assert_live("a");
}

static void rollback_of_an_empty_cache_is_an_error(void **state)
{
	(void)state;
	roll_back(-1);
}

static void a_note_is_replaced_as_a_whole(void **state)
{
	struct cache_writer *writer = open_writer();
	struct buffer note = BUFFER_EMPTY;
	struct error err = {0};

	(void)state;
	assert_int_equal(cache_read_note("cache", "movies", "status", &note,
					 &err),
			 CACHE_EMPTY);
	assert_int_equal(cache_writer_put_note(writer, "status", "long=1\n", 7,
					       &err),
			 0);
	assert_int_equal(
		cache_writer_put_note(writer, "status", "s=2\n", 4, &err), 0);
	assert_int_equal(
		cache_read_note("cache", "movies", "status", &note, &err), 0);
	assert_string_equal(note.data, "s=2\n");
	buffer_free(&note);
	cache_writer_close(writer);
}

static void writing_the_same_note_again_does_not_touch_it(void **state)
{
	struct cache_writer *writer = open_writer();
	struct stat before, after;
	struct error err = {0};

	(void)state;
	cache_writer_put_note(writer, "status", "a=1\n", 4, &err);
	assert_int_equal(stat("cache/movies/status", &before), 0);
	cache_writer_put_note(writer, "status", "a=1\n", 4, &err);
	assert_int_equal(stat("cache/movies/status", &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	cache_writer_close(writer);
}

static void a_note_that_is_too_large_is_refused(void **state)
{
	struct cache_writer *writer = open_writer();
	char *note = calloc(1, LAYOUT_NOTE_MAX_BYTES + 1);
	struct error err = {0};

	(void)state;
	assert_int_equal(cache_writer_put_note(writer, "status", note,
					       LAYOUT_NOTE_MAX_BYTES + 1, &err),
			 -1);
	free(note);
	cache_writer_close(writer);
}

static void a_note_can_be_left_in_one_go_but_not_under_a_held_lock(void **state)
{
	struct buffer note = BUFFER_EMPTY, read = BUFFER_EMPTY;
	struct cache_writer *writer;
	struct error err = {0};

	(void)state;
	buffer_text(&note, "s=1\n");
	assert_int_equal(cache_writer_leave_note("cache", "movies", "status",
						 &note, &err),
			 0);
	writer = open_writer();
	buffer_text(&note, "s=2\n");
	assert_int_equal(cache_writer_leave_note("cache", "movies", "status",
						 &note, &err),
			 CACHE_WRITER_LOCKED);
	cache_writer_close(writer);
	assert_int_equal(
		cache_read_note("cache", "movies", "status", &read, &err), 0);
	assert_string_equal(read.data, "s=1\n");
	note.has_failed = true;
	assert_int_equal(cache_writer_leave_note("cache", "movies", "status",
						 &note, &err),
			 -1);
	assert_int_equal(err.code, EX_OSERR);
	buffer_free(&note);
	buffer_free(&read);
}

/* `current` that leads nowhere is what a careless hand leaves behind. */
static void a_dangling_current_is_published_over(void **state)
{
	struct cache_writer *writer;

	(void)state;
	publish("a");
	assert_int_equal(unlink("cache/movies/current"), 0);
	assert_int_equal(symlink("generations/gone", "cache/movies/current"),
			 0);
	writer = open_writer();
	assert_string_equal(cache_writer_current(writer), "");
	cache_writer_close(writer);
	assert_int_equal(publish("a"), 1);
	assert_live("a");
}

static void a_cache_that_cannot_be_made_is_named(void **state)
{
	struct cache_writer *writer = NULL;
	struct error err = {0};

	(void)state;
	assert_int_equal(close(creat("file", 0644)), 0);
	assert_int_equal(
		cache_writer_open("file/cache", "movies", &writer, &err), -1);
	assert_int_equal(err.code, EX_CANTCREAT);
	assert_non_null(strstr(err.message, "file/cache/movies"));
	assert_null(writer);
}

/* A limit on the size of files stands for a full disk: the write fails. */
static void a_full_disk_leaves_what_is_live(void **state)
{
	int status;
	pid_t child;

	(void)state;
	publish("old");
	child = fork();
	if (child == 0) {
		char *body = calloc(1, 100001);
		struct cache_representation large = {
			.name = "page",
			.media_type = "text/html",
			.body = body,
			.body_bytes = 100000,
			.is_file = true,
		};
		const struct rlimit limit = {4096, 4096};
		struct cache_writer *writer = NULL;
		struct error err = {0};

		memset(body, 'x', 100000);
		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &limit);
		if (cache_writer_open("cache", "movies", &writer, &err) != 0)
			_exit(2);
		status = cache_writer_add(writer, &large, &err);
		_exit(status == -1 && err.code == EX_IOERR &&
				      cache_writer_commit(writer, &err) == -1
			      ? 0
			      : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_live("old");
	assert_int_equal(publish("new"), 1);
	assert_live("new");
}

int main(void)
{
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, enter_directory, leave_directory)
	const struct CMUnitTest tests[] = {
		TEST(what_was_published_can_be_read),
		TEST(publishing_the_same_set_changes_nothing),
		TEST(the_name_of_a_generation_follows_from_its_content),
		TEST(three_generations_are_kept),
		TEST(nothing_is_live_before_commit),
		TEST(an_uncommitted_set_leaves_no_staging_behind),
		TEST(staging_of_a_killed_run_is_removed_by_the_next),
		TEST(regress_what_lay_beside_a_name_outlived_a_kill),
		TEST(regress_a_killed_run_left_one_generation_too_many),
		TEST(a_second_writer_finds_the_lock_held),
		TEST(a_name_added_twice_is_refused),
		TEST(unusable_representations_are_refused),
		TEST(a_set_that_was_refused_once_takes_no_more),
		TEST(an_empty_set_is_refused),
		TEST(confirm_moves_the_time_of_checked),
		TEST(each_swap_has_a_later_time_of_publication),
		TEST(rollback_leads_to_the_generation_before),
		TEST(rollback_never_leads_back_to_what_was_withdrawn),
		TEST(what_was_withdrawn_can_be_published_again),
		TEST(regress_the_clock_said_what_to_roll_back_to),
		TEST(rollback_of_an_empty_cache_is_an_error),
		TEST(a_note_is_replaced_as_a_whole),
		TEST(writing_the_same_note_again_does_not_touch_it),
		TEST(a_note_that_is_too_large_is_refused),
		TEST(a_note_can_be_left_in_one_go_but_not_under_a_held_lock),
		TEST(a_dangling_current_is_published_over),
		TEST(a_cache_that_cannot_be_made_is_named),
		TEST(a_full_disk_leaves_what_is_live),
	};

	return cmocka_run_group_tests_name("cache_writer", tests, NULL, NULL);
}
