/* template_json: JSON as data, and the strictness of its reader. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <json-c/json_object.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "template/template_json.h"

static int parse(const char *text, struct json_object **json, struct error *err)
{
	return template_json_parse("data.json", text, strlen(text), json, err);
}

/* What `{{{.}}}` makes of the JSON `text`; the caller frees. */
static struct buffer shown(const char *text)
{
	struct template *tmpl = template_parse("t", "{{{.}}}", 7, NULL, NULL);
	struct buffer out = BUFFER_EMPTY;
	struct json_object *json = NULL;
	struct template_value root;
	struct error err = {0};

	assert_non_null(tmpl);
	if (parse(text, &json, &err) != 0)
		fail_msg("%s: %s", text, err.message);
	root = template_json_value(json);
	buffer_text(&out, "");
	assert_int_equal(template_render(tmpl, &root, &out, NULL), 0);
	template_free(tmpl);
	json_object_put(json);
	return out;
}

static void scalars_show_as_they_were_written(void **state)
{
	static const char *const cases[][2] = {
		{"12", "12"},
		{"-0.50", "-0.50"},
		{"1.21", "1.21"},
		{"1e3", "1e3"},
		{"9223372036854775807", "9223372036854775807"},
		{"18446744073709551615", "18446744073709551615"},
		{" \n\"a\\u00e9\\n\" \n", "a\xc3\xa9\n"},
		{"true", "true"},
		{"false", "false"},
		{"null", ""},
		{"\"\"", ""},
		{"[1]", ""},
		{"{\"a\":1}", ""},
	};
	struct buffer out;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		out = shown(cases[i][0]);
		if (strcmp(out.data, cases[i][1]) != 0)
			fail_msg("%s: got <%s>", cases[i][0], out.data);
		buffer_free(&out);
	}
}

static void a_nul_in_a_string_does_not_end_it(void **state)
{
	struct buffer out = shown("\"a\\u0000b\"");

	(void)state;
	assert_int_equal(out.length, 3);
	assert_memory_equal(out.data, "a\0b", 3);
	buffer_free(&out);
}

static void kinds_follow_the_type(void **state)
{
	static const struct {
		const char *text;
		enum template_kind kind;
		size_t length;
	} cases[] = {
		{"null", TEMPLATE_FALSE, 0},    {"false", TEMPLATE_FALSE, 5},
		{"true", TEMPLATE_TRUE, 0},     {"0", TEMPLATE_TEXT, 1},
		{"\"\"", TEMPLATE_TEXT, 0},     {"[]", TEMPLATE_LIST, 0},
		{"[0,null]", TEMPLATE_LIST, 2}, {"{}", TEMPLATE_OBJECT, 0},
	};
	struct template_value value;
	struct json_object *json;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(parse(cases[i].text, &json, NULL), 0);
		value = template_json_value(json);
		if (value.kind != cases[i].kind ||
		    value.length != cases[i].length)
			fail_msg("%s: kind %d, length %zu", cases[i].text,
				 (int)value.kind, value.length);
		json_object_put(json);
	}
}

static void what_is_not_strict_json_is_refused(void **state)
{
	static const char *const cases[] = {
		"",         " ",       "{",
		"{\"a\":}", "[1,]",    "[1 2]",
		"tru",      "{} {}",   "1 2",
		"{}x",      "// x\n",  "{a:1}",
		"\"a",      "[/* */]", "\"\xff\"",
		"+1",       "'a'x",    "{\"a\" \"b\"}",
		"nul",      "]",
	};
	struct json_object *json;
	struct error err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		err = (struct error){0};
		if (parse(cases[i], &json, &err) == 0)
			fail_msg("accepted: %s", cases[i]);
		assert_int_equal(err.code, EX_DATAERR);
		assert_memory_equal(err.message, "data.json:", 10);
	}
}

static void a_nul_byte_behind_the_json_is_refused(void **state)
{
	struct json_object *json;

	(void)state;
	assert_int_equal(template_json_parse("d", "{}\0x", 4, &json, NULL), -1);
	assert_int_equal(template_json_parse("d", "1\0", 2, &json, NULL), -1);
	assert_int_equal(template_json_parse("d", "{}\0", 3, &json, NULL), -1);
}

static void a_fault_is_named_with_line_and_column(void **state)
{
	struct json_object *json;
	struct error err = {0};

	(void)state;
	assert_int_equal(parse("{\n  \"a\": x}", &json, &err), -1);
	assert_memory_equal(err.message, "data.json:2:8: ", 15);
	assert_int_equal(parse("{\n", &json, &err), -1);
	assert_string_equal(err.message,
			    "data.json:2:1: unexpected end of data");
}

/* Parses `depth` arrays in each other. */
static int parse_nested(int depth)
{
	struct buffer text = BUFFER_EMPTY;
	struct json_object *json;
	int status, i;

	for (i = 0; i < depth; i++)
		buffer_char(&text, '[');
	for (i = 0; i < depth; i++)
		buffer_char(&text, ']');
	status = parse(text.data, &json, NULL);
	if (status == 0)
		json_object_put(json);
	buffer_free(&text);
	return status;
}

static void nesting_has_a_limit(void **state)
{
	(void)state;
	assert_int_equal(parse_nested(TEMPLATE_JSON_MAX_DEPTH - 1), 0);
	assert_int_equal(parse_nested(TEMPLATE_JSON_MAX_DEPTH + 1), -1);
	assert_int_equal(parse_nested(100000), -1);
}

static void a_text_longer_than_the_limit_is_not_read(void **state)
{
	struct json_object *json = NULL;
	struct error err = {0};

	(void)state;
	assert_int_equal(template_json_parse("big", NULL,
					     TEMPLATE_JSON_MAX_BYTES + 1, &json,
					     &err),
			 -1);
	assert_non_null(strstr(err.message, "longer than"));
	assert_null(json);
}

static void a_name_longer_than_a_tag_may_have_is_missing(void **state)
{
	char name[TEMPLATE_MAX_NAME_BYTES + 1];
	struct template_value root, value = {0};
	struct json_object *json;

	(void)state;
	memset(name, 'n', sizeof(name));
	assert_int_equal(parse("{\"a\":1}", &json, NULL), 0);
	root = template_json_value(json);
	root.source->member(&root, name, sizeof(name), &value);
	assert_int_equal(value.kind, TEMPLATE_MISSING);
	root.source->member(&root, name, sizeof(name) - 1, &value);
	assert_int_equal(value.kind, TEMPLATE_MISSING);
	root.source->member(&root, "ab", 1, &value);
	assert_int_equal(value.kind, TEMPLATE_TEXT);
	json_object_put(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scalars_show_as_they_were_written),
		cmocka_unit_test(a_nul_in_a_string_does_not_end_it),
		cmocka_unit_test(kinds_follow_the_type),
		cmocka_unit_test(what_is_not_strict_json_is_refused),
		cmocka_unit_test(a_nul_byte_behind_the_json_is_refused),
		cmocka_unit_test(a_fault_is_named_with_line_and_column),
		cmocka_unit_test(nesting_has_a_limit),
		cmocka_unit_test(a_text_longer_than_the_limit_is_not_read),
		cmocka_unit_test(a_name_longer_than_a_tag_may_have_is_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
