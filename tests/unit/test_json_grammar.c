/* json_grammar: what is JSON to the letter of RFC 8259, and what is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/json_grammar.h"

/* Reads all of it. Returns what is wrong, "" for nothing, "…" where the text
 * is not over. */
static const char *judge(const char *text, size_t length)
{
	struct json_grammar grammar = JSON_GRAMMAR_START;
	const char *reason;
	size_t i;

	for (i = 0; i < length; i++) {
		reason = json_grammar_step(&grammar, (unsigned char)text[i]);
		if (reason != NULL)
			return reason;
	}
	return json_grammar_is_complete(&grammar) ? "" : "…";
}

static void what_is_json_is_accepted(void **state)
{
	static const char *const texts[] = {
		"[]",
		"{}",
		" \t\r\n[ \n] ",
		"[1]",
		"[0]",
		"[-0]",
		"[-0.0e-00]",
		"[1E+2]",
		"[10.25e7]",
		"[123456789012345678901234567890]",
		"[true,false,null]",
		"[\"\"]",
		"[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]",
		"[\"\\u0000\\u00e9\\uFFFF\"]",
		"[\"\\ud83d\\ude00\"]",
		"[\"\\uD800\\uDC00\\udbff\\udfff\"]",
		"[\"\x7f ä 千\"]",
		"{\"a\":1,\"a\":2}",
		"{\"\":{\"\":[{},[]]}}",
		"\"text\"",
		"true",
		"7 ",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (strcmp(judge(texts[i], strlen(texts[i])), "") != 0)
			fail_msg("%s: %s", texts[i],
				 judge(texts[i], strlen(texts[i])));
}

struct bad {
	const char *text;
	const char *reason;
};

static const char no_value[] = "something that is no JSON value";
static const char bad_number[] = "a malformed number";
static const char bad_escape[] = "a malformed escape in a string";
static const char lone_surrogate[] = "a lone surrogate in a string";
static const char control[] = "a raw control character in a string";
static const char no_key[] = "something that is no quoted key";
static const char no_comma[] = "something that is no comma after a value";

static const struct bad bad_texts[] = {
	{"<html>", no_value},
	{"[,1]", no_value},
	{"[1,]", no_value},
	{"[1,,2]", no_value},
	{"[undefined]", no_value},
	{"[NaN]", no_value},
	{"[Infinity]", no_value},
	{"[-Infinity]", bad_number},
	{"[nul]", no_value},
	{"[nulL]", no_value},
	{"[True]", no_value},
	{"[truex]", no_comma},
	{"[+1]", no_value},
	{"[.5]", no_value},
	{"[01]", bad_number},
	{"[-01]", bad_number},
	{"[-]", bad_number},
	{"[1.]", bad_number},
	{"[1.e2]", bad_number},
	{"[1e]", bad_number},
	{"[1e+]", bad_number},
	{"[1.2.3]", bad_number},
	{"[1-2]", bad_number},
	{"[1+2]", bad_number},
	{"[1e2.5]", bad_number},
	{"[0x10]", no_comma},
	{"['a']", "a single quote where JSON has a double one"},
	{"{'a':1}", no_key},
	{"{a:1}", no_key},
	{"{1:1}", no_key},
	{"{,}", no_key},
	{"{\"a\":1,}", no_key},
	{"{\"a\"}", "a key without a colon after it"},
	{"{\"a\" 1}", "a key without a colon after it"},
	{"{\"a\":}", no_value},
	{"{\"a\":1 \"b\":2}", no_comma},
	{"[1 2]", no_comma},
	{"[\"a\" \"b\"]", no_comma},
	{"[{} {}]", no_comma},
	{"[1}", "a } that should be a ]"},
	{"{\"a\":1]", "a ] that should be a }"},
	{"[/* c */ 1]", no_value},
	{"[1 // c\n]", no_comma},
	{"[] []", "more text after its end"},
	{"[]]", "more text after its end"},
	{"{}x", "more text after its end"},
	{"[\"\n\"]", control},
	{"[\"\t\"]", control},
	{"[\"\x1f\"]", control},
	{"{\"a\n\":1}", control},
	{"[\"\\x41\"]", bad_escape},
	{"[\"\\'\"]", bad_escape},
	{"[\"\\U0041\"]", bad_escape},
	{"[\"\\u12g4\"]", bad_escape},
	{"[\"\\u12\"]", bad_escape},
	{"[\"\\ud83d\"]", lone_surrogate},
	{"[\"\\ud83dx\"]", lone_surrogate},
	{"[\"\\ud83d\\n\"]", lone_surrogate},
	{"[\"\\ud83d\\ud83d\"]", lone_surrogate},
	{"[\"\\ud83d\\u0041\"]", lone_surrogate},
	{"[\"\\ude00\"]", lone_surrogate},
	{"\xef\xbb\xbf[]", no_value},
	{"[\xc3\xa4]", no_value},
	{"\f[]", no_value},
};

static void what_is_no_json_is_refused_with_its_reason(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad_texts) / sizeof(bad_texts[0]); i++) {
		const char *text = bad_texts[i].text;
		const char *reason = judge(text, strlen(text));

		if (strcmp(reason, bad_texts[i].reason) != 0)
			fail_msg("%s: %s", text, reason);
	}
}

