#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "media/media_index.h"

static struct media_index *open_index(long long ttl_ms, size_t max_bytes)
{
	struct error err = {0};
	struct media_index *index = media_index_open(ttl_ms, max_bytes, &err);

	assert_non_null(index);
	return index;
}

static void put(struct media_index *index, const char *id, const char *status,
		long long now_ms)
{
	char text[200];
	struct media_entry *entry;
	struct error err = {0};

	snprintf(text, sizeof(text),
		 "{\"fileId\":\"%s\",\"processingStatus\":\"%s\"}", id, status);
	assert_int_equal(media_entry_read(text, strlen(text), &entry, &err), 0);
	media_index_put(index, entry, now_ms);
	free(entry);
}

static void what_was_put_last_is_found_until_its_time(void **state)
{
	struct media_index *index = open_index(100, 10000);

	(void)state;
	put(index, "a", "ONE", 1000);
	put(index, "b", "TWO", 1050);
	assert_string_equal(media_index_find(index, "a", 1099)->status, "ONE");
	put(index, "a", "THREE", 1090);
	assert_string_equal(media_index_find(index, "a", 1189)->status,
			    "THREE");
	assert_null(media_index_find(index, "a", 1190));
	assert_null(media_index_find(index, "b", 1150));
	assert_null(media_index_find(index, "c", 1090));
	media_index_forget(index, "a");
	assert_null(media_index_find(index, "a", 1090));
	media_index_close(index);
}

static void memory_is_bounded_and_the_oldest_goes_first(void **state)
{
	struct media_index *index = open_index(100000, 4000);
	char id[16];
	int i, found = 0;

	(void)state;
	media_index_begin(index, 0);
	for (i = 0; i < 1000; i++) {
		snprintf(id, sizeof(id), "id-%d", i);
		put(index, id, "FINISHED", i);
	}
	media_index_end_whole(index);
	for (i = 0; i < 1000; i++) {
		snprintf(id, sizeof(id), "id-%d", i);
		if (media_index_find(index, id, 1000) != NULL)
			found++;
		else
			assert_int_equal(found, 0);
	}
	assert_in_range(found, 5, 30);
	/* What was forgotten is not unknown for that, nor is anything else. */
	assert_false(media_index_is_unknown(index, "id-0", 1000));
	assert_false(media_index_is_unknown(index, "nobody", 1000));
	media_index_close(index);
}

static void what_is_larger_than_all_the_room_is_not_remembered(void **state)
{
	struct media_index *index = open_index(1000, 1);

	(void)state;
	put(index, "a", "FINISHED", 10);
	assert_null(media_index_find(index, "a", 10));
	media_index_close(index);
}

static void what_is_past_its_time_is_not_lost(void **state)
{
	struct media_index *index = open_index(10, 4000);
	char id[16];
	int i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		snprintf(id, sizeof(id), "id-%d", i);
		media_index_begin(index, i * 5LL);
		put(index, id, "FINISHED", i * 5LL);
		media_index_end_whole(index);
		assert_true(media_index_is_unknown(index, "nobody", i * 5LL));
	}
	media_index_close(index);
}

static void without_a_time_nothing_is_remembered(void **state)
{
	struct media_index *index = open_index(0, 4000);

	(void)state;
	put(index, "a", "ONE", 1000);
	assert_null(media_index_find(index, "a", 1000));
	media_index_begin(index, 1000);
	media_index_end_whole(index);
	assert_false(media_index_is_unknown(index, "b", 1000));
	media_index_close(index);
}

static void an_id_is_unknown_after_a_whole_walk_and_for_a_time(void **state)
{
	struct media_index *index = open_index(100, 10000);

	(void)state;
	assert_false(media_index_is_unknown(index, "b", 1000));
	media_index_begin(index, 1000);
	put(index, "a", "ONE", 1010);
	assert_false(media_index_is_unknown(index, "b", 1020));
	media_index_end_whole(index);
	assert_true(media_index_is_unknown(index, "b", 1020));
	assert_false(media_index_is_unknown(index, "a", 1020));
	/* A walk that has not come to the end takes nothing back. */
	media_index_begin(index, 1050);
	assert_true(media_index_is_unknown(index, "b", 1099));
	put(index, "b", "TWO", 1060);
	assert_false(media_index_is_unknown(index, "b", 1099));
	assert_true(media_index_is_unknown(index, "c", 1099));
	assert_false(media_index_is_unknown(index, "c", 1100));
	media_index_close(index);
}

static void what_is_forgotten_is_not_unknown(void **state)
{
	struct media_index *index = open_index(100, 10000);

	(void)state;
	media_index_begin(index, 1000);
	put(index, "a", "ONE", 1010);
	media_index_end_whole(index);
	media_index_forget(index, "a");
	assert_null(media_index_find(index, "a", 1020));
	assert_false(media_index_is_unknown(index, "a", 1020));
	media_index_close(index);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_put_last_is_found_until_its_time),
		cmocka_unit_test(memory_is_bounded_and_the_oldest_goes_first),
		cmocka_unit_test(
			what_is_larger_than_all_the_room_is_not_remembered),
		cmocka_unit_test(what_is_past_its_time_is_not_lost),
		cmocka_unit_test(without_a_time_nothing_is_remembered),
		cmocka_unit_test(
			an_id_is_unknown_after_a_whole_walk_and_for_a_time),
		cmocka_unit_test(what_is_forgotten_is_not_unknown),
	};

	return cmocka_run_group_tests_name("media_index", tests, NULL, NULL);
}
