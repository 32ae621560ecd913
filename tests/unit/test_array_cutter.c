/* array_cutter: what comes out of an array, whatever its pieces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "upstream/array_cutter.h"

/* The whole outcome as one text: the elements, each behind a bar, and then
 * "end" or the error. */
struct record {
	struct buffer text;
	const char *refused; /* an element that the callback refuses */
	const char *last;    /* an element after which it needs no more */
};

static int take(void *context, const char *text, size_t length,
		struct error *err)
{
	struct record *record = context;

	buffer_append(&record->text, text, length);
	buffer_char(&record->text, '|');
	if (record->refused != NULL &&
	    strncmp(text, record->refused, length) == 0)
		return error_set(err, EX_DATAERR, "refused");
	return record->last != NULL && strncmp(text, record->last, length) == 0;
}

static void note_end(struct record *record, int status, const struct error *err)
{
	if (status < 0)
		buffer_format(&record->text, "%d: %s", err->code, err->message);
	else
		buffer_text(&record->text, status == 0 ? "end" : "enough");
}

/* Each piece is copied to memory of its own size, so that a look past its end
 * is found. */
static int feed_copy(struct array_cutter *cutter, const char *piece,
		     size_t length, struct error *err)
{
	char *copy = malloc(length);
	int status;

	if (length > 0)
		memcpy(copy, piece, length);
	status = array_cutter_feed(cutter, copy, length, err);
	free(copy);
	return status;
}

/* Feeds the text in two pieces cut at `at`, the second one in pieces of
 * `step`. */
static void run(struct array_cutter *cutter, struct record *record,
		const char *text, size_t length, size_t at, size_t step)
{
	struct error err = {0};
	int status;

	array_cutter_restart(cutter);
	buffer_clear(&record->text);
	status = feed_copy(cutter, text, at, &err);
	while (status == 0 && at < length) {
		size_t n = length - at < step ? length - at : step;

		status = feed_copy(cutter, text + at, n, &err);
		at += n;
	}
	if (status == 0)
		status = array_cutter_finish(cutter, &err);
	note_end(record, status, &err);
}

struct text_case {
	const char *text;
	const char *outcome;
};

