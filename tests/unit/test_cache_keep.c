#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "cache_fixture.h"

#include "cache/cache_keep.h"

static int put(const char *name, const char *body, struct error *err)
{
	struct cache_representation representation = {
		.name = name,
		.media_type = "application/json",
		.body = body,
		.body_bytes = strlen(body),
	};

	return cache_keep_put("cache", "files", &representation, err);
}

static void keep(const char *name, const char *body)
{
	struct error err = {0};

	if (put(name, body, &err) != 1)
		fail_msg("put %s: %s", name, err.message);
}

static bool is_kept(const char *name)
{
	struct cache_snapshot snapshot;
	struct error err = {0};
	int status = cache_keep_open("cache", "files", name, &snapshot, &err);

	if (status < 0)
		fail_msg("open %s: %s", name, err.message);
	if (status == 0)
		cache_snapshot_close(&snapshot);
	return status == 0;
}

static void assert_kept(const char *name, const char *body)
{
	struct cache_snapshot snapshot;
	struct cache_entry entry;
	struct cache_body opened;
	struct error err = {0};
	char bytes[4096];

	if (cache_keep_open("cache", "files", name, &snapshot, &err) != 0)
		fail_msg("open %s: %s", name, err.message);
	assert_int_equal(cache_snapshot_find(&snapshot, name, &entry, &err), 1);
	assert_string_equal(entry.media_type, "application/json");
	assert_int_equal(cache_body_open(&snapshot, name, &entry,
					 CACHE_IDENTITY, &opened, &err),
			 0);
	assert_int_equal(cache_body_read(&opened, 0, bytes, sizeof(bytes),
					 &err),
			 strlen(body));
	assert_memory_equal(bytes, body, strlen(body));
	cache_body_close(&opened);
	cache_snapshot_close(&snapshot);
}

static unsigned long long count(void)
{
	unsigned long long number = 99;
	struct error err = {0};

	if (cache_keep_count("cache", "files", &number, &err) != 0)
		fail_msg("count: %s", err.message);
	return number;
}

/* sha256sum says so. */
#define PATH_OF_A                                                              \
	"cache/files/ca/"                                                      \
	"978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"

static void what_is_kept_is_read_back_under_its_name(void **state)
{
	(void)state;
	keep("a", "{\"a\":1}");
	keep("b", "{\"b\":2}");
	assert_kept("a", "{\"a\":1}");
	assert_kept("b", "{\"b\":2}");
	assert_false(is_kept("c"));
	assert_int_equal(count(), 2);
}

static void the_path_is_the_hash_of_the_name(void **state)
{
	(void)state;
	keep("a", "{}");
	assert_int_equal(access(PATH_OF_A, R_OK), 0);
	assert_int_equal(count_entries("cache/files"), 1);
	keep("../../a/b\\\n", "{}");
	assert_int_equal(count_entries("cache/files"), 2);
	assert_int_equal(count_entries("."), 1);
	assert_kept("../../a/b\\\n", "{}");
}

static void the_first_one_kept_stays(void **state)
{
	struct error err = {0};

	(void)state;
	keep("a", "first");
	assert_int_equal(put("a", "second", &err), 0);
	assert_kept("a", "first");
}

static void nothing_kept_is_empty_not_an_error(void **state)
{
	(void)state;
	assert_false(is_kept("a"));
	assert_int_equal(count(), 0);
	assert_int_equal(cache_keep_forget("cache", "files", "a", NULL), 0);
}

static void below_a_file_nothing_is_kept(void **state)
{
	(void)state;
	put_file("cache", "");
	assert_false(is_kept("a"));
	assert_int_equal(count(), 0);
	assert_int_equal(cache_keep_forget("cache", "files", "a", NULL), 0);
}

static void what_is_forgotten_is_gone_and_can_be_kept_again(void **state)
{
	struct error err = {0};

	(void)state;
	keep("a", "old");
	assert_int_equal(cache_keep_forget("cache", "files", "a", &err), 1);
	assert_false(is_kept("a"));
	assert_int_equal(cache_keep_forget("cache", "files", "a", &err), 0);
	keep("a", "new");
	assert_kept("a", "new");
}

static void a_snapshot_outlives_what_it_was_taken_of(void **state)
{
	struct cache_snapshot snapshot;
	struct cache_entry entry;
	struct error err = {0};

	(void)state;
	keep("a", "body");
	assert_int_equal(
		cache_keep_open("cache", "files", "a", &snapshot, &err), 0);
	assert_int_equal(cache_keep_forget("cache", "files", "a", &err), 1);
	assert_int_equal(cache_snapshot_find(&snapshot, "a", &entry, &err), 1);
	assert_int_equal(cache_snapshot_find(&snapshot, "b", &entry, &err), 0);
	cache_snapshot_close(&snapshot);
}

static void it_says_when_it_was_kept(void **state)
{
	struct cache_snapshot snapshot;
	struct error err = {0};
	time_t now = (time_t)(clock_wall_ms() / 1000);

	(void)state;
	keep("a", "body");
	assert_int_equal(
		cache_keep_open("cache", "files", "a", &snapshot, &err), 0);
	assert_in_range(snapshot.published_at, now - 1, now + 5);
	cache_snapshot_close(&snapshot);
}

