/* cache_hold: a generation that stays open from one request to the next. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cache/cache_hold.h"
#include "cache/kept_bodies.h"
#include "cache_fixture.h"

static struct cache_hold *open_hold(void)
{
	struct cache_hold *hold = cache_hold_create("cache", "movies", NULL);

	assert_non_null(hold);
	return hold;
}

static const struct cache_snapshot *take(struct cache_hold *hold)
{
	const struct cache_snapshot *snapshot;
	struct error err = {0};

	if (cache_hold_take(hold, &snapshot, &err) != 0)
		fail_msg("take: %s", err.message);
	return snapshot;
}

/* Asserts that `name` is `expected` there, and says whether it came from
 * memory. */
static bool assert_reads(const struct cache_snapshot *snapshot,
			 const char *name, const char *expected)
{
	struct cache_entry entry;
	struct cache_body body;
	struct error err = {0};
	char bytes[4096];
	bool is_kept;
	ssize_t got;

	assert_int_equal(cache_snapshot_find(snapshot, name, &entry, &err), 1);
	assert_int_equal(cache_body_open(snapshot, name, &entry, CACHE_IDENTITY,
					 &body, &err),
			 0);
	is_kept = body.bytes != NULL;
	got = cache_body_read(&body, 0, bytes, sizeof(bytes), &err);
	cache_body_close(&body);
	assert_int_equal(got, strlen(expected));
	assert_memory_equal(bytes, expected, strlen(expected));
	return is_kept;
}

static void what_is_current_is_opened_once(void **state)
{
	const struct cache_snapshot *first, *second;
	struct cache_hold *hold;

	(void)state;
	publish("one");
	hold = open_hold();
	first = take(hold);
	cache_hold_give_back(hold, first);
	second = take(hold);
	assert_ptr_equal(first, second);
	assert_reads(second, "page", "one");
	cache_hold_give_back(hold, second);
	cache_hold_free(hold);
	cache_hold_free(NULL);
}

static void an_empty_body_is_held_too(void **state)
{
	const struct cache_snapshot *snapshot;
	struct cache_hold *hold = open_hold();

	(void)state;
	publish("");
	snapshot = take(hold);
	assert_reads(snapshot, "list", "");
	assert_reads(snapshot, "list", "");
	cache_hold_give_back(hold, snapshot);
	cache_hold_free(hold);
}

static void a_new_generation_is_seen_at_once(void **state)
{
	const struct cache_snapshot *snapshot;
	struct cache_hold *hold = open_hold();
	char body[2] = "a";

	(void)state;
	for (; body[0] < 'i'; body[0]++) {
		publish(body);
		snapshot = take(hold);
		assert_reads(snapshot, "page", body);
		assert_reads(snapshot, "list", body);
		cache_hold_give_back(hold, snapshot);
	}
	cache_hold_free(hold);
}

static void what_was_taken_stays_though_it_is_pruned(void **state)
{
	const struct cache_snapshot *old, *new;
	struct cache_hold *hold = open_hold();
	char body[2] = "b";

	(void)state;
	publish("a");
	old = take(hold);
	assert_reads(old, "list", "a");
	for (; body[0] < 'b' + 2 * LAYOUT_GENERATIONS_KEPT; body[0]++)
		publish(body);
	body[0]--;
	new = take(hold);
	assert_reads(old, "page", "a");
	assert_reads(old, "list", "a");
	assert_reads(new, "page", body);
	cache_hold_give_back(hold, old);
	assert_reads(new, "list", body);
	cache_hold_give_back(hold, new);
	cache_hold_free(hold);
}

static void nothing_published_is_empty_until_it_is(void **state)
{
	const struct cache_snapshot *snapshot;
	struct cache_hold *hold = open_hold();
	struct error err = {0};

	(void)state;
	assert_int_equal(cache_hold_take(hold, &snapshot, &err), CACHE_EMPTY);
	publish("one");
	snapshot = take(hold);
	cache_hold_give_back(hold, snapshot);
	assert_int_equal(files_remove_tree(AT_FDCWD, "cache", &err), 0);
	assert_int_equal(cache_hold_take(hold, &snapshot, &err), CACHE_EMPTY);
	cache_hold_free(hold);
}