static const struct text_case cases[] = {
	{"[]", "end"},
	{" [ ] ", "end"},
	{"[1]", "1|end"},
	{"[ 1 , 2.5e3 ,\n-0 ]\n", "1|2.5e3|-0|end"},
	{"[true,false,null]", "true|false|null|end"},
	{"[\"\"]", "\"\"|end"},
	{"[\"a,b\",\"]\"]", "\"a,b\"|\"]\"|end"},
	{"[\"\\\"]\",\"\\\\\"]", "\"\\\"]\"|\"\\\\\"|end"},
	{"[\" a \"]", "\" a \"|end"},
	{"[{}]", "{}|end"},
	{"[{},{}]", "{}|{}|end"},
	{"[ { \"a\" : [ 1 , { } ] } , [ ] ]",
	 "{ \"a\" : [ 1 , { } ] }|[ ]|end"},
	{"[[1,2],[3]]", "[1,2]|[3]|end"},
	{"[\"千と千尋\",\"\\ud83d\\ude00\"]",
	 "\"千と千尋\"|\"\\ud83d\\ude00\"|end"},

	{"", "69: the text is empty where a JSON array is expected"},
	{" \n", "69: the text is empty where a JSON array is expected"},
	{"[", "69: the array is cut short after 0 whole elements"},
	{"[1,", "1|69: the array is cut short after 1 whole elements"},
	{"[1,2", "1|69: the array is cut short after 1 whole elements"},
	{"[{\"a\":\"", "69: the array is cut short after 0 whole elements"},
	{"[{}", "69: the array is cut short after 0 whole elements"},

	{"{\"films\":[]}", "65: a JSON array is expected, not an object"},
	{"\"films\"", "65: a JSON array is expected, not a string"},
	{"-1", "65: a JSON array is expected, not a number"},
	{" 22", "65: a JSON array is expected, not a number"},
	{"<!DOCTYPE html>",
	 "65: a JSON array is expected, not text that starts with '<'"},
	{"null", "65: a JSON array is expected, not text that starts with 'n'"},
	{"\xef\xbb\xbf[]",
	 "65: a JSON array is expected, not text that starts with the byte "
	 "0xef"},
	{"\x01", "65: a JSON array is expected, not text that starts with the "
		 "byte 0x01"},

	{"[1,]", "1|65: byte 4 of the array: something that is no JSON value"},
	{"[,]", "65: byte 2 of the array: something that is no JSON value"},
	{"[] x", "65: byte 4 of the array: more text after its end"},
	{"[1][2]", "1|65: byte 4 of the array: more text after its end"},
	{"[1}", "65: element 1 (byte 3 of the array): a } that should be a ]"},
	{"[1,NaN]", "1|65: element 2 (byte 4 of the array): something that is "
		    "no JSON value"},
	{"['a']", "65: element 1 (byte 2 of the array): a single quote where "
		  "JSON has a double one"},
	{"[1 2]", "65: element 1 (byte 4 of the array): something that is no "
		  "comma after a value"},
	{"[{},{\"a\":\"b\nc\"}]",
	 "{}|65: element 2 (byte 12 of the array): a raw control character in "
	 "a string"},
	{"[\"\\ud83d\"]", "65: element 1 (byte 9 of the array): a lone "
			  "surrogate in a string"},
	{"[\"\xff\"]", "65: element 1 (byte 5 of the array): bytes that are "
		       "not UTF-8"},
	{"[\"\xc0\xaf\"]", "65: element 1 (byte 6 of the array): bytes that "
			   "are not UTF-8"},
	{"[\"\xed\xa0\x80\" ]", "65: element 1 (byte 8 of the array): bytes "
				"that are not UTF-8"},

	{"[\"0123456789012345678901\"]", "\"0123456789012345678901\"|end"},
	{"[1,\"01234567890123456789012\"]",
	 "1|65: element 2 of the array is larger than 24 bytes"},
	{"[1,[1,2,3,4,5,6,7,8,9,10,11,12]]",
	 "1|65: element 2 of the array is larger than 24 bytes"},
	{"[                              1]", "1|end"},
	{"[1,2,3,4,5,6]", "1|2|3|4|5|6|end"},
	{"[1,2,3,4,5,6,7]", "1|2|3|4|5|6|65: the array has more than 6 "
			    "elements"},

	{"[1,\"refused\",3]", "1|\"refused\"|65: refused"},
	{"[1,\"last\",3] and more", "1|\"last\"|enough"},
};

/* Small limits, so that the cases can reach them. */
static struct array_cutter small_cutter(struct record *record)
{
	struct array_cutter cutter = ARRAY_CUTTER(take, record);

	cutter.max_element_bytes = 24;
	cutter.max_elements = 6;
	record->refused = "\"refused\"";
	record->last = "\"last\"";
	return cutter;
}

static void each_text_has_its_outcome_wherever_it_is_cut(void **state)
{
	struct record record = {0};
	struct array_cutter cutter = small_cutter(&record);
	size_t i, at;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *text = cases[i].text;
		size_t length = strlen(text);

		for (at = 0; at <= length; at++) {
			run(&cutter, &record, text, length, at, length + 1);
			if (strcmp(record.text.data, cases[i].outcome) != 0)
				fail_msg("%s cut at %zu: %s", text, at,
					 record.text.data);
		}
		run(&cutter, &record, text, length, 0, 1);
		if (strcmp(record.text.data, cases[i].outcome) != 0)
			fail_msg("%s byte by byte: %s", text, record.text.data);
	}
	buffer_free(&record.text);
	array_cutter_free(&cutter);
}

