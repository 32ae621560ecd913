#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cache/pack.h"
#include "cache_fixture.h"

static void open_snapshot(struct cache_snapshot *snapshot)
{
	struct error err = {0};

	if (cache_snapshot_open("cache", "movies", snapshot, &err) != 0)
		fail_msg("snapshot: %s", err.message);
}

static void a_cache_that_was_never_published_is_empty(void **state)
{
	struct cache_snapshot snapshot;
	struct error err = {0};

	(void)state;
	assert_int_equal(cache_snapshot_open("cache", "movies", &snapshot,
					     &err),
			 CACHE_EMPTY);
	cache_writer_close(open_writer());
	assert_int_equal(cache_snapshot_open("cache", "movies", &snapshot,
					     &err),
			 CACHE_EMPTY);
}

static void a_snapshot_stays_what_it_was_while_others_publish(void **state)
{
	struct cache_snapshot snapshot;
	struct cache_entry entry;
	struct cache_body body;
	struct error err = {0};
	char bytes[16];

	(void)state;
	publish("before");
	open_snapshot(&snapshot);
	publish("after");
	assert_int_equal(cache_snapshot_find(&snapshot, "list", &entry, &err),
			 1);
	assert_int_equal(cache_body_open(&snapshot, "list", &entry,
					 CACHE_IDENTITY, &body, &err),
			 0);
	assert_int_equal(cache_body_read(&body, 0, bytes, 16, &err), 6);
	assert_memory_equal(bytes, "before", 6);
	cache_body_close(&body);
	cache_snapshot_close(&snapshot);
	assert_live("after");
}

static void what_the_pack_holds_is_readable_after_pruning(void **state)
{
	struct cache_snapshot snapshot;
	struct cache_entry entry;
	struct cache_body body;
	struct error err = {0};
	char bytes[32];
	int i;

	(void)state;
	publish("before");
	open_snapshot(&snapshot);
	for (i = 0; i < 5; i++) {
		snprintf(bytes, sizeof(bytes), "later %d", i);
		publish(bytes);
	}
	assert_int_equal(cache_snapshot_find(&snapshot, "page", &entry, &err),
			 1);
	assert_int_equal(cache_body_open(&snapshot, "page", &entry,
					 CACHE_IDENTITY, &body, &err),
			 0);
	assert_int_equal(cache_body_read(&body, 0, bytes, 16, &err), 6);
	assert_memory_equal(bytes, "before", 6);
	cache_body_close(&body);
	/* Plain files are gone by then, which is an error, never a mix. */
	assert_int_equal(cache_snapshot_find(&snapshot, "list", &entry, &err),
			 1);
	assert_int_equal(cache_body_open(&snapshot, "list", &entry,
					 CACHE_IDENTITY, &body, &err),
			 -1);
	cache_snapshot_close(&snapshot);
}

static void every_one_of_thousands_of_names_is_found(void **state)
{
	struct cache_writer *writer = open_writer();
	struct cache_snapshot snapshot;
	struct cache_entry entry;
	struct error err = {0};
	char name[64];
	int i;

	(void)state;
	for (i = 0; i < 2000; i++) {
		snprintf(name, sizeof(name), "movies/%d.json", i);
		add(writer, name, name, false);
	}
	assert_int_equal(cache_writer_commit(writer, &err), 1);
	cache_writer_close(writer);
	open_snapshot(&snapshot);
	for (i = 0; i < 2000; i++) {
		snprintf(name, sizeof(name), "movies/%d.json", i);
		if (cache_snapshot_find(&snapshot, name, &entry, &err) != 1 ||
		    entry.bodies[CACHE_IDENTITY].length != strlen(name))
			fail_msg("%s is not found", name);
	}
	for (i = 2000; i < 3000; i++) {
		snprintf(name, sizeof(name), "movies/%d.json", i);
		if (cache_snapshot_find(&snapshot, name, &entry, &err) != 0)
			fail_msg("%s is found", name);
	}
	cache_snapshot_close(&snapshot);
}

static void names_that_nobody_published_are_not_found(void **state)
{
	static const char *const names[] = {
		"",      "pag",   "pagee", "Page", "../page",
		"/page", "page/", "pack",  "lock", "list.gz",
	};
	struct cache_snapshot snapshot;
	struct cache_entry entry;
	struct error err = {0};
	char *huge = calloc(1, 5001);
	size_t i;

	(void)state;
	publish("x");
	open_snapshot(&snapshot);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (cache_snapshot_find(&snapshot, names[i], &entry, &err) != 0)
			fail_msg("\"%s\" is found", names[i]);
	memset(huge, 'p', 5000);
	assert_int_equal(cache_snapshot_find(&snapshot, huge, &entry, &err), 0);
	free(huge);
	cache_snapshot_close(&snapshot);
}

