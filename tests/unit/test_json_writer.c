/* json_writer: JSON that is valid whatever it is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <limits.h>

#include "base/json_writer.h"
#include "base_fixture.h"

#define BYTES(literal) literal, sizeof(literal) - 1

static void commas_and_colons_stand_where_they_belong(void **state)
{
	struct buffer out = BUFFER_EMPTY;
	struct json_writer json = JSON_WRITER(&out);

	(void)state;
	json_begin_object(&json);
	json_key(&json, "films");
	json_begin_array(&json);
	json_begin_object(&json);
	json_end_object(&json);
	json_begin_array(&json);
	json_end_array(&json);
	json_number(&json, 1);
	json_text(&json, "two");
	json_boolean(&json, true);
	json_boolean(&json, false);
	json_null(&json);
	json_begin_object(&json);
	json_member_text(&json, "a", "b");
	json_member_text(&json, "c", NULL);
	json_member_number(&json, "d", -5);
	json_end_object(&json);
	json_end_array(&json);
	json_key_bytes(&json, "key!", 3);
	json_text_bytes(&json, "value!", 5);
	json_end_object(&json);
	assert_int_equal(buffer_check(&out, NULL), 0);
	assert_string_equal(out.data,
			    "{\"films\":[{},[],1,\"two\",true,false,null,"
			    "{\"a\":\"b\",\"c\":null,\"d\":-5}],"
			    "\"key\":\"value\"}");
	buffer_free(&out);
}

static void a_value_alone_is_a_document(void **state)
{
	struct buffer out = BUFFER_EMPTY;
	struct json_writer json = JSON_WRITER(&out);

	(void)state;
	json_text(&json, "");
	assert_string_equal(out.data, "\"\"");
	buffer_free(&out);
}

static void depth_is_not_limited(void **state)
{
	struct buffer out = BUFFER_EMPTY;
	struct json_writer json = JSON_WRITER(&out);
	int i;

	(void)state;
	for (i = 0; i < 10000; i++)
		json_begin_array(&json);
	for (i = 0; i < 10000; i++)
		json_end_array(&json);
	assert_int_equal(strspn(out.data, "["), 10000);
	assert_int_equal(strspn(out.data + 10000, "]"), 10000);
	assert_int_equal(out.length, 20000);
	buffer_free(&out);
}

static void numbers_keep_every_digit(void **state)
{
	struct buffer out = BUFFER_EMPTY;
	struct json_writer json = JSON_WRITER(&out);

	(void)state;
	json_begin_array(&json);
	json_number(&json, LLONG_MAX);
	json_number(&json, LLONG_MIN);
	json_number(&json, 0);
	json_end_array(&json);
	assert_string_equal(out.data,
			    "[9223372036854775807,-9223372036854775808,0]");
	buffer_free(&out);
}

static const struct {
	const char *bytes;
	size_t length;
	const char *written;
} strings[] = {
	{BYTES(""), "\"\""},
	{BYTES("Totoro"), "\"Totoro\""},
	{BYTES("\"\\/"), "\"\\\"\\\\/\""},
	{BYTES("\b\f\n\r\t"), "\"\\b\\f\\n\\r\\t\""},
	{BYTES("a\0b"), "\"a\\u0000b\""},
	{BYTES("\x01\x1f\x7f"), "\"\\u0001\\u001f\\u007f\""},
	{BYTES("</script>"), "\"</script>\""},
	{BYTES("\xe3\x81\x82\xf0\x9f\x8e\xac"),
	 "\"\xe3\x81\x82\xf0\x9f\x8e\xac\""},
	{BYTES("\xc2\xa0"), "\"\xc2\xa0\""},
	/* not UTF-8: U+FFFD for each byte */
	{BYTES("a\xff"), "\"a\xef\xbf\xbd\""},
	{BYTES("\xc0\x80z"), "\"\xef\xbf\xbd\xef\xbf\xbdz\""},
	{BYTES("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
	{BYTES("\xe3\x81"), "\"\xef\xbf\xbd\xef\xbf\xbd\""},
	{BYTES("\xe3\x81\""), "\"\xef\xbf\xbd\xef\xbf\xbd\\\"\""},
};

static void strings_are_escaped_by_the_rules_of_json(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(strings); i++) {
		struct buffer out = BUFFER_EMPTY;

		json_write_string(&out, strings[i].bytes, strings[i].length);
		if (strcmp(out.data, strings[i].written) != 0)
			fail_msg("case %zu: %s", i, out.data);
		buffer_free(&out);
	}
}

/* Keys come from outside, too: film ids. */
static void keys_are_escaped_like_texts(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(strings); i++) {
		struct buffer out = BUFFER_EMPTY;
		struct buffer expected = BUFFER_EMPTY;
		struct json_writer json = JSON_WRITER(&out);

		json_begin_object(&json);
		json_key_bytes(&json, strings[i].bytes, strings[i].length);
		json_text_bytes(&json, strings[i].bytes, strings[i].length);
		json_end_object(&json);
		buffer_format(&expected, "{%s:%s}", strings[i].written,
			      strings[i].written);
		assert_string_equal(out.data, expected.data);
		buffer_free(&out);
		buffer_free(&expected);
	}
}

/* A terminal obeys U+009B; many readers end a line at the others. */
static void regress_unicode_controls_passed_raw(void **state)
{
	static const struct {
		const char *bytes;
		size_t length;
		const char *written;
	} cases[] = {
		{BYTES("\xc2\x80"), "\"\\u0080\""},
		{BYTES("a\xc2\x85"
		       "b"),
		 "\"a\\u0085b\""},
		{BYTES("\xc2\x9b\x31m"), "\"\\u009b1m\""},
		{BYTES("\xc2\x9f"), "\"\\u009f\""},
		{BYTES("\xe2\x80\xa8z"), "\"\\u2028z\""},
		{BYTES("\xe2\x80\xa9"), "\"\\u2029\""},
		{BYTES("\xe2\x82\xac"), "\"\xe2\x82\xac\""},
		{BYTES("\xe2\x80\xa7\xe2\x80\xaa"),
		 "\"\xe2\x80\xa7\xe2\x80\xaa\""},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct buffer out = BUFFER_EMPTY;

		json_write_string(&out, cases[i].bytes, cases[i].length);
		if (strcmp(out.data, cases[i].written) != 0)
			fail_msg("case %zu: %s", i, out.data);
		buffer_free(&out);
	}
}

static void a_failure_of_the_buffer_is_seen_at_the_end(void **state)
{
	struct buffer out = BUFFER_EMPTY;
	struct json_writer json = JSON_WRITER(&out);

	(void)state;
	json_begin_array(&json);
	buffer_reserve(&out, SIZE_MAX);
	json_text(&json, "lost");
	json_end_array(&json);
	assert_int_equal(buffer_check(&out, NULL), -1);
	buffer_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commas_and_colons_stand_where_they_belong),
		cmocka_unit_test(a_value_alone_is_a_document),
		cmocka_unit_test(depth_is_not_limited),
		cmocka_unit_test(numbers_keep_every_digit),
		cmocka_unit_test(strings_are_escaped_by_the_rules_of_json),
		cmocka_unit_test(keys_are_escaped_like_texts),
		cmocka_unit_test(regress_unicode_controls_passed_raw),
		cmocka_unit_test(a_failure_of_the_buffer_is_seen_at_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