static void a_nul_byte_in_a_string_is_refused(void **state)
{
	static const char text[] = "[\"a\0b\"]";
	struct record record = {0};
	struct array_cutter cutter = ARRAY_CUTTER(take, &record);

	(void)state;
	run(&cutter, &record, text, sizeof(text) - 1, 0, sizeof(text));
	assert_string_equal(
		record.text.data,
		"65: element 1 (byte 4 of the array): a raw control "
		"character in a string");
	buffer_free(&record.text);
	array_cutter_free(&cutter);
}

static void a_hundred_thousand_brackets_are_refused_at_the_33rd(void **state)
{
	size_t length = 100000;
	char *text = malloc(length);
	struct record record = {0};
	struct array_cutter cutter = ARRAY_CUTTER(take, &record);

	(void)state;
	memset(text, '[', length);
	run(&cutter, &record, text, length, 0, length);
	assert_string_equal(record.text.data,
			    "65: element 1 (byte 33 of the array): too many "
			    "brackets inside each other");
	free(text);
	buffer_free(&record.text);
	array_cutter_free(&cutter);
}

static int count(void *context, const char *text, size_t length,
		 struct error *err)
{
	size_t *number = context;

	(void)text;
	(void)length;
	(void)err;
	(*number)++;
	return 0;
}

static void no_more_than_one_element_is_held(void **state)
{
	static const char element[] = "{\"id\":\"0123456789\"},";
	size_t number = 0, i;
	struct array_cutter cutter = ARRAY_CUTTER(count, &number);

	(void)state;
	assert_int_equal(array_cutter_feed(&cutter, "[", 1, NULL), 0);
	for (i = 0; i < 50000 * (sizeof(element) - 1); i++)
		assert_int_equal(
			array_cutter_feed(&cutter,
					  &element[i % (sizeof(element) - 1)],
					  1, NULL),
			0);
	assert_int_equal(number, 50000);
	assert_true(cutter.held.capacity < 4096);
	array_cutter_free(&cutter);
}

static void the_default_limits_refuse_an_element_of_more_than_1_mib(
	void **state)
{
	size_t number = 0, length = ARRAY_CUTTER_MAX_ELEMENT_BYTES - 2;
	struct array_cutter cutter = ARRAY_CUTTER(count, &number);
	char *inside = malloc(length + 1);
	struct error err;

	(void)state;
	memset(inside, 'x', length + 1);
	assert_int_equal(array_cutter_feed(&cutter, "[\"", 2, &err), 0);
	assert_int_equal(array_cutter_feed(&cutter, inside, length, &err), 0);
	assert_int_equal(array_cutter_feed(&cutter, "\",\"", 3, &err), 0);
	assert_int_equal(number, 1);
	assert_int_equal(array_cutter_feed(&cutter, inside, length + 1, &err),
			 0);
	assert_int_equal(array_cutter_feed(&cutter, "\"", 1, &err), -1);
	assert_string_equal(err.message, "element 2 of the array is larger "
					 "than 1048576 bytes");
	free(inside);
	array_cutter_free(&cutter);
}

static void a_restart_forgets_half_an_element(void **state)
{
	struct record record = {0};
	struct array_cutter cutter = ARRAY_CUTTER(take, &record);

	(void)state;
	assert_int_equal(array_cutter_feed(&cutter, "[1,{\"a", 6, NULL), 0);
	run(&cutter, &record, "[{}]", 4, 0, 4);
	assert_string_equal(record.text.data, "{}|end");
	buffer_free(&record.text);
	array_cutter_free(&cutter);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_text_has_its_outcome_wherever_it_is_cut),
		cmocka_unit_test(a_nul_byte_in_a_string_is_refused),
		cmocka_unit_test(
			a_hundred_thousand_brackets_are_refused_at_the_33rd),
		cmocka_unit_test(no_more_than_one_element_is_held),
		cmocka_unit_test(
			the_default_limits_refuse_an_element_of_more_than_1_mib),
		cmocka_unit_test(a_restart_forgets_half_an_element),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
