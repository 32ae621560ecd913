/* event_input: which bodies are taken, and what is said of the others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/count.h"
#include "base/hex.h"
#include "base/object_cutter.h"
#include "events/event_input.h"

/* Reads a copy that ends where its memory does, for AddressSanitizer. */
static enum event_input_verdict read_bytes(enum event_input_kind kind,
					   const char *text, size_t length,
					   struct event_input *input,
					   struct buffer *why)
{
	char *copy = malloc(length != 0 ? length : 1);
	enum event_input_verdict verdict;

	assert_non_null(copy);
	memcpy(copy, text, length);
	*input = EVENT_INPUT_EMPTY;
	buffer_clear(why);
	buffer_text(why, "");
	verdict = event_input_read(kind, copy, length, input, why);
	free(copy);
	return verdict;
}

static const char *or_none(const char *text)
{
	return text != NULL ? text : "(none)";
}

/* A body that is taken, and what it means: the bits, then
 * user_id|description|status|attempts|last_error. */
static const struct {
	enum event_input_kind kind;
	const char *text, *meaning;
} good[] = {
	{EVENT_NEW, "{\"user_id\":\"ada\",\"description\":\"d\"}",
	 "3 ada|d|0|0|(none)"},
	{EVENT_NEW,
	 "\r\n\t {\"description\" : \"d\" , \"user_id\": \"ada\"} \n",
	 "3 ada|d|0|0|(none)"},
	{EVENT_NEW,
	 "{\"user\\u005fid\":\"\\u0061da\",\"description\":\"\\ud83c\\udfa7\"}",
	 "3 ada|\xf0\x9f\x8e\xa7|0|0|(none)"},
	{EVENT_NEW, "{\"user_id\":\" \",\"description\":\"\\n\\u0001\"}",
	 "3  |\n\x01|0|0|(none)"},
	{EVENT_NEW, "{\"user_id\":\"null\",\"description\":\"{}\"}",
	 "3 null|{}|0|0|(none)"},
	{EVENT_CHANGE, "{\"user_id\":\"ada\"}", "1 ada|(none)|0|0|(none)"},
	{EVENT_CHANGE, "{\"description\":\"d\"}", "2 (none)|d|0|0|(none)"},
	{EVENT_CHANGE, "{\"status\":\"NotProcessed\"}",
	 "4 (none)|(none)|0|0|(none)"},
	{EVENT_CHANGE, "{\"status\":\"Processed\"}",
	 "4 (none)|(none)|1|0|(none)"},
	{EVENT_CHANGE, "{\"status\":\"Fail\\u0065d\"}",
	 "4 (none)|(none)|2|0|(none)"},
	{EVENT_CHANGE, "{\"attempts\":0}", "8 (none)|(none)|0|0|(none)"},
	{EVENT_CHANGE, "{\"attempts\":1000000000}",
	 "8 (none)|(none)|0|1000000000|(none)"},
	{EVENT_CHANGE, "{\"last_error\":null}", "16 (none)|(none)|0|0|(none)"},
	{EVENT_CHANGE, "{\"last_error\":\"\"}", "16 (none)|(none)|0|0|"},
	{EVENT_CHANGE,
	 "{\"last_error\":\"e\",\"attempts\":3,\"status\":\"Failed\","
	 "\"description\":\"d\",\"user_id\":\"u\"}",
	 "31 u|d|2|3|e"},
};

static void what_is_right_is_taken_whole(void **state)
{
	struct buffer why = BUFFER_EMPTY, meaning = BUFFER_EMPTY;
	struct event_input input;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(good); i++) {
		if (read_bytes(good[i].kind, good[i].text, strlen(good[i].text),
			       &input, &why) != EVENT_INPUT_GOOD)
			fail_msg("%s: %s", good[i].text, why.data);
		assert_string_equal(why.data, "");
		buffer_clear(&meaning);
		buffer_format(&meaning, "%u %s|%s|%d|%u|%s", input.fields,
			      or_none(input.user_id),
			      or_none(input.description), (int)input.status,
			      input.attempts, or_none(input.last_error));
		assert_string_equal(meaning.data, good[i].meaning);
		event_input_free(&input);
		assert_null(input.user_id);
	}
	buffer_free(&meaning);
	buffer_free(&why);
}

