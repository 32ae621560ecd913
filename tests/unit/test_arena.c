/* arena: what it hands out stays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdalign.h>
#include <stdio.h>
#include <string.h>

#include "catalogue/arena.h"

static void texts_stay_where_they_are_over_many_blocks(void **state)
{
	struct arena arena = ARENA_EMPTY;
	char *texts[5000];
	char expected[64];
	size_t i;

	(void)state;
	for (i = 0; i < 5000; i++) {
		int length = snprintf(expected, sizeof(expected),
				      "text number %zu, and more", i);

		texts[i] = arena_text(&arena, expected, (size_t)length);
		assert_non_null(texts[i]);
	}
	for (i = 0; i < 5000; i++) {
		snprintf(expected, sizeof(expected),
			 "text number %zu, and more", i);
		assert_string_equal(texts[i], expected);
	}
	arena_clear(&arena);
}

static void what_is_taken_is_zero_and_aligned_after_odd_texts(void **state)
{
	struct arena arena = ARENA_EMPTY;
	size_t i, k;

	(void)state;
	for (i = 1; i < 300; i++) {
		unsigned char *taken;

		assert_non_null(arena_text(&arena, "abc", 3));
		taken = arena_take(&arena, i);
		assert_non_null(taken);
		assert_int_equal((uintptr_t)taken % alignof(max_align_t), 0);
		for (k = 0; k < i; k++)
			assert_int_equal(taken[k], 0);
		memset(taken, 0xff, i);
	}
	arena_clear(&arena);
}

static void a_large_thing_does_not_end_the_block_being_filled(void **state)
{
	struct arena arena = ARENA_EMPTY;
	char *before, *after;

	(void)state;
	before = arena_text(&arena, "a", 1);
	assert_non_null(arena_take(&arena, 10 * ARENA_BLOCK_BYTES));
	after = arena_text(&arena, "b", 1);
	assert_ptr_equal(after, before + 2);
	arena_clear(&arena);
}

static void a_cleared_arena_can_be_used_again(void **state)
{
	struct arena arena = ARENA_EMPTY;

	(void)state;
	assert_non_null(arena_take(&arena, 10 * ARENA_BLOCK_BYTES));
	arena_clear(&arena);
	assert_null(arena.blocks);
	assert_string_equal(arena_text(&arena, "again", 5), "again");
	arena_clear(&arena);
}

static void an_impossible_size_is_no_memory(void **state)
{
	struct arena arena = ARENA_EMPTY;

	(void)state;
	assert_null(arena_take(&arena, SIZE_MAX));
	assert_null(arena_text(&arena, "", SIZE_MAX));
	arena_clear(&arena);
}

/* Small and large, in one block and in several. */
static void what_is_released_is_handed_out_again(void **state)
{
	static const size_t lengths[] = {1, 100, ARENA_BLOCK_BYTES / 2,
					 ARENA_BLOCK_BYTES / 5,
					 3 * ARENA_BLOCK_BYTES};
	struct arena arena = ARENA_EMPTY;
	const char *kept, *first = NULL, *again;
	struct arena_mark mark;
	int round;
	size_t i;

	(void)state;
	kept = arena_text(&arena, "kept", 4);
	assert_non_null(kept);
	mark = arena_mark(&arena);
	for (round = 0; round < 3; round++) {
		again = arena_take(&arena, 8);
		assert_memory_equal(again, "\0\0\0\0\0\0\0", 8);
		assert_true(first == NULL || again == first);
		first = again;
		for (i = 0; i < 5; i++)
			memset(arena_take(&arena, lengths[i]), 'x', lengths[i]);
		arena_release(&arena, mark);
	}
	assert_string_equal(kept, "kept");
	arena_clear(&arena);
}

static void an_arena_that_was_empty_is_empty_again(void **state)
{
	struct arena arena = ARENA_EMPTY;
	struct arena_mark mark = arena_mark(&arena);

	(void)state;
	assert_non_null(arena_take(&arena, 10));
	assert_non_null(arena_take(&arena, ARENA_BLOCK_BYTES));
	arena_release(&arena, mark);
	assert_null(arena.blocks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_stay_where_they_are_over_many_blocks),
		cmocka_unit_test(
			what_is_taken_is_zero_and_aligned_after_odd_texts),
		cmocka_unit_test(
			a_large_thing_does_not_end_the_block_being_filled),
		cmocka_unit_test(what_is_released_is_handed_out_again),
		cmocka_unit_test(an_arena_that_was_empty_is_empty_again),
		cmocka_unit_test(a_cleared_arena_can_be_used_again),
		cmocka_unit_test(an_impossible_size_is_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
