/* body: the request's body up to its length and its limit, and its media
 * type. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "web/body.h"
#include "web_fixture.h"

/* Gives `text` away in pieces of `piece` bytes, then ends as `end` says. */
struct giver {
	const char *text;
	size_t left, piece;
	long end; /* 0 or -1 */
	size_t calls;
};

static long give(void *context, void *bytes, size_t size)
{
	struct giver *giver = context;
	size_t length = giver->left < giver->piece ? giver->left : giver->piece;

	giver->calls++;
	if (length == 0)
		return giver->end;
	length = length < size ? length : size;
	memcpy(bytes, giver->text, length);
	giver->text += length;
	giver->left -= length;
	return (long)length;
}

static enum web_body_verdict read_body(const char *content_length,
				       struct giver *giver, size_t max_bytes,
				       struct buffer *body)
{
	const char *variables[2] = {content_length, NULL};
	struct web_request request;
	enum web_body_verdict verdict;

	web_request_init(&request, variables);
	if (giver->text != NULL)
		request.source = (struct web_source){give, giver};
	verdict = web_body_read(&request, max_bytes, body);
	web_request_free(&request);
	return verdict;
}

#define MAX_BYTES 10

static const struct {
	const char *content_length;
	const char *text; /* what can be read; NULL: there is no source */
	size_t piece;
	long end;
	enum web_body_verdict verdict;
	const char *body; /* behind what was there before */
} bodies[] = {
	{"CONTENT_LENGTH=4", "body", 9, 0, WEB_BODY_READ, "body"},
	{"CONTENT_LENGTH=4", "body", 1, 0, WEB_BODY_READ, "body"},
	{"CONTENT_LENGTH=4", "body and more", 3, 0, WEB_BODY_READ, "body"},
	{"CONTENT_LENGTH=0004", "body", 9, 0, WEB_BODY_READ, "body"},
	{"CONTENT_LENGTH=0", "body", 9, 0, WEB_BODY_READ, ""},
	{"CONTENT_LENGTH=0", NULL, 0, 0, WEB_BODY_READ, ""},
	{"CONTENT_LENGTH=10", "0123456789", 4, 0, WEB_BODY_READ, "0123456789"},
	{"CONTENT_LENGTH=11", "0123456789x", 4, 0, WEB_BODY_TOO_LARGE, ""},
	{"CONTENT_LENGTH=18446744073709551617", "x", 4, 0, WEB_BODY_TOO_LARGE,
	 ""},
	{"CONTENT_LENGTH=9223372036854775807", "x", 4, 0, WEB_BODY_TOO_LARGE,
	 ""},
	{"CONTENT_LENGTH=5", "body", 9, 0, WEB_BODY_CUT_SHORT, ""},
	{"CONTENT_LENGTH=5", "body", 2, -1, WEB_BODY_CUT_SHORT, ""},
	{"CONTENT_LENGTH=5", "", 2, 0, WEB_BODY_CUT_SHORT, ""},
	{"CONTENT_LENGTH=5", NULL, 0, 0, WEB_BODY_CUT_SHORT, ""},
	{"CONTENT_LENGTH=", "body", 9, 0, WEB_BODY_NO_LENGTH, ""},
	{"CONTENT_LENGTH=-1", "body", 9, 0, WEB_BODY_NO_LENGTH, ""},
	{"CONTENT_LENGTH=+4", "body", 9, 0, WEB_BODY_NO_LENGTH, ""},
	{"CONTENT_LENGTH=4 ", "body", 9, 0, WEB_BODY_NO_LENGTH, ""},
	{"CONTENT_LENGTH=0x4", "body", 9, 0, WEB_BODY_NO_LENGTH, ""},
	{"CONTENT_LENGTH=4, 4", "body", 9, 0, WEB_BODY_NO_LENGTH, ""},
	{NULL, "body", 9, 0, WEB_BODY_NO_LENGTH, ""},
};