#define STATUS_WANTED                                                          \
	"status: must be \\\"NotProcessed\\\", \\\"Processed\\\" or "          \
	"\\\"Failed\\\""
#define ATTEMPTS_WANTED "attempts: must be a whole number from 0 to 1000000000"
#define NO_OBJECT ": the body must be an object"
#define BOTH_MISSING "user_id: is missing;description: is missing"
#define NOT_OF_NEW ": cannot be given for a new event"

/* JSON of the wrong shape, and what `errors` then holds: field: detail;… */
static const struct {
	enum event_input_kind kind;
	const char *text, *faults;
} wrong[] = {
	{EVENT_NEW, "{}", BOTH_MISSING},
	{EVENT_NEW, "{\"user_id\":\"ada\"}", "description: is missing"},
	{EVENT_NEW, "{\"description\":\"d\"}", "user_id: is missing"},
	{EVENT_NEW, "{\"user_id\":\"\",\"description\":\"\"}",
	 "user_id: must not be empty;description: must not be empty"},
	{EVENT_NEW, "{\"description\":7,\"user_id\":null}",
	 "description: must be a string;user_id: must be a string"},
	{EVENT_NEW, "{\"user_id\":[\"ada\"],\"description\":{\"a\":\"b\"}}",
	 "user_id: must be a string;description: must be a string"},
	{EVENT_NEW, "{\"user_id\":true,\"description\":\"a\\u0000b\"}",
	 "user_id: must be a string;description: must not hold U+0000"},
	{EVENT_NEW, "{\"user_id\":\"\\u0000\",\"description\":\"d\"}",
	 "user_id: must not hold U+0000"},
	{EVENT_NEW,
	 "{\"x\":1,\"user_id\":\"ada\",\"__proto__\":{},\"description\":\"d\"}",
	 "x: is not known;__proto__: is not known"},
	{EVENT_NEW,
	 "{\"status\":\"Processed\",\"user_id\":\"ada\",\"description\":\"d\","
	 "\"attempts\":1,\"last_error\":null,\"event_id\":\"x\"}",
	 "status" NOT_OF_NEW ";attempts" NOT_OF_NEW ";last_error" NOT_OF_NEW
	 ";event_id: is not known"},
	{EVENT_NEW, "{\"z\":1,\"description\":5,\"a\":2}",
	 "z: is not known;description: must be a string;a: is not known;"
	 "user_id: is missing"},
	{EVENT_NEW,
	 "{\"User_id\":\"a\",\"user_id \":\"b\",\"user_id\\u0000\":\"c\","
	 "\"\":1}",
	 "User_id: is not known;user_id : is not known;"
	 "user_id\\u0000: is not known;: is not known;" BOTH_MISSING},
	{EVENT_NEW, "{\"a\\\"},\\n\\u2028\\u001b\":1}",
	 "a\\\"},\\n\\u2028\\u001b: is not known;" BOTH_MISSING},
	{EVENT_NEW, "[]", NO_OBJECT},
	{EVENT_NEW, " [{\"user_id\":\"a\",\"description\":\"d\"}] ", NO_OBJECT},
	{EVENT_NEW, "null", NO_OBJECT},
	{EVENT_NEW, "true", NO_OBJECT},
	{EVENT_CHANGE, "-1.5e+3", NO_OBJECT},
	{EVENT_CHANGE, "\"{}\"", NO_OBJECT},
	{EVENT_CHANGE, "{}",
	 ": at least one of user_id, description and status must be given"},
	{EVENT_CHANGE, "{\"created_at\":1}", "created_at: is not known"},
	{EVENT_CHANGE, "{\"status\":\"processed\"}", STATUS_WANTED},
	{EVENT_CHANGE, "{\"status\":1}", STATUS_WANTED},
	{EVENT_CHANGE, "{\"status\":null}", STATUS_WANTED},
	{EVENT_CHANGE, "{\"status\":\"Failed\\u0000\"}", STATUS_WANTED},
	{EVENT_CHANGE, "{\"attempts\":\"1\"}", ATTEMPTS_WANTED},
	{EVENT_CHANGE, "{\"attempts\":-1}", ATTEMPTS_WANTED},
	{EVENT_CHANGE, "{\"attempts\":1.0}", ATTEMPTS_WANTED},
	{EVENT_CHANGE, "{\"attempts\":1e1}", ATTEMPTS_WANTED},
	{EVENT_CHANGE, "{\"attempts\":1000000001}", ATTEMPTS_WANTED},
	{EVENT_CHANGE, "{\"attempts\":99999999999999999999}", ATTEMPTS_WANTED},
	{EVENT_CHANGE, "{\"attempts\":null}", ATTEMPTS_WANTED},
	{EVENT_CHANGE, "{\"last_error\":0}",
	 "last_error: must be a string or null"},
	{EVENT_CHANGE, "{\"user_id\":\"u\",\"description\":null}",
	 "description: must be a string"},
};

