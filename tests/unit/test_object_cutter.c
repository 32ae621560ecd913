#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/object_cutter.h"

/* Cuts a copy that ends where its memory does, for AddressSanitizer, and
 * writes the members down: key=value; … */
static int cut(const char *text, size_t length, struct buffer *out,
	       struct error *err)
{
	char *copy = malloc(length != 0 ? length : 1);
	struct object_members members;
	size_t i;
	int status;

	assert_non_null(copy);
	memcpy(copy, text, length);
	status = object_cut(copy, length, &members, err);
	for (i = 0; i < members.count; i++) {
		const struct object_member *member = &members.list[i];

		buffer_append(out, member->key, member->key_length);
		buffer_text(out, "=");
		buffer_append(out, member->value, member->value_length);
		buffer_text(out, ";");
	}
	buffer_text(out, "");
	object_members_free(&members);
	free(copy);
	return status;
}

static const struct {
	const char *text, *members;
} cases[] = {
	{"{}", ""},
	{" \n{ \t} \r\n", ""},
	{"{\"a\":1}", "\"a\"=1;"},
	{" { \"a\" : 1 , \"b\" : \"x\" } ", "\"a\"=1;\"b\"=\"x\";"},
	{"{\"\":\"\"}", "\"\"=\"\";"},
	{"{\"n\":1.100,\"m\":18446744073709551616000001,\"e\":-0E+2}",
	 "\"n\"=1.100;\"m\"=18446744073709551616000001;\"e\"=-0E+2;"},
	{"{\"o\":{\"a\":{\"b\": [1 , {}]}} ,\"z\":null}",
	 "\"o\"={\"a\":{\"b\": [1 , {}]}};\"z\"=null;"},
	{"{\"a\":[{\"x\":\"}],\"},2],\"b\":true}",
	 "\"a\"=[{\"x\":\"}],\"},2];\"b\"=true;"},
	{"{\"k\\u0065y\":\"a\\\"b\\\\\",\"q\":\"{,:}\"}",
	 "\"k\\u0065y\"=\"a\\\"b\\\\\";\"q\"=\"{,:}\";"},
	{"{\"a\":\"\",\"b\":[],\"c\":{}}", "\"a\"=\"\";\"b\"=[];\"c\"={};"},
	{"{\"\xc3\xa9\":\"\xf0\x9f\x8e\xa7\"}",
	 "\"\xc3\xa9\"=\"\xf0\x9f\x8e\xa7\";"},
};

static void members_come_out_byte_for_byte(void **state)
{
	struct buffer out = BUFFER_EMPTY;
	struct error err = {0};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buffer_clear(&out);
		if (cut(cases[i].text, strlen(cases[i].text), &out, &err) != 0)
			fail_msg("%s: %s", cases[i].text, err.message);
		assert_string_equal(out.data, cases[i].members);
	}
	buffer_free(&out);
}

static void what_is_no_object_is_refused(void **state)
{
	static const struct {
		const char *text, *reason;
		int code;
	} refused[] = {
		{"", "empty", EX_UNAVAILABLE},
		{"  ", "empty", EX_UNAVAILABLE},
		{"{", "cut short", EX_UNAVAILABLE},
		{"{\"a\":{}", "cut short", EX_UNAVAILABLE},
		{"{\"a\":\"", "cut short", EX_UNAVAILABLE},
		{"[]", "object is expected", EX_DATAERR},
		{"1", "object is expected", EX_DATAERR},
		{"\"{}\"", "object is expected", EX_DATAERR},
		{"null", "object is expected", EX_DATAERR},
		{"<html>", "object is expected", EX_DATAERR},
		{"{}{}", "more text", EX_DATAERR},
		{"{\"a\":1,}", "no quoted key", EX_DATAERR},
		{"{\"a\" 1}", "without a colon", EX_DATAERR},
		{"{'a':1}", "no quoted key", EX_DATAERR},
		{"{\"a\":NaN}", "no JSON value", EX_DATAERR},
		{"{\"a\":01}", "malformed number", EX_DATAERR},
		{"{\"a\":1]", "should be a }", EX_DATAERR},
		{"{\"a\":\"\\ud800\"}", "surrogate", EX_DATAERR},
		{"{\"a\":\"\xff\"}", "not UTF-8", EX_DATAERR},
		{"{\"a\":1,\"b\":2,\"a\":3}", "of one name", EX_DATAERR},
		{"{\"fileId\":1,\"file\\u0049d\":2}", "of one name",
		 EX_DATAERR},
	};
	struct buffer out = BUFFER_EMPTY;
	struct error err = {0};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		buffer_clear(&out);
		if (cut(refused[i].text, strlen(refused[i].text), &out, &err) !=
		    -1)
			fail_msg("%s is taken", refused[i].text);
		assert_string_equal(out.data, "");
		assert_int_equal(err.code, refused[i].code);
		if (strstr(err.message, refused[i].reason) == NULL)
			fail_msg("%s: %s", refused[i].text, err.message);
	}
	buffer_free(&out);
}