static void codings_are_kept_only_where_they_are_smaller(void **state)
{
	struct cache_writer *writer = open_writer();
	struct cache_snapshot snapshot;
	struct cache_entry entry;
	struct error err = {0};
	char *large = calloc(1, 10001);

	(void)state;
	memset(large, 'x', 10000);
	add(writer, "small", "ab", false);
	add(writer, "large", large, false);
	assert_int_equal(cache_writer_commit(writer, &err), 1);
	cache_writer_close(writer);
	open_snapshot(&snapshot);
	assert_int_equal(cache_snapshot_find(&snapshot, "small", &entry, &err),
			 1);
	assert_true(entry.bodies[CACHE_IDENTITY].is_present);
	assert_false(entry.bodies[CACHE_GZIP].is_present);
	assert_false(entry.bodies[CACHE_BROTLI].is_present);
	assert_int_equal(cache_snapshot_find(&snapshot, "large", &entry, &err),
			 1);
	assert_true(entry.bodies[CACHE_GZIP].is_present);
	assert_true(entry.bodies[CACHE_BROTLI].is_present);
	assert_true(entry.bodies[CACHE_GZIP].length < 200);
	cache_snapshot_close(&snapshot);
	free(large);
}

static void each_coding_has_its_own_strong_etag(void **state)
{
	struct cache_snapshot snapshot;
	struct cache_entry entry, other;
	struct error err = {0};
	char *large = calloc(1, 2001);

	(void)state;
	memset(large, 'x', 2000);
	publish(large);
	free(large);
	open_snapshot(&snapshot);
	cache_snapshot_find(&snapshot, "page", &entry, &err);
	cache_snapshot_find(&snapshot, "list", &other, &err);
	cache_snapshot_close(&snapshot);
	assert_int_equal(strlen(entry.bodies[CACHE_GZIP].etag), 34);
	assert_int_equal(entry.bodies[CACHE_GZIP].etag[0], '"');
	assert_string_not_equal(entry.bodies[CACHE_IDENTITY].etag,
				entry.bodies[CACHE_GZIP].etag);
	assert_string_not_equal(entry.bodies[CACHE_GZIP].etag,
				entry.bodies[CACHE_BROTLI].etag);
	/* The tag follows from the bytes, wherever they are. */
	assert_string_equal(entry.bodies[CACHE_IDENTITY].etag,
			    other.bodies[CACHE_IDENTITY].etag);
}

static void a_body_is_readable_from_any_byte(void **state)
{
	struct cache_snapshot snapshot;
	struct cache_entry entry;
	struct cache_body body;
	struct error err = {0};
	char bytes[16];

	(void)state;
	publish("0123456789");
	open_snapshot(&snapshot);
	cache_snapshot_find(&snapshot, "page", &entry, &err);
	cache_body_open(&snapshot, "page", &entry, CACHE_IDENTITY, &body, &err);
	assert_int_equal(cache_body_read(&body, 7, bytes, 16, &err), 3);
	assert_memory_equal(bytes, "789", 3);
	assert_int_equal(cache_body_read(&body, 2, bytes, 3, &err), 3);
	assert_memory_equal(bytes, "234", 3);
	assert_int_equal(cache_body_read(&body, 10, bytes, 16, &err), 0);
	assert_int_equal(cache_body_read(&body, 99, bytes, 16, &err), 0);
	cache_body_close(&body);
	cache_snapshot_close(&snapshot);
}

static void a_file_that_was_cut_short_is_an_error(void **state)
{
	struct cache_snapshot snapshot;
	struct cache_entry entry;
	struct cache_body body;
	struct error err = {0};
	char bytes[16];

	(void)state;
	publish("0123456789");
	assert_int_equal(truncate("cache/movies/current/list", 4), 0);
	open_snapshot(&snapshot);
	cache_snapshot_find(&snapshot, "list", &entry, &err);
	cache_body_open(&snapshot, "list", &entry, CACHE_IDENTITY, &body, &err);
	assert_int_equal(cache_body_read(&body, 0, bytes, 16, &err), -1);
	assert_int_equal(err.code, EX_IOERR);
	cache_body_close(&body);
	cache_snapshot_close(&snapshot);
}

