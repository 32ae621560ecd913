/* pack_reuse: what is taken over from the live generation, and what is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cache_fixture.h"

#include "base/compress.h"
#include "base/hash.h"
#include "cache/pack_reuse.h"

#define BODY                                                                   \
	"It is long enough to be worth it, worth it, worth it, worth it, "     \
	"worth it, worth it, worth it, worth it, worth it, worth it.\n"

/* Beside it there may be another one, so that the set is a new one. */
static void publish_beside(const char *other, enum compress_effort effort,
			   bool is_file)
{
	struct cache_writer *writer = open_writer();
	const struct cache_representation page = {
		.name = "page",
		.media_type = "text/plain",
		.body = BODY,
		.body_bytes = strlen(BODY),
		.is_file = is_file,
		.effort = effort,
	};
	struct error err = {0};

	assert_int_equal(cache_writer_add(writer, &page, &err), 0);
	if (other != NULL)
		add(writer, "other", other, false);
	if (cache_writer_commit(writer, &err) < 0)
		fail_msg("commit: %s", err.message);
	cache_writer_close(writer);
}

static void publish_at(enum compress_effort effort, bool is_file)
{
	publish_beside(NULL, effort, is_file);
}

/* Whether codings of `body` can be taken over; frees them. */
static bool can_take(const char *name, const char *body,
		     enum compress_effort effort, bool is_file)
{
	struct buffer coded[PACK_CODINGS] = {{0}}, fresh = BUFFER_EMPTY;
	struct pack_record record = {
		.name = name,
		.flags = (is_file ? PACK_IS_FILE : 0u) |
			 (uint32_t)effort << PACK_EFFORT_SHIFT,
	};
	unsigned char digest[HASH_BYTES];
	int site = open("cache/movies", O_RDONLY | O_DIRECTORY);
	struct pack_reuse *reuse = pack_reuse_open(site);
	bool is_taken;
	int i;

	record.bodies[PACK_IDENTITY].length = strlen(body);
	assert_int_equal(hash_bytes(body, strlen(body), digest, NULL), 0);
	memcpy(record.bodies[PACK_IDENTITY].tag, digest, PACK_TAG_BYTES);
	is_taken = pack_reuse_take(reuse, &record, coded);
	if (is_taken) {
		assert_int_equal(compress_brotli(&fresh, body, strlen(body),
						 effort, NULL),
				 0);
		assert_int_equal(coded[PACK_BROTLI].length, fresh.length);
		assert_memory_equal(coded[PACK_BROTLI].data, fresh.data,
				    fresh.length);
		assert_true(coded[PACK_GZIP].length > 0);
	} else {
		assert_int_equal(coded[PACK_GZIP].length, 0);
		assert_int_equal(coded[PACK_BROTLI].length, 0);
	}
	for (i = 0; i < PACK_CODINGS; i++)
		buffer_free(&coded[i]);
	buffer_free(&fresh);
	pack_reuse_close(reuse);
	close(site);
	return is_taken;
}

static void what_fresh_coding_would_give_is_taken_and_nothing_else(void **state)
{
	static const enum compress_effort efforts[] = {
		COMPRESS_QUICKLY, COMPRESS_WELL, COMPRESS_HARD};
	size_t i;
	int is_file;

	(void)state;
	for (i = 0; i < 3; i++)
		for (is_file = 0; is_file < 2; is_file++) {
			publish_at(efforts[i], is_file != 0);
			assert_true(can_take("page", BODY, efforts[i],
					     is_file != 0));
			assert_false(can_take("page", BODY,
					      efforts[(i + 1) % 3],
					      is_file != 0));
			assert_false(can_take("page", BODY, efforts[i],
					      is_file == 0));
			assert_false(can_take("page", BODY "!", efforts[i],
					      is_file != 0));
			assert_false(can_take("other", BODY, efforts[i],
					      is_file != 0));
		}
}

static void nothing_is_taken_where_nothing_is_live(void **state)
{
	struct cache_writer *writer = open_writer();

	(void)state;
	assert_false(can_take("page", BODY, COMPRESS_WELL, false));
	cache_writer_close(writer);
}

/* One bit of each byte of the live pack in turn: whatever it hits, what is taken
 * is what fresh coding gives (can_take compares). */