/* What --rollback does: an old generation becomes current at another time. */
static void the_same_generation_made_current_again_says_when(void **state)
{
	const struct timespec times[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
	const struct cache_snapshot *snapshot;
	struct cache_hold *hold = open_hold();

	(void)state;
	publish("one");
	cache_hold_give_back(hold, take(hold));
	assert_int_equal(utimensat(AT_FDCWD, "cache/movies/current", times, 0),
			 0);
	snapshot = take(hold);
	assert_int_equal(snapshot->published_at, 1000);
	cache_hold_give_back(hold, snapshot);
	cache_hold_free(hold);
}

static void a_file_is_read_once_and_what_is_packed_is_not_kept(void **state)
{
	const struct cache_snapshot *snapshot;
	struct cache_hold *hold = open_hold();

	(void)state;
	publish("body");
	snapshot = take(hold);
	assert_true(assert_reads(snapshot, "list", "body"));
	assert_int_equal(unlink("cache/movies/current/list"), 0);
	assert_true(assert_reads(snapshot, "list", "body"));
	assert_false(assert_reads(snapshot, "page", "body"));
	cache_hold_give_back(hold, snapshot);
	cache_hold_free(hold);
}

static void what_there_is_no_room_for_is_read_as_ever(void **state)
{
	struct cache_writer *writer = open_writer();
	const struct cache_snapshot *snapshot;
	char name[32], *large = malloc(KEPT_BYTES + 2);
	struct cache_hold *hold = open_hold();
	struct cache_entry entry;
	struct cache_body body;
	int i, kept = 0;

	(void)state;
	memset(large, 'x', KEPT_BYTES + 1);
	large[KEPT_BYTES + 1] = '\0';
	add(writer, "large", large, true);
	for (i = 0; i < 2 * KEPT_NAMES; i++) {
		snprintf(name, sizeof(name), "file-%d", i);
		add(writer, name, name, true);
	}
	assert_int_equal(cache_writer_commit(writer, NULL), 1);
	cache_writer_close(writer);
	snapshot = take(hold);
	assert_int_equal(cache_snapshot_find(snapshot, "large", &entry, NULL),
			 1);
	assert_int_equal(cache_body_open(snapshot, "large", &entry,
					 CACHE_IDENTITY, &body, NULL),
			 0);
	assert_null(body.bytes);
	cache_body_close(&body);
	for (i = 0; i < 2 * KEPT_NAMES; i++) {
		snprintf(name, sizeof(name), "file-%d", i);
		kept += assert_reads(snapshot, name, name);
	}
	assert_int_equal(kept, KEPT_NAMES - 1);
	cache_hold_give_back(hold, snapshot);
	cache_hold_free(hold);
	free(large);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_current_is_opened_once,
						enter_directory,
						leave_directory),
		cmocka_unit_test_setup_teardown(an_empty_body_is_held_too,
						enter_directory,
						leave_directory),
		cmocka_unit_test_setup_teardown(
			a_new_generation_is_seen_at_once, enter_directory,
			leave_directory),
		cmocka_unit_test_setup_teardown(
			what_was_taken_stays_though_it_is_pruned,
			enter_directory, leave_directory),
		cmocka_unit_test_setup_teardown(
			nothing_published_is_empty_until_it_is, enter_directory,
			leave_directory),
		cmocka_unit_test_setup_teardown(
			the_same_generation_made_current_again_says_when,
			enter_directory, leave_directory),
		cmocka_unit_test_setup_teardown(
			a_file_is_read_once_and_what_is_packed_is_not_kept,
			enter_directory, leave_directory),
		cmocka_unit_test_setup_teardown(
			what_there_is_no_room_for_is_read_as_ever,
			enter_directory, leave_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
