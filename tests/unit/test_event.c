/* event: as JSON and back, its status, its entity tag. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/count.h"
#include "events/event.h"

#define ID "0193a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"
#define START                                                                  \
	"{\"event_id\":\"" ID "\",\"user_id\":\"ada\",\"description\":\"d\","  \
	"\"status\":\"NotProcessed\","                                         \
	"\"created_at\":\"2026-11-21T08:00:00.123Z\","                         \
	"\"updated_at\":\"2026-11-21T08:00:01.000Z\""

static struct event an_event(char *user_id, char *description)
{
	return (struct event){
		.number = 7,
		.id = ID,
		.user_id = user_id,
		.description = description,
		.created_ms = 1795248000123,
		.updated_ms = 1795248001000,
		.version = 3,
	};
}

static void assert_written(const struct event *event, const char *expected)
{
	struct buffer out = BUFFER_EMPTY;
	struct json_writer json = JSON_WRITER(&out);

	event_write(event, &json);
	assert_int_equal(buffer_check(&out, NULL), 0);
	assert_string_equal(out.data, expected);
	buffer_free(&out);
}

static void an_event_is_written_as_the_contract_says(void **state)
{
	char user_id[] = "ada", description[] = "d", reason[] = "exit 3\n";
	struct event event = an_event(user_id, description);

	(void)state;
	assert_written(&event, START "}");
	event.attempts = 1;
	assert_written(&event, START ",\"attempts\":1,\"last_error\":null}");
	event.last_error = reason;
	assert_written(&event,
		       START ",\"attempts\":1,\"last_error\":\"exit 3\\n\"}");
	event.attempts = 0;
	assert_written(&event,
		       START ",\"attempts\":0,\"last_error\":\"exit 3\\n\"}");
}

static void an_event_reads_back_as_it_was_written(void **state)
{
	char user_id[] = "\xf0\x9f\x8e\xa7 \"quoted\" \\ \x01\x7f",
	     description[EVENT_DESCRIPTION_MAX_BYTES + 1],
	     reason[EVENT_LAST_ERROR_MAX_BYTES + 1];
	struct event event = an_event(user_id, description), read;
	struct buffer out = BUFFER_EMPTY;
	struct json_writer json = JSON_WRITER(&out);
	struct error err = {0};

	(void)state;
	memset(description, '\n', EVENT_DESCRIPTION_MAX_BYTES);
	description[EVENT_DESCRIPTION_MAX_BYTES] = '\0';
	memset(reason, '\x1b', EVENT_LAST_ERROR_MAX_BYTES);
	reason[EVENT_LAST_ERROR_MAX_BYTES] = '\0';
	event.last_error = reason;
	event.attempts = EVENT_ATTEMPTS_MAX;
	event.status = EVENT_FAILED;
	event_write(&event, &json);
	assert_int_equal(event_read(out.data, out.length, &read, &err), 0);
	assert_string_equal(read.id, event.id);
	assert_string_equal(read.user_id, user_id);
	assert_string_equal(read.description, description);
	assert_string_equal(read.last_error, reason);
	assert_int_equal(read.status, EVENT_FAILED);
	assert_int_equal(read.created_ms, event.created_ms);
	assert_int_equal(read.updated_ms, event.updated_ms);
	assert_int_equal(read.attempts, event.attempts);
	assert_int_equal(read.number, 0);
	assert_int_equal(read.version, 0);
	event_free(&read);
	assert_null(read.user_id);
	buffer_free(&out);
}

static void what_another_version_adds_is_passed_over(void **state)
{
	static const char *const texts[] = {
		START "}",
		" " START ",\"attempts\":2} ",
		START ",\"last_error\":null}",
		START ",\"last_error\":\"\"}",
		START ",\"priority\":{\"a\":[1,2]},\"\":1,\"event_id2\":2}",
	};
	struct event event;
	struct error err = {0};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(texts); i++) {
		if (event_read(texts[i], strlen(texts[i]), &event, &err) != 0)
			fail_msg("%s: %s", texts[i], err.message);
		assert_string_equal(event.description, "d");
		event_free(&event);
	}
}

/* Reads START with `wanted` put in the place of `part`. */
static int read_changed(const char *part, const char *wanted,
			struct event *event, struct error *err)
{
	static const char text[] = START ",\"attempts\":1}";
	const char *at = strstr(text, part);
	struct buffer changed = BUFFER_EMPTY;
	int status;

	assert_non_null(at);
	buffer_append(&changed, text, (size_t)(at - text));
	buffer_text(&changed, wanted);
	buffer_text(&changed, at + strlen(part));
	status = event_read(changed.data, changed.length, event, err);
	buffer_free(&changed);
	return status;
}