/* Whatever stands in a pack, reading it ends in an answer or in an error. */
static void damaged_packs_are_errors_and_nothing_worse(void **state)
{
	struct cache_snapshot snapshot;
	struct cache_entry entry;
	struct error err = {0};
	struct stat status;
	unsigned char byte;
	off_t at;
	int fd, i;

	(void)state;
	publish("0123456789");
	fd = open("cache/movies/current/pack", O_RDWR);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &status), 0);
	for (at = 0; at < status.st_size; at++) {
		assert_int_equal(pread(fd, &byte, 1, at), 1);
		for (i = 0; i < 2; i++) {
			unsigned char wrong = i == 0 ? 0xff : byte ^ 0x10;

			assert_int_equal(pwrite(fd, &wrong, 1, at), 1);
			if (cache_snapshot_open("cache", "movies", &snapshot,
						&err) != 0)
				continue;
			cache_snapshot_find(&snapshot, "page", &entry, &err);
			cache_snapshot_find(&snapshot, "nothing", &entry, &err);
			cache_snapshot_close(&snapshot);
		}
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	}
	assert_live("0123456789");
	assert_int_equal(ftruncate(fd, 20), 0);
	assert_int_equal(
		cache_snapshot_open("cache", "movies", &snapshot, &err), -1);
	assert_int_equal(err.code, EX_DATAERR);
	close(fd);
}

/* A search ends at a free slot; here there is none. */
static void a_search_in_a_full_index_ends(void **state)
{
	static const unsigned char taken[8] = {1};
	unsigned char footer[PACK_FOOTER_BYTES], at[8];
	struct cache_snapshot snapshot;
	struct cache_entry entry;
	struct error err = {0};
	uint64_t slots_at, i;
	struct stat status;
	int fd;

	(void)state;
	publish("x");
	fd = open("cache/movies/current/pack", O_RDWR);
	assert_int_equal(fstat(fd, &status), 0);
	assert_int_equal(pread(fd, footer, sizeof(footer),
			       status.st_size - PACK_FOOTER_BYTES),
			 PACK_FOOTER_BYTES);
	slots_at = pack_read_u64(footer);
	for (i = 0; i < pack_read_u64(footer + 8); i++) {
		off_t place = (off_t)(slots_at + i * PACK_SLOT_BYTES + 8);

		assert_int_equal(pread(fd, at, sizeof(at), place), 8);
		if (pack_read_u64(at) == 0)
			assert_int_equal(pwrite(fd, taken, 8, place), 8);
	}
	close(fd);
	assert_int_equal(
		cache_snapshot_open("cache", "movies", &snapshot, &err), 0);
	assert_int_equal(
		cache_snapshot_find(&snapshot, "nothing", &entry, &err), 0);
	assert_int_equal(cache_snapshot_find(&snapshot, "page", &entry, &err),
			 1);
	cache_snapshot_close(&snapshot);
}

static void a_symbolic_link_in_a_generation_is_not_followed(void **state)
{
	struct cache_snapshot snapshot;
	struct cache_entry entry;
	struct cache_body body;
	struct error err = {0};

	(void)state;
	publish("0123456789");
	assert_int_equal(unlink("cache/movies/current/list"), 0);
	assert_int_equal(symlink("/etc/passwd", "cache/movies/current/list"),
			 0);
	open_snapshot(&snapshot);
	cache_snapshot_find(&snapshot, "list", &entry, &err);
	assert_int_equal(cache_body_open(&snapshot, "list", &entry,
					 CACHE_IDENTITY, &body, &err),
			 -1);
	cache_snapshot_close(&snapshot);
}

static void no_descriptor_is_left_open(void **state)
{
	struct cache_snapshot snapshot;
	struct error err = {0};
	int before, i;

	(void)state;
	publish("x");
	assert_int_equal(truncate("cache/movies/current/pack", 3), 0);
	before = count_entries("/proc/self/fd");
	for (i = 0; i < 10; i++) {
		cache_snapshot_open("cache", "movies", &snapshot, &err);
		cache_snapshot_open("nowhere", "movies", &snapshot, &err);
	}
	assert_int_equal(count_entries("/proc/self/fd"), before);
}

int main(void)
{
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, enter_directory, leave_directory)
	const struct CMUnitTest tests[] = {
		TEST(a_cache_that_was_never_published_is_empty),
		TEST(a_snapshot_stays_what_it_was_while_others_publish),
		TEST(what_the_pack_holds_is_readable_after_pruning),
		TEST(every_one_of_thousands_of_names_is_found),
		TEST(names_that_nobody_published_are_not_found),
		TEST(codings_are_kept_only_where_they_are_smaller),
		TEST(each_coding_has_its_own_strong_etag),
		TEST(a_body_is_readable_from_any_byte),
		TEST(a_file_that_was_cut_short_is_an_error),
		TEST(damaged_packs_are_errors_and_nothing_worse),
		TEST(a_search_in_a_full_index_ends),
		TEST(a_symbolic_link_in_a_generation_is_not_followed),
		TEST(no_descriptor_is_left_open),
	};

	return cmocka_run_group_tests_name("cache_reader", tests, NULL, NULL);
}
