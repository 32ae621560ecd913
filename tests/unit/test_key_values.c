/* key_values: KEY=value lines, read and written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>

#include "base/key_values.h"
#include "base_fixture.h"

static bool is_text(const char *bytes, size_t length, const char *text)
{
	return length == strlen(text) && memcmp(bytes, text, length) == 0;
}

static void a_line_comes_apart_at_its_first_equals_sign(void **state)
{
	static const struct {
		const char *line, *key, *value;
	} cases[] = {
		{"A=b", "A", "b"},
		{"A=", "A", ""},
		{"A=b=c", "A", "b=c"},
		{"A==", "A", "="},
		{" \tA = b c \t", "A", "b c"},
		{"A=b\r", "A", "b"},
		{"A=b # c", "A", "b # c"},
		{"A=\"b\"", "A", "b"},
		{"A='b'", "A", "b"},
		{"A=\" b \"", "A", " b "},
		{"A= ' b ' ", "A", " b "},
		{"A=\"\"", "A", ""},
		{"A=\"it's\"", "A", "it's"},
		{"A='\"b\"'", "A", "\"b\""},
		{"A=\"\"b\"\"", "A", "\"b\""},
		{"A=\"b'", "A", "\"b'"},
		{"A=\"b", "A", "\"b"},
		{"A=b\"", "A", "b\""},
		{"A=\"", "A", "\""},
		{"A='", "A", "'"},
		{"A=b\"c\"", "A", "b\"c\""},
		{"\"A\"=b", "\"A\"", "b"},
		/* no KEY=value */
		{"A", "", "A"},
		{"=b", "", "b"},
		{" = b", "", "b"},
	};
	struct key_value pair;
	size_t i, at;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		at = 0;
		if (!key_values_next(cases[i].line, strlen(cases[i].line), &at,
				     &pair))
			fail_msg("<%s> is nothing", cases[i].line);
		if (!is_text(pair.key, pair.key_length, cases[i].key) ||
		    !is_text(pair.value, pair.value_length, cases[i].value))
			fail_msg("<%s> is <%.*s> and <%.*s>", cases[i].line,
				 (int)pair.key_length, pair.key,
				 (int)pair.value_length, pair.value);
		assert_int_equal(pair.line, 1);
		assert_false(key_values_next(
			cases[i].line, strlen(cases[i].line), &at, &pair));
	}
}

static void comments_and_blank_lines_are_passed_over_but_counted(void **state)
{
	static const char text[] = "# one\n\n \t\r\n  # four=4\nFIVE=5\n\n"
				   "SEVEN=7";
	struct key_value pair;
	size_t at = 0;

	(void)state;
	assert_true(key_values_next(text, sizeof(text) - 1, &at, &pair));
	assert_true(is_text(pair.key, pair.key_length, "FIVE"));
	assert_int_equal(pair.line, 5);
	assert_true(key_values_next(text, sizeof(text) - 1, &at, &pair));
	assert_true(is_text(pair.key, pair.key_length, "SEVEN"));
	assert_int_equal(pair.line, 7);
	assert_false(key_values_next(text, sizeof(text) - 1, &at, &pair));
}

static void texts_without_a_pair_have_none(void **state)
{
	static const char *const cases[] = {"",  "\n",    "\n\n\n",
					    "#", "# A=b", " \t\r"};
	struct key_value pair;
	size_t i, at;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		at = 0;
		assert_false(key_values_next(cases[i], strlen(cases[i]), &at,
					     &pair));
	}
	at = 0;
	assert_false(key_values_next(NULL, 0, &at, &pair));
	assert_false(key_values_find(NULL, 0, "A", &pair));
}

/* The memory ends where the text does, so that reading on is seen. */
static void nothing_is_read_past_the_length(void **state)
{
	static const char *const cases[] = {"A=\"", "A=", "A", " ", "#", "A=b"};
	struct key_value pair;
	size_t i, at, length;
	char *copy;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		length = strlen(cases[i]);
		copy = malloc(length);
		assert_non_null(copy);
		memcpy(copy, cases[i], length);
		at = 0;
		while (key_values_next(copy, length, &at, &pair))
			assert_true(pair.value + pair.value_length <=
				    copy + length);
		assert_int_equal(at, length);
		free(copy);
	}
}