/* The JSON of faults in the table's notation. */
static void put_errors(struct buffer *out, const char *faults)
{
	buffer_char(out, '[');
	while (*faults != '\0') {
		const char *colon = strchr(faults, ':');
		size_t length = strcspn(faults, ";");

		buffer_format(out, "{\"field\":\"%.*s\",\"detail\":\"%.*s\"}",
			      (int)(colon - faults), faults,
			      (int)(faults + length - colon - 2), colon + 2);
		faults += length;
		if (*faults == ';') {
			buffer_char(out, ',');
			faults++;
		}
	}
	buffer_char(out, ']');
}

static void every_wrong_field_is_named_at_once(void **state)
{
	struct buffer why = BUFFER_EMPTY, expected = BUFFER_EMPTY;
	struct event_input input;
	enum event_input_verdict verdict;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(wrong); i++) {
		verdict = read_bytes(wrong[i].kind, wrong[i].text,
				     strlen(wrong[i].text), &input, &why);
		buffer_clear(&expected);
		put_errors(&expected, wrong[i].faults);
		if (verdict != EVENT_INPUT_WRONG ||
		    strcmp(why.data, expected.data) != 0)
			fail_msg("%s: %d\n%s\nnot\n%s", wrong[i].text,
				 (int)verdict, why.data, expected.data);
		assert_int_equal(input.fields, 0);
		assert_null(input.user_id);
	}
	buffer_free(&expected);
	buffer_free(&why);
}

#define BYTES(literal) literal, sizeof(literal) - 1
#define GOOD_BODY "{\"user_id\":\"ada\",\"description\":\"d\"}"