static void what_is_no_event_is_refused_by_name(void **state)
{
	static const struct {
		const char *part, *wanted, *reason;
	} cases[] = {
		{START ",\"attempts\":1}", "", "the text is empty"},
		{"\"attempts\":1}", "\"attempts\":1", "cut short"},
		{"{\"event_id\"", "[{\"event_id\"", "a JSON object"},
		{"\"event_id\":\"" ID "\",", "", "event_id is missing"},
		{"\"user_id\":\"ada\",", "", "user_id is missing"},
		{"\"user_id\":\"ada\",", "\"user_id\":\"a\",\"user_id\":1,",
		 "two members of one name"},
		{"\"" ID "\"", "7", "event_id must be a string"},
		{ID, "0193A1B2-C3D4-7E5F-8A9B-0C1D2E3F4A5B",
		 "event_id must be a UUID in lower case"},
		{ID, ID "\\u0000", "event_id must not hold U+0000"},
		{ID, ID ID, "event_id must have at most 37 bytes of UTF-8"},
		{"\"ada\"", "\"\"", "user_id must not be empty"},
		{"\"ada\"", "null", "user_id must be a string"},
		{"\"d\"", "\"a\\u0000b\"", "description must not hold U+0000"},
		{"NotProcessed", "notprocessed",
		 "status must be \"NotProcessed\", \"Processed\" or "
		 "\"Failed\""},
		{"\"NotProcessed\"", "0", "status must be"},
		{"2026-11-21T08:00:00.123Z", "2026-11-21T08:00:00Z",
		 "created_at must be a time"},
		{"2026-11-21T08:00:01.000Z", "2026-11-31T08:00:01.000Z",
		 "updated_at must be a time"},
		{"\"2026-11-21T08:00:01.000Z\"", "1795248001000",
		 "updated_at must be a string"},
		{":1}", ":-1}", "attempts must be a whole number from 0"},
		{":1}", ":\"1\"}", "attempts must be"},
		{":1}", ":1.0}", "attempts must be"},
		{":1}", ":1e3}", "attempts must be"},
		{":1}", ":1000000001}", "attempts must be"},
		{":1}", ":18446744073709551617}", "attempts must be"},
		{":1}", ":1,\"last_error\":7}",
		 "last_error must be a string or null"},
	};
	struct event event = {.number = 42};
	struct error err;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		err = (struct error){0};
		if (read_changed(cases[i].part, cases[i].wanted, &event,
				 &err) != -1)
			fail_msg("%s is taken", cases[i].wanted);
		if (err.code != EX_DATAERR ||
		    strstr(err.message, cases[i].reason) == NULL)
			fail_msg("%s: %d %s", cases[i].wanted, err.code,
				 err.message);
		assert_int_equal(event.number, 42);
	}
}

/* What an event is cut down to never reads as one. */
static void every_beginning_of_an_event_is_refused(void **state)
{
	static const char text[] = START ",\"attempts\":1}";
	struct event event;
	struct error err;
	size_t length;

	(void)state;
	for (length = 0; length < strlen(text); length++) {
		char *copy = malloc(length + 1);

		assert_non_null(copy);
		memcpy(copy, text, length);
		assert_int_equal(event_read(copy, length, &event, &err), -1);
		assert_int_equal(err.code, EX_DATAERR);
		free(copy);
	}
}

static void each_status_has_its_name_and_no_other_is_one(void **state)
{
	static const char *const others[] = {
		"", "processed", "Processed ", "NotProcesse", "Failed\n", "0"};
	enum event_status status = EVENT_FAILED;
	size_t i;

	(void)state;
	assert_string_equal(event_status_name(EVENT_NOT_PROCESSED),
			    "NotProcessed");
	assert_string_equal(event_status_name(EVENT_PROCESSED), "Processed");
	assert_string_equal(event_status_name(EVENT_FAILED), "Failed");
	for (i = 0; i < EVENT_STATUSES; i++) {
		assert_true(event_status_read(
			event_status_name((enum event_status)i), &status));
		assert_int_equal(status, i);
	}
	for (i = 0; i < COUNT(others); i++)
		assert_false(event_status_read(others[i], &status));
	assert_int_equal(status, EVENT_FAILED);
}

static void each_version_of_each_event_has_its_own_tag(void **state)
{
	char user_id[] = "u", first[EVENT_ETAG_BYTES], other[EVENT_ETAG_BYTES];
	struct event event = an_event(user_id, user_id);

	(void)state;
	event_etag(&event, first);
	assert_string_equal(first, "\"" ID "-3\"");
	event.version++;
	event_etag(&event, other);
	assert_string_not_equal(first, other);
	event.version--;
	event.id[0] = 'f';
	event_etag(&event, other);
	assert_string_not_equal(first, other);
	event.version = LLONG_MAX;
	event_etag(&event, other);
	assert_int_equal(other[strlen(other) - 1], '"');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_is_written_as_the_contract_says),
		cmocka_unit_test(an_event_reads_back_as_it_was_written),
		cmocka_unit_test(what_another_version_adds_is_passed_over),
		cmocka_unit_test(what_is_no_event_is_refused_by_name),
		cmocka_unit_test(every_beginning_of_an_event_is_refused),
		cmocka_unit_test(each_status_has_its_name_and_no_other_is_one),
		cmocka_unit_test(each_version_of_each_event_has_its_own_tag),
	};

	return cmocka_run_group_tests_name("event", tests, NULL, NULL);
}
