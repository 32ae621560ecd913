/* error: what went wrong, in a message that is whole or says that it is cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <wchar.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/text.h"
#include "base_fixture.h"

#define ELLIPSIS "\xe2\x80\xa6"

static void an_error_has_its_code_and_its_message(void **state)
{
	struct error err = {0};

	(void)state;
	assert_int_equal(error_set(&err, EX_DATAERR, "%d films", 3), -1);
	assert_int_equal(err.code, EX_DATAERR);
	assert_string_equal(err.message, "3 films");
}

static void a_context_stands_before_the_message_and_keeps_the_code(void **state)
{
	struct error err = {0};

	(void)state;
	error_set(&err, EX_NOINPUT, "no such file");
	assert_int_equal(error_context(&err, "page %d", 2), -1);
	assert_int_equal(error_context(&err, "films"), -1);
	assert_int_equal(err.code, EX_NOINPUT);
	assert_string_equal(err.message, "films: page 2: no such file");
}

static void nobody_has_to_want_the_reason(void **state)
{
	(void)state;
	assert_int_equal(error_set(NULL, EX_IOERR, "%s", "lost"), -1);
	assert_int_equal(error_context(NULL, "%s", "lost"), -1);
	assert_int_equal(error_no_memory(NULL), -1);
}

static void lack_of_memory_is_an_error_of_the_system(void **state)
{
	struct error err = {0};

	(void)state;
	assert_int_equal(error_no_memory(&err), -1);
	assert_int_equal(err.code, EX_OSERR);
	assert_string_equal(err.message, "out of memory");
}

static void the_longest_message_is_not_cut_and_one_more_is(void **state)
{
	struct error err = {0};

	(void)state;
	error_set(&err, EX_DATAERR, "%0*d", ERROR_MESSAGE_BYTES - 1, 7);
	assert_int_equal(strlen(err.message), ERROR_MESSAGE_BYTES - 1);
	assert_int_equal(err.message[ERROR_MESSAGE_BYTES - 2], '7');
	error_set(&err, EX_DATAERR, "%0*d", ERROR_MESSAGE_BYTES, 7);
	assert_string_equal(err.message + ERROR_MESSAGE_BYTES - 4, ELLIPSIS);
}

/* A cut falls on each byte of characters of 1 to 4 bytes. */
static void a_cut_message_is_utf8_and_ends_in_an_ellipsis(void **state)
{
	static const char *const letters[] = {"a", "\xc3\xa9", "\xe3\x81\x82",
					      "\xf0\x9f\x8e\xac"};
	size_t i, shift, length;

	(void)state;
	for (i = 0; i < COUNT(letters); i++) {
		for (shift = 0; shift < 4; shift++) {
			struct buffer text = BUFFER_EMPTY;
			struct error err = {0};

			buffer_append(&text, "xxxx", shift);
			while (text.length < 2 * ERROR_MESSAGE_BYTES)
				buffer_text(&text, letters[i]);
			error_set(&err, EX_DATAERR, "%s", text.data);
			length = strlen(err.message);
			assert_string_equal(err.message + length - 3, ELLIPSIS);
			assert_memory_equal(err.message, text.data, length - 3);
			if (!text_is_utf8(err.message, length))
				fail_msg("%s, shift %zu: not UTF-8", letters[i],
					 shift);
			/* no more is lost than one character's rest */
			assert_in_range(length, ERROR_MESSAGE_BYTES - 4,
					ERROR_MESSAGE_BYTES - 1);
			buffer_free(&text);
		}
	}
}

static void a_context_that_makes_a_message_too_long_cuts_it(void **state)
{
	struct error err = {0};
	size_t length;

	(void)state;
	error_set(&err, EX_DATAERR, "%0*d", ERROR_MESSAGE_BYTES - 1, 7);
	error_context(&err, "films");
	length = strlen(err.message);
	assert_memory_equal(err.message, "films: 000", 10);
	assert_string_equal(err.message + length - 3, ELLIPSIS);
}

/* Going back to the beginning of a character went on to the message's. */
static void regress_a_long_message_that_is_not_utf8_was_lost(void **state)
{
	struct error err = {0};
	char noise[2 * ERROR_MESSAGE_BYTES];

	(void)state;
	memset(noise, 0x80, sizeof(noise) - 1);
	noise[sizeof(noise) - 1] = '\0';
	error_set(&err, EX_DATAERR, "films: %s", noise);
	assert_memory_equal(err.message, "films: \x80\x80", 9);
	assert_in_range(strlen(err.message), ERROR_MESSAGE_BYTES - 4,
			ERROR_MESSAGE_BYTES - 1);
}

static void regress_a_message_could_not_quote_the_one_before(void **state)
{
	struct error err = {0};

	(void)state;
	error_set(&err, EX_NOINPUT, "no such file");
	error_set(&err, EX_CONFIG, "tried twice: %s", err.message);
	assert_string_equal(err.message, "tried twice: no such file");
	assert_int_equal(err.code, EX_CONFIG);
}

static void regress_a_message_that_cannot_be_written_left_the_old_one(
	void **state)
{
	static const wchar_t half_a_pair[] = {0xd800, 0};
	struct error err = {0};

	(void)state;
	error_set(&err, EX_NOINPUT, "old");
	error_set(&err, EX_DATAERR, "more: %ls", half_a_pair);
	assert_int_equal(err.code, EX_DATAERR);
	assert_string_equal(err.message, "the message could not be written");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_error_has_its_code_and_its_message),
		cmocka_unit_test(
			a_context_stands_before_the_message_and_keeps_the_code),
		cmocka_unit_test(nobody_has_to_want_the_reason),
		cmocka_unit_test(lack_of_memory_is_an_error_of_the_system),
		cmocka_unit_test(
			the_longest_message_is_not_cut_and_one_more_is),
		cmocka_unit_test(a_cut_message_is_utf8_and_ends_in_an_ellipsis),
		cmocka_unit_test(
			a_context_that_makes_a_message_too_long_cuts_it),
		cmocka_unit_test(
			regress_a_long_message_that_is_not_utf8_was_lost),
		cmocka_unit_test(
			regress_a_message_could_not_quote_the_one_before),
		cmocka_unit_test(
			regress_a_message_that_cannot_be_written_left_the_old_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