/* What is no JSON, or not to the letter. */
static const struct {
	const char *text;
	size_t length;
	const char *reason;
} malformed[] = {
	{BYTES(""), "the text is empty"},
	{BYTES(" \n"), "the text is empty"},
	{BYTES("\xef\xbb\xbf" GOOD_BODY), "a JSON object is expected"},
	{BYTES(GOOD_BODY "x"), "more text after its end"},
	{BYTES(GOOD_BODY GOOD_BODY), "more text after its end"},
	{BYTES(GOOD_BODY "\0"), "more text after its end"},
	{BYTES("\0" GOOD_BODY), "a JSON object is expected"},
	{BYTES("user_id=ada&description=d"), "a JSON object is expected"},
	{BYTES("<event/>"), "a JSON object is expected"},
	{BYTES("[1,]"), "a JSON object is expected"},
	{BYTES("[1"), "a JSON object is expected"},
	{BYTES("tru"), "a JSON object is expected"},
	{BYTES("01"), "a JSON object is expected"},
	{BYTES("\"\xff\""), "a JSON object is expected"},
	{BYTES("NaN"), "a JSON object is expected"},
	{BYTES("{\"user_id\":\"ada\",}"), "no quoted key"},
	{BYTES("{user_id:\"ada\"}"), "no quoted key"},
	{BYTES("{'user_id':'ada'}"), "no quoted key"},
	{BYTES("{\"user_id\":'ada'}"), "a single quote"},
	{BYTES("{\"user_id\":undefined}"), "no JSON value"},
	{BYTES("{\"attempts\":NaN}"), "no JSON value"},
	{BYTES("{\"attempts\":+1}"), "no JSON value"},
	{BYTES("{\"attempts\":01}"), "malformed number"},
	{BYTES("{/**/\"attempts\":1}"), "no quoted key"},
	{BYTES("{\"user_id\":\"a\nb\"}"), "raw control character"},
	{BYTES("{\"user_id\":\"a\0b\"}"), "raw control character"},
	{BYTES("{\"user_id\":\"\\x41\"}"), "malformed escape"},
	{BYTES("{\"user_id\":\"\\ud83c\"}"), "lone surrogate"},
	{BYTES("{\"user_id\":\"\\udfa7\"}"), "lone surrogate"},
	{BYTES("{\"\\udfa7\":\"\"}"), "lone surrogate"},
	{BYTES("{\"user_id\":\"\xff\"}"), "not UTF-8"},
	{BYTES("{\"user_id\":\"\xc0\x80\"}"), "not UTF-8"},
	{BYTES("{\"user_id\":\"\xed\xa0\x80\"}"), "not UTF-8"},
	{BYTES("{\"user_id\":\"\xf5\x80\x80\x80\"}"), "not UTF-8"},
	{BYTES("{\"\xe9\":1}"), "not UTF-8"},
	{BYTES("{\"user_id\":\"a\",\"user_id\":\"b\"}"), "of one name"},
	{BYTES("{\"user_id\":\"a\",\"user\\u005fid\":\"a\"}"), "of one name"},
	{BYTES("{\"x\":1,\"x\":1}"), "of one name"},
	{BYTES("{\"user_id\":\"ada\"]"), "a ] that should be a }"},
};

static void what_is_no_json_is_told_from_what_is_wrong(void **state)
{
	struct buffer why = BUFFER_EMPTY;
	struct event_input input;
	enum event_input_verdict verdict;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(malformed); i++) {
		verdict = read_bytes(EVENT_NEW, malformed[i].text,
				     malformed[i].length, &input, &why);
		if (verdict != EVENT_INPUT_NOT_JSON ||
		    strstr(why.data, malformed[i].reason) == NULL)
			fail_msg("%s: %d %s", malformed[i].text, (int)verdict,
				 why.data);
		assert_int_equal(why.data[why.length - 1], '.');
		assert_int_equal(input.fields, 0);
	}
	buffer_free(&why);
}

static void every_beginning_of_a_body_is_no_json(void **state)
{
	static const char text[] =
		"{\"user_id\":\"\\ud83c\\udfa7\",\"description\":\"d\\n\"}";
	struct buffer why = BUFFER_EMPTY;
	struct event_input input;
	size_t length;

	(void)state;
	for (length = 0; length < strlen(text); length++)
		assert_int_equal(read_bytes(EVENT_NEW, text, length, &input,
					    &why),
				 EVENT_INPUT_NOT_JSON);
	assert_int_equal(read_bytes(EVENT_NEW, text, strlen(text), &input,
				    &why),
			 EVENT_INPUT_GOOD);
	event_input_free(&input);
	buffer_free(&why);
}

static void put_repeated(struct buffer *out, const char *text, size_t times)
{
	while (times-- > 0)
		buffer_text(out, text);
}

