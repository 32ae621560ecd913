#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/json_string.h"

static const struct {
	const char *text, *means;
} cases[] = {
	{"\"\"", ""},
	{"\"plain\"", "plain"},
	{"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t"},
	{"\"a\\u0041\\u00e9\\u20AC\"", "aA\xc3\xa9\xe2\x82\xac"},
	{"\"\\uD83C\\uDFA7.\"", "\xf0\x9f\x8e\xa7."},
	{"\"\xc3\xa9\"", "\xc3\xa9"},
	{"\"\\u007f\\u0080\\u07ff\\u0800\\uffff\"",
	 "\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf"},
};

static void strings_mean_what_the_rfc_says(void **state)
{
	struct buffer out = BUFFER_EMPTY;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buffer_clear(&out);
		buffer_text(&out, "");
		json_string_decode(&out, cases[i].text, strlen(cases[i].text));
		assert_string_equal(out.data, cases[i].means);
		assert_true(json_string_equals(
			cases[i].text, strlen(cases[i].text), cases[i].means));
	}
	buffer_free(&out);
}

static void a_nul_is_kept_and_equals_no_text(void **state)
{
	static const char text[] = "\"a\\u0000b\"";
	struct buffer out = BUFFER_EMPTY;

	(void)state;
	json_string_decode(&out, text, strlen(text));
	assert_int_equal(out.length, 3);
	assert_memory_equal(out.data, "a\0b", 3);
	assert_false(json_string_equals(text, strlen(text), "a"));
	buffer_free(&out);
}

static void other_texts_are_not_equal(void **state)
{
	static const char *const others[] = {
		"\"ab\"", "\"abcd\"", "\"ABC\"",   "\"\"", "abc",
		"\"",     "",         "[\"abc\"]", "null",
	};
	size_t i;

	(void)state;
	assert_true(json_string_equals("\"abc\"", 5, "abc"));
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (json_string_equals(others[i], strlen(others[i]), "abc"))
			fail_msg("%s equals abc", others[i]);
}

/* Under AddressSanitizer: each text ends where its memory does. */
static void broken_escapes_read_nothing_outside(void **state)
{
	static const char *const texts[] = {
		"\"\\\"",         "\"\\u\"",          "\"\\u12\"",
		"\"\\uzzzz\"",    "\"\\ud800\"",      "\"\\ud800\\\"",
		"\"\\ud800\\u\"", "\"\\ud800\\u12\"", "\"\\",
		"\"\\u00/0\"",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		size_t length = strlen(texts[i]);
		struct buffer out = BUFFER_EMPTY;
		char *copy = test_malloc(length);

		memcpy(copy, texts[i], length);
		json_string_decode(&out, copy, length);
		test_free(copy);
		buffer_free(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings_mean_what_the_rfc_says),
		cmocka_unit_test(a_nul_is_kept_and_equals_no_text),
		cmocka_unit_test(other_texts_are_not_equal),
		cmocka_unit_test(broken_escapes_read_nothing_outside),
	};

	return cmocka_run_group_tests_name("json_string", tests, NULL, NULL);
}