static void a_damaged_coding_is_made_anew(void **state)
{
	size_t at, missed = 0, length;
	struct stat status;
	unsigned char byte;
	int fd;

	(void)state;
	publish_at(COMPRESS_WELL, false);
	fd = open("cache/movies/current/pack", O_RDWR);
	assert_int_equal(fstat(fd, &status), 0);
	length = (size_t)status.st_size;
	for (at = 0; at < length; at++) {
		assert_int_equal(pread(fd, &byte, 1, (off_t)at), 1);
		byte ^= 1;
		assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
		missed += !can_take("page", BODY, COMPRESS_WELL, false);
		byte ^= 1;
		assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
	}
	close(fd);
	assert_in_range(missed, 100, length);
}

/* An upgrade of a library or other levels. */
static void another_coders_bytes_are_not_taken(void **state)
{
	struct stat status;
	char other[8] = "";
	int fd;

	(void)state;
	publish_at(COMPRESS_WELL, false);
	fd = open("cache/movies/current/pack", O_RDWR);
	assert_int_equal(fstat(fd, &status), 0);
	assert_int_equal(pwrite(fd, other, 8,
				status.st_size - PACK_FOOTER_BYTES - 8),
			 8);
	close(fd);
	assert_false(can_take("page", BODY, COMPRESS_WELL, false));
}

static const char *const files[] = {"cache/movies/current/page",
				    "cache/movies/current/page.gz",
				    "cache/movies/current/page.br"};

static ino_t inode_of(const char *path)
{
	struct stat status;

	assert_int_equal(stat(path, &status), 0);
	return status.st_ino;
}

static void files_that_have_not_changed_are_linked(void **state)
{
	ino_t inodes[3];
	size_t i;

	(void)state;
	publish_beside("a", COMPRESS_WELL, true);
	for (i = 0; i < 3; i++)
		inodes[i] = inode_of(files[i]);
	publish_beside("b", COMPRESS_WELL, true);
	for (i = 0; i < 3; i++)
		assert_true(inode_of(files[i]) == inodes[i]);
	publish_beside("c", COMPRESS_HARD, true);
	for (i = 0; i < 3; i++)
		assert_false(inode_of(files[i]) == inodes[i]);
}

static void damage(const char *path)
{
	int fd = open(path, O_RDWR);
	char byte;

	assert_int_equal(pread(fd, &byte, 1, 20), 1);
	byte ^= 1;
	assert_int_equal(pwrite(fd, &byte, 1, 20), 1);
	close(fd);
}

/* Whichever of them it is: none may fail what is published from then on. */
static void a_damaged_file_is_written_anew(void **state)
{
	char bytes[sizeof(BODY)];
	size_t i;
	int fd;

	(void)state;
	publish_beside("a", COMPRESS_WELL, true);
	for (i = 0; i < 3; i++) {
		ino_t inode = inode_of(files[i]);
		const char other[] = {'b', (char)('0' + i), '\0'};

		damage(files[i]);
		publish_beside(other, COMPRESS_WELL, true);
		assert_false(inode_of(files[i]) == inode);
	}
	fd = open(files[0], O_RDONLY);
	assert_int_equal(read(fd, bytes, sizeof(bytes)), strlen(BODY));
	close(fd);
	assert_memory_equal(bytes, BODY, strlen(BODY));
}

/* Its bytes read back as what they were; what follows them did not count. */
static void regress_a_file_with_a_byte_too_many_stopped_all_publishing(
	void **state)
{
	struct stat status;
	size_t i;
	int fd;

	(void)state;
	publish_beside("a", COMPRESS_WELL, true);
	for (i = 0; i < 3; i++) {
		const char other[] = {'b', (char)('0' + i), '\0'};
		off_t length;

		assert_int_equal(stat(files[i], &status), 0);
		length = status.st_size;
		fd = open(files[i], O_WRONLY | O_APPEND);
		assert_int_equal(write(fd, "!", 1), 1);
		close(fd);
		publish_beside(other, COMPRESS_WELL, true);
		assert_int_equal(stat(files[i], &status), 0);
		assert_int_equal(status.st_size, length);
	}
}

