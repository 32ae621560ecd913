/* cache_note: a note that is written when it has changed, and complaints once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cache/cache_note.h"
#include "cache_fixture.h"

#define NOTE                                                                   \
	{                                                                      \
		.cache_dir = "cache", .site = "movies", .name = "status"       \
	}

static int update(struct cache_note *note, const char *text)
{
	struct buffer bytes = BUFFER_EMPTY;
	struct error err = {0};
	int status;

	buffer_append(&bytes, text, strlen(text));
	status = cache_note_update(note, &bytes, &err);
	if (status < 0)
		fail_msg("update: %s", err.message);
	buffer_free(&bytes);
	return status;
}

static void assert_note(const char *text)
{
	struct buffer note = BUFFER_EMPTY;

	assert_int_equal(
		cache_read_note("cache", "movies", "status", &note, NULL), 0);
	assert_int_equal(note.length, strlen(text));
	assert_memory_equal(note.data, text, note.length);
	buffer_free(&note);
}

static void only_what_has_changed_is_written(void **state)
{
	struct cache_note note = NOTE;
	struct stat first, again;

	(void)state;
	update(&note, "");
	assert_int_equal(stat("cache/movies/status", &first), -1);
	update(&note, "a=1");
	assert_note("a=1");
	stat("cache/movies/status", &first);
	update(&note, "a=1");
	stat("cache/movies/status", &again);
	assert_int_equal(again.st_ino, first.st_ino);
	update(&note, "a=2");
	assert_note("a=2");
	update(&note, "a=1");
	assert_note("a=1");
	cache_note_free(&note);
}

static void one_that_was_locked_out_is_written_by_the_next_update(void **state)
{
	struct cache_note note = NOTE;
	struct cache_writer *writer = open_writer();

	(void)state;
	assert_int_equal(update(&note, "a=1"), CACHE_WRITER_LOCKED);
	cache_writer_close(writer);
	assert_int_equal(update(&note, "a=1"), 0);
	assert_note("a=1");
	cache_note_free(&note);
}

static void a_text_that_has_failed_is_not_written(void **state)
{
	struct cache_note note = NOTE;
	struct buffer failed = BUFFER_EMPTY;
	struct error err = {0};

	(void)state;
	update(&note, "a=1");
	buffer_append(&failed, "a=1", 3);
	failed.has_failed = true;
	assert_int_equal(cache_note_update(&note, &failed, &err), -1);
	assert_int_not_equal(err.code, 0);
	buffer_free(&failed);
	assert_note("a=1");
	cache_note_free(&note);
}

static void it_complains_once_until_it_is_written_again(void **state)
{
	struct cache_note note = NOTE;
	struct error why = {.message = "no room"};
	struct capture capture;
	struct buffer said;

	(void)state;
	capture = capture_begin(STDERR_FILENO);
	cache_note_complain(&note, "first", &why);
	cache_note_complain(&note, "second", &why);
	update(&note, "a=1");
	cache_note_complain(&note, "third", &why);
	said = capture_end(capture);
	assert_holds(said.data, "first");
	assert_holds(said.data, "no room");
	assert_lacks(said.data, "second");
	assert_holds(said.data, "third");
	buffer_free(&said);
	cache_note_free(&note);
}

#define TEST(f)                                                                \
	cmocka_unit_test_setup_teardown(f, enter_directory, leave_directory)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(only_what_has_changed_is_written),
		TEST(one_that_was_locked_out_is_written_by_the_next_update),
		TEST(a_text_that_has_failed_is_not_written),
		TEST(it_complains_once_until_it_is_written_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