static void every_beginning_of_an_object_is_cut_short(void **state)
{
	static const char text[] =
		"{\"a\":[1,{\"b\":\"\\u00e9\"}],\"c\":-1.5e3,\"d\":true}";
	struct buffer out = BUFFER_EMPTY;
	struct error err = {0};
	size_t length;

	(void)state;
	for (length = 0; length < strlen(text); length++) {
		assert_int_equal(cut(text, length, &out, &err), -1);
		assert_int_equal(err.code, EX_UNAVAILABLE);
	}
	assert_int_equal(cut(text, strlen(text), &out, &err), 0);
	buffer_free(&out);
}

static void members_are_found_by_what_their_names_mean(void **state)
{
	static const char text[] =
		"{\"b\":1,\"file\\u0049d\":2,\"\":3,\"a\\u0000\":4,\"aa\":5}";
	static const char other_text[] = "{\"a\":0,\"fileId\":9}";
	struct object_members members, others;
	struct error err = {0};

	(void)state;
	assert_int_equal(object_cut(text, strlen(text), &members, &err), 0);
	assert_int_equal(
		object_cut(other_text, strlen(other_text), &others, &err), 0);
	assert_memory_equal(object_members_find(&members, "fileId")->value, "2",
			    1);
	assert_memory_equal(object_members_find(&members, "")->value, "3", 1);
	assert_memory_equal(object_members_find(&members, "aa")->value, "5", 1);
	assert_null(object_members_find(&members, "a"));
	assert_null(object_members_find(&members, "fileI"));
	assert_null(object_members_same(&members, &others, &others.list[0]));
	assert_memory_equal(
		object_members_same(&members, &others, &others.list[1])->value,
		"2", 1);
	object_members_free(&members);
	object_members_free(&others);
}

static void too_many_members_are_refused(void **state)
{
	struct buffer text = BUFFER_EMPTY;
	struct object_members members;
	struct error err = {0};
	int i;

	(void)state;
	buffer_text(&text, "{");
	for (i = 0; i < OBJECT_CUTTER_MAX_MEMBERS; i++)
		buffer_format(&text, "%s\"%d\":1", i > 0 ? "," : "", i);
	buffer_text(&text, "}");
	assert_int_equal(object_cut(text.data, text.length, &members, &err), 0);
	object_members_free(&members);
	text.length--;
	buffer_text(&text, ",\"more\":1}");
	assert_int_equal(object_cut(text.data, text.length, &members, &err),
			 -1);
	assert_int_equal(err.code, EX_DATAERR);
	buffer_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_come_out_byte_for_byte),
		cmocka_unit_test(what_is_no_object_is_refused),
		cmocka_unit_test(every_beginning_of_an_object_is_cut_short),
		cmocka_unit_test(members_are_found_by_what_their_names_mean),
		cmocka_unit_test(too_many_members_are_refused),
	};

	return cmocka_run_group_tests_name("object_cutter", tests, NULL, NULL);
}