/* One that is there cannot be linked: the others must not stay either. */
static void what_cannot_be_linked_leaves_nothing(void **state)
{
	struct pack_record record = {
		.name = "page",
		.flags = PACK_IS_FILE | (uint32_t)COMPRESS_WELL
						<< PACK_EFFORT_SHIFT,
	};
	unsigned char digest[HASH_BYTES];
	struct pack_reuse *reuse;
	int site, dir;

	(void)state;
	publish_at(COMPRESS_WELL, true);
	assert_int_equal(mkdir("new", 0755), 0);
	assert_int_equal(close(creat("new/page.br", 0644)), 0);
	site = open("cache/movies", O_RDONLY | O_DIRECTORY);
	dir = open("new", O_RDONLY | O_DIRECTORY);
	reuse = pack_reuse_open(site);
	record.bodies[PACK_IDENTITY].length = strlen(BODY);
	assert_int_equal(hash_bytes(BODY, strlen(BODY), digest, NULL), 0);
	memcpy(record.bodies[PACK_IDENTITY].tag, digest, PACK_TAG_BYTES);
	assert_false(pack_reuse_link(reuse, &record, dir));
	assert_int_equal(access("new/page", F_OK), -1);
	assert_int_equal(access("new/page.gz", F_OK), -1);
	assert_int_equal(unlink("new/page.br"), 0);
	assert_true(pack_reuse_link(reuse, &record, dir));
	assert_int_equal(access("new/page.br", F_OK), 0);
	pack_reuse_close(reuse);
	close(dir);
	close(site);
}

/* Publishes a set of "page", taken over from what is live, and `other`. Returns
 * what cache_writer_repeat returned. */
static int repeat_beside(const char *other)
{
	struct cache_writer *writer = open_writer();
	struct error err = {0};
	size_t bytes = 0;
	int status = cache_writer_repeat(writer, "page", &bytes, &err);

	if (status == 1) {
		assert_int_equal(bytes, strlen(BODY));
		add(writer, "other", other, false);
		assert_int_equal(cache_writer_commit(writer, &err), 1);
	}
	cache_writer_close(writer);
	return status;
}

static void what_is_repeated_is_what_would_be_added(void **state)
{
	char added[65], repeated[65];
	int is_file;

	(void)state;
	assert_int_equal(repeat_beside("a"), 0);
	for (is_file = 0; is_file < 2; is_file++) {
		publish_beside("b", COMPRESS_WELL, is_file != 0);
		assert_int_equal(readlink("cache/movies/current", added, 64),
				 64);
		publish_beside("a", COMPRESS_WELL, is_file != 0);
		assert_int_equal(repeat_beside("b"), 1);
		assert_int_equal(readlink("cache/movies/current", repeated, 64),
				 64);
		assert_memory_equal(added, repeated, 64);
	}
	damage(files[0]);
	assert_int_equal(repeat_beside("c"), 0);
}

static void only_the_same_bytes_are_live(void **state)
{
	struct cache_representation page = {
		.name = "page",
		.media_type = "text/plain",
		.body = BODY,
		.body_bytes = strlen(BODY),
		.effort = COMPRESS_WELL,
	};
	struct cache_writer *writer;

	(void)state;
	publish_at(COMPRESS_WELL, false);
	writer = open_writer();
	assert_false(cache_writer_is_live(writer, &page));
	add(writer, "another", "a", false);
	assert_true(cache_writer_is_live(writer, &page));
	page.body_bytes--;
	assert_false(cache_writer_is_live(writer, &page));
	page.name = "another";
	assert_false(cache_writer_is_live(writer, &page));
	cache_writer_close(writer);
}

static void a_set_made_twice_is_the_same_as_one_made_anew(void **state)
{
	char first[65], second[65];

	(void)state;
	publish_at(COMPRESS_WELL, true);
	assert_int_equal(readlink("cache/movies/current", first, 64), 64);
	/* Something else is live meanwhile, and then the same once more. */
	publish("between");
	publish_at(COMPRESS_WELL, true);
	assert_int_equal(readlink("cache/movies/current", second, 64), 64);
	assert_memory_equal(first, second, 64);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, enter_directory, leave_directory)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_fresh_coding_would_give_is_taken_and_nothing_else),
		TEST(nothing_is_taken_where_nothing_is_live),
		TEST(a_damaged_coding_is_made_anew),
		TEST(another_coders_bytes_are_not_taken),
		TEST(files_that_have_not_changed_are_linked),
		TEST(a_damaged_file_is_written_anew),
		TEST(regress_a_file_with_a_byte_too_many_stopped_all_publishing),
		TEST(what_cannot_be_linked_leaves_nothing),
		TEST(what_is_repeated_is_what_would_be_added),
		TEST(only_the_same_bytes_are_live),
		TEST(a_set_made_twice_is_the_same_as_one_made_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