/* A character of the body, its bytes once decoded, and the member's limit. */
static void lengths_are_counted_in_bytes_of_utf8(void **state)
{
	static const struct {
		const char *name, *character;
		size_t bytes, most;
	} cases[] = {
		{"user_id", "x", 1, 256},
		{"user_id", "\xc3\xa9", 2, 256},
		{"user_id", "\\u00e9", 2, 256},
		{"user_id", "\\ud83c\\udfa7", 4, 256},
		{"user_id", "\\n", 1, 256},
		{"description", "x", 1, 4096},
		{"description", "\xf0\x9f\x8e\xa7", 4, 4096},
		{"description", "\\u0001", 1, 4096},
		{"last_error", "x", 1, 1024},
		{"last_error",
		 "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"
		 "xxxx",
		 16, 1024},
	};
	struct buffer text = BUFFER_EMPTY, why = BUFFER_EMPTY,
		      expected = BUFFER_EMPTY;
	struct event_input input;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		size_t fitting = cases[i].most / cases[i].bytes;

		buffer_clear(&text);
		buffer_format(&text, "{\"%s\":\"", cases[i].name);
		put_repeated(&text, cases[i].character, fitting);
		buffer_text(&text, "\"}");
		if (read_bytes(EVENT_CHANGE, text.data, text.length, &input,
			       &why) != EVENT_INPUT_GOOD)
			fail_msg("case %zu: %s", i, why.data);
		event_input_free(&input);
		text.length -= 2;
		buffer_text(&text, "x\"}");
		buffer_clear(&expected);
		buffer_format(&expected,
			      "[{\"field\":\"%s\",\"detail\":\"must have at "
			      "most %zu bytes of UTF-8, and has %zu\"}]",
			      cases[i].name, cases[i].most, cases[i].most + 1);
		assert_int_equal(read_bytes(EVENT_CHANGE, text.data,
					    text.length, &input, &why),
				 EVENT_INPUT_WRONG);
		assert_string_equal(why.data, expected.data);
	}
	buffer_free(&expected);
	buffer_free(&text);
	buffer_free(&why);
}

static void a_body_may_be_32_deep_and_no_deeper(void **state)
{
	static const size_t depths[] = {31, 32, 1000, 60000};
	struct buffer text = BUFFER_EMPTY, why = BUFFER_EMPTY;
	struct event_input input;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(depths); i++) {
		buffer_clear(&text);
		buffer_text(&text, "{\"x\":");
		put_repeated(&text, "[", depths[i]);
		put_repeated(&text, "]", depths[i]);
		buffer_text(&text, "}");
		assert_int_equal(read_bytes(EVENT_CHANGE, text.data,
					    text.length, &input, &why),
				 depths[i] < 32 ? EVENT_INPUT_WRONG
						: EVENT_INPUT_NOT_JSON);
	}
	buffer_clear(&text);
	put_repeated(&text, "[", 33);
	put_repeated(&text, "]", 33);
	assert_int_equal(read_bytes(EVENT_CHANGE, text.data, text.length,
				    &input, &why),
			 EVENT_INPUT_NOT_JSON);
	buffer_free(&text);
	buffer_free(&why);
}

static void a_body_full_of_unknown_members_names_each(void **state)
{
	struct buffer text = BUFFER_EMPTY, why = BUFFER_EMPTY;
	struct event_input input;
	const char *at;
	size_t i, named = 0;

	(void)state;
	buffer_text(&text, "{");
	for (i = 0; text.length < EVENT_INPUT_MAX_BYTES - 32; i++)
		buffer_format(&text, "%s\"%zu\":%zu", i > 0 ? "," : "", i, i);
	buffer_text(&text, "}");
	assert_int_equal(read_bytes(EVENT_NEW, text.data, text.length, &input,
				    &why),
			 EVENT_INPUT_WRONG);
	for (at = why.data; (at = strstr(at, "is not known")) != NULL; at++)
		named++;
	assert_int_equal(named, i);
	assert_non_null(strstr(why.data, "\"description\",\"detail\":\"is "
					 "missing\"}]"));
	buffer_free(&text);
	buffer_free(&why);
}