static void a_nul_byte_is_refused_everywhere(void **state)
{
	(void)state;
	assert_string_equal(judge("\0[]", 3), no_value);
	assert_string_equal(judge("[\0]", 3), no_value);
	assert_string_equal(judge("[\"\0\"]", 5), control);
	assert_string_equal(judge("[\"\\\0\"]", 6), bad_escape);
	assert_string_equal(judge("[\"\\u00\0\"]", 9), bad_escape);
	assert_string_equal(judge("[1\0]", 4), no_comma);
	assert_string_equal(judge("[]\0", 3), "more text after its end");
}

static void a_text_that_is_not_over_is_not_complete(void **state)
{
	static const char *const texts[] = {
		"",       "  ",      "[",          "[1",  "[1,", "{\"a",
		"{\"a\"", "{\"a\":", "[\"\\ud83d", "tru", "12",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (strcmp(judge(texts[i], strlen(texts[i])), "…") != 0)
			fail_msg("%s: %s", texts[i],
				 judge(texts[i], strlen(texts[i])));
}

static void brackets_nest_to_the_limit_and_no_deeper(void **state)
{
	struct json_grammar grammar = JSON_GRAMMAR_START;
	int i;

	(void)state;
	for (i = 0; i < JSON_GRAMMAR_MAX_DEPTH; i++)
		assert_null(json_grammar_step(&grammar, '['));
	assert_string_equal(json_grammar_step(&grammar, '['),
			    "too many brackets inside each other");
}

static void nothing_is_accepted_after_an_error(void **state)
{
	struct json_grammar grammar = JSON_GRAMMAR_START;

	(void)state;
	assert_non_null(json_grammar_step(&grammar, 'x'));
	assert_string_equal(json_grammar_step(&grammar, '['),
			    "what follows an error");
	assert_false(json_grammar_is_complete(&grammar));
}

static void plain_characters_of_a_string_may_be_skipped(void **state)
{
	static const char long_text[] =
		"Plain! #[]~\x7f \xe3\x83\x88 of words ";
	static const char ends[] = {'"', '\\', 0x1f, 0x01, '\n', 0};
	struct json_grammar grammar = JSON_GRAMMAR_START;
	char text[sizeof(long_text)];
	size_t at, i;

	(void)state;
	assert_int_equal(json_grammar_plain(&grammar, "abc", 3), 0);
	json_grammar_step(&grammar, '"');
	assert_int_equal(json_grammar_plain(&grammar, "abc", 3), 3);
	assert_int_equal(json_grammar_plain(&grammar, "a\"c", 3), 1);
	assert_int_equal(json_grammar_plain(&grammar, "ab\\", 3), 2);
	assert_int_equal(json_grammar_plain(&grammar, "a\x1f", 2), 1);
	assert_int_equal(json_grammar_plain(&grammar, "\xff\x80", 2), 2);
	for (at = 0; at < sizeof(long_text) - 1; at++)
		for (i = 0; i < sizeof(ends) - 1; i++) {
			memcpy(text, long_text, sizeof(text));
			text[at] = ends[i];
			assert_int_equal(json_grammar_plain(&grammar, text,
							    sizeof(text) - 1),
					 at);
		}
	assert_int_equal(json_grammar_plain(&grammar, long_text,
					    sizeof(long_text) - 1),
			 sizeof(long_text) - 1);
	assert_int_equal(json_grammar_plain(&grammar, "", 0), 0);
	json_grammar_step(&grammar, '\\');
	assert_int_equal(json_grammar_plain(&grammar, "n", 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_json_is_accepted),
		cmocka_unit_test(what_is_no_json_is_refused_with_its_reason),
		cmocka_unit_test(a_nul_byte_is_refused_everywhere),
		cmocka_unit_test(a_text_that_is_not_over_is_not_complete),
		cmocka_unit_test(brackets_nest_to_the_limit_and_no_deeper),
		cmocka_unit_test(nothing_is_accepted_after_an_error),
		cmocka_unit_test(plain_characters_of_a_string_may_be_skipped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
