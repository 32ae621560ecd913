/* buffer: bytes that grow, and failures that stick. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <wchar.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base_fixture.h"

/* Lack of memory is a result here, not the end of the program. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

static void appended_pieces_stand_one_after_the_other(void **state)
{
	struct buffer buffer = BUFFER_EMPTY;

	(void)state;
	buffer_text(&buffer, "22 ");
	buffer_char(&buffer, 'f');
	buffer_append(&buffer, "ilms!", 4);
	buffer_format(&buffer, ", %d people, %s", 57, "7 species");
	assert_int_equal(buffer_check(&buffer, NULL), 0);
	assert_string_equal(buffer.data, "22 films, 57 people, 7 species");
	assert_int_equal(buffer.length, strlen(buffer.data));
	buffer_free(&buffer);
}

static void growth_keeps_every_byte_and_the_terminator(void **state)
{
	struct buffer buffer = BUFFER_EMPTY;
	size_t i;

	(void)state;
	for (i = 0; i < 100000; i++) {
		buffer_char(&buffer, (char)(i % 251));
		assert_int_equal(buffer.data[buffer.length], '\0');
	}
	assert_int_equal(buffer.length, 100000);
	for (i = 0; i < buffer.length; i++)
		if (buffer.data[i] != (char)(i % 251))
			fail_msg("byte %zu is lost", i);
	buffer_free(&buffer);
}

static void an_empty_append_makes_an_empty_text(void **state)
{
	struct buffer buffer = BUFFER_EMPTY;

	(void)state;
	buffer_append(&buffer, NULL, 0);
	assert_non_null(buffer.data);
	assert_string_equal(buffer.data, "");
	buffer_free(&buffer);
}

static void a_format_of_any_length_arrives_whole(void **state)
{
	struct buffer buffer = BUFFER_EMPTY;
	int width;

	(void)state;
	for (width = 60; width < 70; width++) { /* 64 is the first capacity */
		buffer_format(&buffer, "%*d", width, 7);
		assert_int_equal(buffer.length, width);
		assert_int_equal(buffer.data[width - 1], '7');
		buffer_free(&buffer);
	}
}

static void reserved_room_is_not_moved_by_appending(void **state)
{
	struct buffer buffer = BUFFER_EMPTY;
	const char *place;

	(void)state;
	assert_int_equal(buffer_reserve(&buffer, 1000), 0);
	place = buffer.data;
	while (buffer.length < 1000)
		buffer_char(&buffer, 'x');
	assert_ptr_equal(buffer.data, place);
	assert_int_equal(strlen(buffer.data), 1000);
	buffer_free(&buffer);
}

static void regress_reserved_memory_was_no_text(void **state)
{
	struct buffer buffer = BUFFER_EMPTY;

	(void)state;
	assert_int_equal(buffer_reserve(&buffer, 5), 0);
	assert_string_equal(buffer.data, "");
	buffer_free(&buffer);
}

/* Each is more than an address space holds, or wraps around when the NUL or
 * the length so far is added. */
static void absurd_sizes_are_refused_and_the_failure_sticks(void **state)
{
	static const size_t sizes[] = {SIZE_MAX, SIZE_MAX - 1, SIZE_MAX - 3,
				       SIZE_MAX / 2, SIZE_MAX / 2 - 3};
	struct error err = {0};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(sizes); i++) {
		struct buffer buffer = BUFFER_EMPTY;

		buffer_text(&buffer, "abc");
		if (buffer_reserve(&buffer, sizes[i]) != -1)
			fail_msg("%zu bytes were reserved", sizes[i]);
		buffer_text(&buffer, "def");
		buffer_char(&buffer, 'g');
		buffer_format(&buffer, "%d", 5);
		assert_int_equal(buffer_reserve(&buffer, 1), -1);
		assert_string_equal(buffer.data, "abc");
		assert_int_equal(buffer_check(&buffer, &err), -1);
		assert_int_equal(err.code, EX_OSERR);
		buffer_free(&buffer);
	}
}

static void memory_that_is_not_there_is_a_failure_too(void **state)
{
	struct buffer buffer = BUFFER_EMPTY;

	(void)state;
	/* 2^46: below the arithmetic's limit, above what malloc gives. */
	assert_int_equal(buffer_reserve(&buffer, (size_t)1 << 46), -1);
	assert_true(buffer.has_failed);
	assert_null(buffer.data);
	buffer_free(&buffer);
}

static void what_cannot_be_formatted_is_a_failure(void **state)
{
	static const wchar_t half_a_pair[] = {0xd800, 0};
	struct buffer buffer = BUFFER_EMPTY;

	(void)state;
	buffer_format(&buffer, "more: %ls", half_a_pair);
	assert_int_equal(buffer_check(&buffer, NULL), -1);
	assert_int_equal(buffer.length, 0);
	buffer_free(&buffer);
}

static void clearing_forgets_content_and_failure_but_keeps_memory(void **state)
{
	struct buffer buffer = BUFFER_EMPTY;
	size_t capacity;

	(void)state;
	buffer_text(&buffer, "old");
	buffer_reserve(&buffer, SIZE_MAX);
	capacity = buffer.capacity;
	buffer_clear(&buffer);
	assert_int_equal(buffer_check(&buffer, NULL), 0);
	assert_int_equal(buffer.length, 0);
	assert_string_equal(buffer.data, "");
	assert_int_equal(buffer.capacity, capacity);
	buffer_text(&buffer, "new");
	assert_string_equal(buffer.data, "new");
	buffer_free(&buffer);
}

static void a_freed_buffer_is_an_empty_one(void **state)
{
	struct buffer buffer = BUFFER_EMPTY;

	(void)state;
	buffer_text(&buffer, "old");
	buffer_reserve(&buffer, SIZE_MAX);
	buffer_free(&buffer);
	assert_null(buffer.data);
	assert_int_equal(buffer.length, 0);
	assert_false(buffer.has_failed);
	buffer_clear(&buffer);
	buffer_free(&buffer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(appended_pieces_stand_one_after_the_other),
		cmocka_unit_test(growth_keeps_every_byte_and_the_terminator),
		cmocka_unit_test(an_empty_append_makes_an_empty_text),
		cmocka_unit_test(a_format_of_any_length_arrives_whole),
		cmocka_unit_test(reserved_room_is_not_moved_by_appending),
		cmocka_unit_test(regress_reserved_memory_was_no_text),
		cmocka_unit_test(
			absurd_sizes_are_refused_and_the_failure_sticks),
		cmocka_unit_test(memory_that_is_not_there_is_a_failure_too),
		cmocka_unit_test(what_cannot_be_formatted_is_a_failure),
		cmocka_unit_test(
			clearing_forgets_content_and_failure_but_keeps_memory),
		cmocka_unit_test(a_freed_buffer_is_an_empty_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