/* 64 KiB with more members than object_cutter takes. */
static void more_members_than_can_be_are_no_json_that_can_be_read(void **state)
{
	struct buffer text = BUFFER_EMPTY, why = BUFFER_EMPTY;
	struct event_input input;
	int a, b, c, count = 0;

	(void)state;
	buffer_text(&text, "{");
	for (a = 'A'; a <= 'Z'; a++)
		for (b = 'A'; b <= 'Z'; b++)
			for (c = 'A'; c <= 'O'; c++, count++)
				buffer_format(&text, "%s\"%c%c%c\":1",
					      count > 0 ? "," : "", a, b, c);
	buffer_text(&text, "}");
	assert_true(count > OBJECT_CUTTER_MAX_MEMBERS);
	assert_int_equal(read_bytes(EVENT_NEW, text.data, text.length, &input,
				    &why),
			 EVENT_INPUT_NOT_JSON);
	assert_non_null(strstr(why.data, "more than 10000 members"));
	buffer_free(&text);
	buffer_free(&why);
}

static void why_is_appended_to(void **state)
{
	struct buffer why = BUFFER_EMPTY;
	struct event_input input;

	(void)state;
	buffer_text(&why, "before ");
	assert_int_equal(event_input_read(EVENT_CHANGE, "[]", 2, &input, &why),
			 EVENT_INPUT_WRONG);
	assert_string_equal(why.data, "before [{\"field\":\"\",\"detail\":"
				      "\"the body must be an object\"}]");
	buffer_free(&why);
}

static void digest_of(const char *text, char hex[HASH_HEX_BYTES])
{
	unsigned char digest[HASH_BYTES];
	struct buffer why = BUFFER_EMPTY;
	struct event_input input;

	assert_int_equal(read_bytes(EVENT_NEW, text, strlen(text), &input,
				    &why),
			 EVENT_INPUT_GOOD);
	assert_int_equal(event_input_digest(&input, digest, NULL), 0);
	hex_encode(digest, sizeof(digest), hex);
	event_input_free(&input);
	buffer_free(&why);
}

static void a_digest_tells_contents_apart_and_not_spellings(void **state)
{
	static const struct {
		const char *text;
		bool is_same;
	} cases[] = {
		{" {\"description\": \"b\\u0063\",\n\"user_id\":\"a\"} ", true},
		{"{\"user_id\":\"a\",\"description\":\"bc\"}", true},
		{"{\"user_id\":\"ab\",\"description\":\"c\"}", false},
		{"{\"user_id\":\"bc\",\"description\":\"a\"}", false},
		{"{\"user_id\":\"a\",\"description\":\"bc \"}", false},
		{"{\"user_id\":\"A\",\"description\":\"bc\"}", false},
	};
	char first[HASH_HEX_BYTES], other[HASH_HEX_BYTES];
	size_t i;

	(void)state;
	digest_of("{\"user_id\":\"a\",\"description\":\"bc\"}", first);
	for (i = 0; i < COUNT(cases); i++) {
		digest_of(cases[i].text, other);
		if ((strcmp(first, other) == 0) != cases[i].is_same)
			fail_msg("%s", cases[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_right_is_taken_whole),
		cmocka_unit_test(every_wrong_field_is_named_at_once),
		cmocka_unit_test(what_is_no_json_is_told_from_what_is_wrong),
		cmocka_unit_test(every_beginning_of_a_body_is_no_json),
		cmocka_unit_test(lengths_are_counted_in_bytes_of_utf8),
		cmocka_unit_test(a_body_may_be_32_deep_and_no_deeper),
		cmocka_unit_test(a_body_full_of_unknown_members_names_each),
		cmocka_unit_test(
			more_members_than_can_be_are_no_json_that_can_be_read),
		cmocka_unit_test(why_is_appended_to),
		cmocka_unit_test(
			a_digest_tells_contents_apart_and_not_spellings),
	};

	return cmocka_run_group_tests_name("event_input", tests, NULL, NULL);
}