static void the_first_line_of_that_very_key_is_found(void **state)
{
	static const char text[] = "AB=1\nA=2\nA=3\na=4\n";
	struct key_value pair;

	(void)state;
	assert_true(key_values_find(text, sizeof(text) - 1, "A", &pair));
	assert_true(is_text(pair.value, pair.value_length, "2"));
	assert_int_equal(pair.line, 2);
	assert_true(key_values_find(text, sizeof(text) - 1, "a", &pair));
	assert_false(key_values_find(text, sizeof(text) - 1, "B", &pair));
	assert_false(key_values_find(text, sizeof(text) - 1, "ABC", &pair));
}

static void a_plain_value_is_written_as_it_is(void **state)
{
	struct buffer out = BUFFER_EMPTY;

	(void)state;
	key_values_put(&out, "result", "cannot fetch: \"x\" is down");
	key_values_put(&out, "empty", "");
	assert_string_equal(out.data,
			    "result=cannot fetch: \"x\" is down\nempty=\n");
	buffer_free(&out);
}

static void a_number_is_written_whatever_its_size(void **state)
{
	struct buffer out = BUFFER_EMPTY;

	(void)state;
	key_values_put_number(&out, "kept", 0);
	key_values_put_number(&out, "least", LLONG_MIN);
	assert_string_equal(out.data, "kept=0\nleast=-9223372036854775808\n");
	buffer_free(&out);
}

static void a_value_cannot_begin_a_line_of_its_own(void **state)
{
	struct buffer out = BUFFER_EMPTY;
	struct key_value pair;

	(void)state;
	key_values_put(&out, "error",
		       "a\nresult=ok\r\x01\x7f"
		       "b");
	key_values_put(&out, "result", "failed");
	key_values_put(&out, "why", "it ended\x01");
	assert_string_equal(out.data, "error=a result=ok   b\nresult=failed\n"
				      "why=\"it ended \"\n");
	assert_true(key_values_find(out.data, out.length, "result", &pair));
	assert_true(is_text(pair.value, pair.value_length, "failed"));
	buffer_free(&out);
}

/* An entity tag lost its quotes when it was read back. */
static void regress_a_value_did_not_read_back(void **state)
{
	static const char *const cases[] = {
		"",  "b",    "\"tag\"", "W/\"tag\"", "'b'", "\"",
		"'", "\"b",  "b'",      " b",        "b ",  "\tb",
		" ", "\"\"", "it's",    "a=b",       "#b",  "\xe3\x81\x82",
	};
	struct key_value pair;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct buffer out = BUFFER_EMPTY;
		char expected[16];

		key_values_put(&out, "A", cases[i]);
		strcpy(expected, cases[i]);
		if (expected[0] == '\t')
			expected[0] = ' ';
		assert_true(key_values_find(out.data, out.length, "A", &pair));
		if (!is_text(pair.value, pair.value_length, expected))
			fail_msg("<%s> is written as %s and read as <%.*s>",
				 cases[i], out.data, (int)pair.value_length,
				 pair.value);
		buffer_free(&out);
	}
}

static void a_number_is_found_or_left_as_it_was(void **state)
{
	static const char text[] = "a=12\nb=-3\nc=4x\nd=\na=13\n";
	static const struct {
		const char *key;
		bool is_found;
		long long number;
	} cases[] = {
		{"a", true, 12},  {"b", false, 77}, {"c", false, 77},
		{"d", false, 77}, {"e", false, 77},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		long long number = 77;

		assert_int_equal(key_values_number(text, sizeof(text) - 1,
						   cases[i].key, &number),
				 cases[i].is_found);
		assert_int_equal(number, cases[i].number);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_comes_apart_at_its_first_equals_sign),
		cmocka_unit_test(
			comments_and_blank_lines_are_passed_over_but_counted),
		cmocka_unit_test(texts_without_a_pair_have_none),
		cmocka_unit_test(nothing_is_read_past_the_length),
		cmocka_unit_test(the_first_line_of_that_very_key_is_found),
		cmocka_unit_test(a_plain_value_is_written_as_it_is),
		cmocka_unit_test(a_number_is_written_whatever_its_size),
		cmocka_unit_test(a_number_is_found_or_left_as_it_was),
		cmocka_unit_test(a_value_cannot_begin_a_line_of_its_own),
		cmocka_unit_test(regress_a_value_did_not_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
