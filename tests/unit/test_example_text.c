/* example_text: how JSON is laid out for a reader. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <json-c/json.h>

#include "base_fixture.h"
#include "docs/example_text.h"

/* What is printed is `expected`, and reads as the same JSON. */
static void assert_printed(const char *text, const char *expected)
{
	struct json_object *json = json_tokener_parse(text), *again;
	struct buffer out = BUFFER_EMPTY;

	example_text_print(&out, json);
	assert_false(out.has_failed);
	assert_string_equal(out.data, expected);
	again = json_tokener_parse(out.data);
	assert_true(json_object_equal(json, again));
	json_object_put(again);
	json_object_put(json);
	buffer_free(&out);
}

static void what_fits_stands_on_one_line(void **state)
{
	static const char *const cases[][2] = {
		{"{}", "{}"},
		{"[]", "[]"},
		{"null", "null"},
		{"1.50", "1.50"},
		{"true", "true"},
		{"\"a \\\"b\\\"\\n\"", "\"a \\\"b\\\"\\n\""},
		{"[1,2,[]]", "[1, 2, []]"},
		{"{\"a\":{\"b\":[null,false]},\"c\":\"d\"}",
		 "{ \"a\": { \"b\": [null, false] }, \"c\": \"d\" }"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++)
		assert_printed(cases[i][0], cases[i][1]);
}

#define X30 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static void what_is_too_long_is_broken_up(void **state)
{
	(void)state;
	assert_printed("{\"a\":\"" X30 X30 "\",\"b\":{\"c\":[]},"
		       "\"d\":[\"" X30 "\",\"" X30 "\"]}",
		       "{\n  \"a\": \"" X30 X30 "\",\n  \"b\": { \"c\": [] },\n"
		       "  \"d\": [\n    \"" X30 "\",\n    \"" X30 "\"\n  ]\n}");
}

static void a_line_of_exactly_the_width_stays(void **state)
{
	(void)state;
	/* 2 + 2 + 4 + 60 columns, and one more. */
	assert_int_equal(EXAMPLE_COLUMNS, 68);
	assert_printed("[\"" X30 X30 "\",12]", "[\"" X30 X30 "\", 12]");
	assert_printed("[\"" X30 X30 "\",123]",
		       "[\n  \"" X30 X30 "\",\n  123\n]");
}

static void depth_counts_as_width(void **state)
{
	(void)state;
	assert_printed("[[\"" X30 X30 "\"],[\"" X30 X30 "x\"]]",
		       "[\n  [\"" X30 X30 "\"],\n  [\"" X30 X30 "x\"]\n]");
	assert_printed("[[\"" X30 X30 "xx\"],[\"" X30 X30 "xxx\"]]",
		       "[\n  [\"" X30 X30 "xx\"],\n  [\n    \"" X30 X30
		       "xxx\"\n  ]\n]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_fits_stands_on_one_line),
		cmocka_unit_test(what_is_too_long_is_broken_up),
		cmocka_unit_test(a_line_of_exactly_the_width_stays),
		cmocka_unit_test(depth_counts_as_width),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
