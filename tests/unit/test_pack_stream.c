/* pack_stream: the files that it leaves, and what it says of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/stat.h>

#include "base_fixture.h"
#include "cache/pack_stream.h"

#define NAME "movies.json"

static off_t size_of(int coding)
{
	struct buffer path = BUFFER_EMPTY;
	struct stat about;
	off_t size = -1;

	buffer_format(&path, "%s%s", NAME, pack_coding_suffixes[coding]);
	assert_int_equal(buffer_check(&path, NULL), 0);
	if (stat(path.data, &about) == 0)
		size = about.st_size;
	buffer_free(&path);
	return size;
}

/* `text`, `times`, in pieces of itself. */
static void stream(const char *text, int times,
		   struct pack_body bodies[PACK_CODINGS])
{
	struct error err = {0};
	struct pack_stream *stream = pack_stream_start(AT_FDCWD, NAME, &err);

	if (stream == NULL)
		fail_msg("%s", err.message);
	memset(bodies, 0, PACK_CODINGS * sizeof(bodies[0]));
	for (; times > 0; times--)
		if (pack_stream_write(stream, text, strlen(text), &err) != 0)
			fail_msg("%s", err.message);
	if (pack_stream_finish(stream, bodies, &err) != 0)
		fail_msg("%s", err.message);
	pack_stream_free(stream);
}

static void each_coding_has_its_file_where_it_is_smaller(void **state)
{
	struct pack_body bodies[PACK_CODINGS];
	int i;

	(void)state;
	stream("{\"title\": \"one\"}", 100, bodies);
	assert_int_equal(bodies[PACK_IDENTITY].length, 1600);
	for (i = 0; i < PACK_CODINGS; i++) {
		assert_int_equal(size_of(i), bodies[i].length);
		assert_true(bodies[i].length > 0);
	}
	assert_true(bodies[PACK_GZIP].length < 1600);
}

static void a_coding_that_is_no_smaller_is_removed(void **state)
{
	struct pack_body bodies[PACK_CODINGS];

	(void)state;
	stream("x", 1, bodies);
	assert_int_equal(size_of(PACK_IDENTITY), 1);
	assert_int_equal(size_of(PACK_GZIP), -1);
	assert_int_equal(bodies[PACK_GZIP].length, 0);
	assert_int_equal(size_of(PACK_BROTLI), -1);
}

static void a_file_that_is_there_already_is_not_written_over(void **state)
{
	struct error err = {0};

	(void)state;
	put_file(NAME, "another's");
	assert_null(pack_stream_start(AT_FDCWD, NAME, &err));
	assert_int_equal(err.code, EX_CANTCREAT);
	assert_int_equal(size_of(PACK_IDENTITY), 9);
	pack_stream_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			each_coding_has_its_file_where_it_is_smaller,
			enter_directory, leave_directory),
		cmocka_unit_test_setup_teardown(
			a_coding_that_is_no_smaller_is_removed, enter_directory,
			leave_directory),
		cmocka_unit_test_setup_teardown(
			a_file_that_is_there_already_is_not_written_over,
			enter_directory, leave_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