static void each_length_and_source_has_its_verdict(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(bodies); i++) {
		const char *text = bodies[i].text;
		struct giver giver = {.text = text,
				      .left = text != NULL ? strlen(text) : 0,
				      .piece = bodies[i].piece,
				      .end = bodies[i].end};
		struct buffer body = BUFFER_EMPTY, wanted = BUFFER_EMPTY;
		enum web_body_verdict verdict;

		buffer_text(&body, "before ");
		buffer_format(&wanted, "before %s", bodies[i].body);
		verdict = read_body(bodies[i].content_length, &giver, MAX_BYTES,
				    &body);
		if (verdict != bodies[i].verdict ||
		    body.length != wanted.length ||
		    strcmp(body.data, wanted.data) != 0)
			fail_msg("case %zu: %d, \"%s\"", i, (int)verdict,
				 body.data);
		buffer_free(&body);
		buffer_free(&wanted);
	}
}

static void what_is_too_large_is_not_read(void **state)
{
	struct giver giver = {.text = "0123456789x", .left = 11, .piece = 11};
	struct buffer body = BUFFER_EMPTY;

	(void)state;
	assert_int_equal(read_body("CONTENT_LENGTH=11", &giver, 10, &body),
			 WEB_BODY_TOO_LARGE);
	assert_int_equal(giver.calls, 0);
	assert_int_equal(read_body("CONTENT_LENGTH=11", &giver, 11, &body),
			 WEB_BODY_READ);
	assert_int_equal(giver.calls, 1);
	buffer_free(&body);
}

static void a_body_may_hold_any_bytes(void **state)
{
	static const char bytes[] = "a\0b\xff\r\n\r\n";
	struct giver giver = {.text = bytes, .left = sizeof(bytes), .piece = 2};
	struct buffer body = BUFFER_EMPTY;

	(void)state;
	assert_int_equal(read_body("CONTENT_LENGTH=9", &giver, 9, &body),
			 WEB_BODY_READ);
	assert_int_equal(body.length, sizeof(bytes));
	assert_memory_equal(body.data, bytes, sizeof(bytes));
	buffer_free(&body);
}

static const struct {
	const char *content_type;
	bool is_json;
} types[] = {
	{"application/json", true},
	{"Application/JSON", true},
	{" application/json ", true},
	{"application/json;charset=utf-8", true},
	{"application/json; charset=UTF-8", true},
	{"application/json ; Charset=\"Utf-8\"", true},
	{"application/json; profile=\"a;\\\"charset=x\"", true},
	{"application/json; v=1; charset=utf-8 ;", true},
	{"application/json;", true},
	{"application/json;;", true},
	{"application/json; charset=latin-1", false},
	{"application/json; charset=utf-8; charset=utf-16", false},
	{"application/json; charset=", false},
	{"application/json; charset", false},
	{"application/json; charset=\"utf-8", false},
	{"application/json; charset=\"utf-8\\", false},
	{"application/json; charset = utf-8", false},
	{"application/json; =utf-8", false},
	{"application/json; charset=utf-8 x", false},
	{"application/json, application/json", false},
	{"application/json5", false},
	{"application/jso", false},
	{"application/json/x", false},
	{"application/*", false},
	{"text/json", false},
	{"application/merge-patch+json", false},
	{"text/plain; x=application/json", false},
	{"", false},
	{NULL, false},
};

static void the_media_type_is_told_whatever_its_parameters(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(types); i++) {
		struct buffer line = BUFFER_EMPTY;
		const char *variables[2] = {NULL, NULL};
		struct web_request request;

		if (types[i].content_type != NULL) {
			buffer_format(&line, "CONTENT_TYPE=%s",
				      types[i].content_type);
			variables[0] = line.data;
		}
		web_request_init(&request, variables);
		if (web_body_is(&request, "application/json") !=
		    types[i].is_json)
			fail_msg("case %zu: \"%s\"", i, types[i].content_type);
		web_request_free(&request);
		buffer_free(&line);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_length_and_source_has_its_verdict),
		cmocka_unit_test(what_is_too_large_is_not_read),
		cmocka_unit_test(a_body_may_hold_any_bytes),
		cmocka_unit_test(
			the_media_type_is_told_whatever_its_parameters),
	};

	return cmocka_run_group_tests_name("body", tests, NULL, NULL);
}