static void large_bodies_are_kept_compressed_too(void **state)
{
	struct cache_snapshot snapshot;
	struct cache_entry entry;
	struct error err = {0};
	char body[4001];

	(void)state;
	memset(body, 'x', 4000);
	body[4000] = '\0';
	keep("a", body);
	assert_kept("a", body);
	assert_int_equal(
		cache_keep_open("cache", "files", "a", &snapshot, &err), 0);
	assert_int_equal(cache_snapshot_find(&snapshot, "a", &entry, &err), 1);
	assert_true(entry.bodies[CACHE_GZIP].is_present);
	assert_true(entry.bodies[CACHE_BROTLI].is_present);
	assert_true(entry.bodies[CACHE_BROTLI].length < 100);
	cache_snapshot_close(&snapshot);
}

static void a_representation_that_is_a_file_is_refused(void **state)
{
	struct cache_representation representation = {
		.name = "a",
		.media_type = "x/y",
		.body = "b",
		.body_bytes = 1,
		.is_file = true,
	};
	struct error err = {0};

	(void)state;
	assert_int_equal(
		cache_keep_put("cache", "files", &representation, &err), -1);
	assert_int_equal(err.code, EX_SOFTWARE);
	assert_false(is_kept("a"));
}

static void a_full_disk_keeps_nothing_and_leaves_nothing(void **state)
{
	const struct rlimit none = {64, RLIM_INFINITY};
	struct rlimit before;
	struct error err = {0};
	char body[4001];

	(void)state;
	memset(body, 'x', 4000);
	body[4000] = '\0';
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	assert_int_equal(put("a", body, &err), -1);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(err.code, EX_IOERR);
	assert_false(is_kept("a"));
	assert_int_equal(count_entries("cache/files/ca"), 0);
	keep("a", body);
}

static void a_directory_out_of_reach_is_an_error_of_creating(void **state)
{
	struct error err = {0};
	int fd = open("cache", O_WRONLY | O_CREAT, 0644);

	(void)state;
	close(fd);
	assert_int_equal(put("a", "body", &err), -1);
	assert_int_equal(err.code, EX_CANTCREAT);
}

static void one_that_cannot_be_read_is_said_so_and_replaced(void **state)
{
	struct cache_snapshot snapshot;
	struct error err = {0};

	(void)state;
	keep("a", "body");
	assert_int_equal(truncate(PATH_OF_A, 20), 0);
	assert_int_equal(
		cache_keep_open("cache", "files", "a", &snapshot, &err), -1);
	assert_int_equal(err.code, EX_DATAERR);
	keep("a", "again");
	assert_kept("a", "again");
}

static void *put_one(void *context)
{
	struct error err = {0};
	int *result = context;

	*result = put("a", "the same body", &err);
	return NULL;
}

static void of_many_at_once_just_one_is_kept(void **state)
{
	pthread_t threads[16];
	int results[16], i, sum = 0;

	(void)state;
	for (i = 0; i < 16; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, put_one,
						&results[i]),
				 0);
	for (i = 0; i < 16; i++) {
		pthread_join(threads[i], NULL);
		assert_in_range(results[i], 0, 1);
		sum += results[i];
	}
	assert_int_equal(sum, 1);
	assert_kept("a", "the same body");
	assert_int_equal(count_entries("cache/files/ca"), 1);
}

static void no_descriptor_is_left_open(void **state)
{
	struct error err = {0};
	int before = count_entries("/proc/self/fd");

	(void)state;
	keep("a", "body");
	assert_kept("a", "body");
	assert_int_equal(put("a", "body", &err), 0);
	assert_int_equal(count(), 1);
	assert_false(is_kept("b"));
	assert_int_equal(cache_keep_forget("cache", "files", "a", &err), 1);
	assert_int_equal(count_entries("/proc/self/fd"), before);
}

int main(void)
{
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, enter_directory, leave_directory)
	const struct CMUnitTest tests[] = {
		TEST(what_is_kept_is_read_back_under_its_name),
		TEST(the_path_is_the_hash_of_the_name),
		TEST(the_first_one_kept_stays),
		TEST(nothing_kept_is_empty_not_an_error),
		TEST(below_a_file_nothing_is_kept),
		TEST(what_is_forgotten_is_gone_and_can_be_kept_again),
		TEST(a_snapshot_outlives_what_it_was_taken_of),
		TEST(it_says_when_it_was_kept),
		TEST(large_bodies_are_kept_compressed_too),
		TEST(a_representation_that_is_a_file_is_refused),
		TEST(a_full_disk_keeps_nothing_and_leaves_nothing),
		TEST(a_directory_out_of_reach_is_an_error_of_creating),
		TEST(one_that_cannot_be_read_is_said_so_and_replaced),
		TEST(of_many_at_once_just_one_is_kept),
		TEST(no_descriptor_is_left_open),
	};

	signal(SIGXFSZ, SIG_IGN);
	return cmocka_run_group_tests_name("cache_keep", tests, NULL, NULL);
}
