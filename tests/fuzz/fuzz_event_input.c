/* events/event_input.h: bodies of POST and PUT. What is good keeps its limits;
 * what is refused is refused in JSON. */
#include "base/text.h"
#include "events/event_input.h"
#include "fuzz.h"
#include "json_oracle.h"

#define MAX_BYTES 512

static void check_text(const char *text, size_t least, size_t most)
{
	if (text == NULL)
		return;
	FUZZ_CHECK(strlen(text) >= least && strlen(text) <= most);
	FUZZ_CHECK(text_is_utf8(text, strlen(text)));
}

static void check_good(const struct event_input *input)
{
	FUZZ_CHECK(input->fields != 0 && input->fields < 32);
	FUZZ_CHECK((input->user_id != NULL) ==
		   ((input->fields & EVENT_FIELD_USER_ID) != 0));
	FUZZ_CHECK((input->description != NULL) ==
		   ((input->fields & EVENT_FIELD_DESCRIPTION) != 0));
	FUZZ_CHECK((unsigned)input->status < EVENT_STATUSES);
	FUZZ_CHECK(input->attempts <= EVENT_ATTEMPTS_MAX);
	check_text(input->user_id, 1, EVENT_USER_ID_MAX_BYTES);
	check_text(input->description, 1, EVENT_DESCRIPTION_MAX_BYTES);
	check_text(input->last_error, 0, EVENT_LAST_ERROR_MAX_BYTES);
}

static enum event_input_verdict try_kind(enum event_input_kind kind,
					 const char *text, size_t size,
					 struct event_input *input)
{
	static struct buffer why;
	enum event_input_verdict verdict;

	buffer_clear(&why);
	*input = EVENT_INPUT_EMPTY;
	verdict = event_input_read(kind, text, size, input, &why);
	FUZZ_CHECK(verdict != EVENT_INPUT_NO_MEMORY);
	FUZZ_CHECK((verdict == EVENT_INPUT_GOOD) == (why.length == 0));
	if (verdict == EVENT_INPUT_GOOD) {
		FUZZ_CHECK(json_oracle_is_json(text, size));
		check_good(input);
	} else {
		FUZZ_CHECK(input->fields == 0 && input->user_id == NULL);
	}
	if (verdict == EVENT_INPUT_WRONG) {
		FUZZ_CHECK(json_oracle_is_json(text, size));
		FUZZ_CHECK(why.data[0] == '[');
		FUZZ_CHECK(json_oracle_is_json(why.data, why.length));
	}
	if (verdict == EVENT_INPUT_NOT_JSON)
		FUZZ_CHECK(!text_has_control(why.data, why.length));
	return verdict;
}

FUZZ_TARGET(event_input, MAX_BYTES)
{
	static char room[MAX_BYTES];
	const char *text = fuzz_bytes(room, sizeof(room), data, size);
	struct event_input post, put;
	enum event_input_verdict as_post =
		try_kind(EVENT_NEW, text, size, &post);
	enum event_input_verdict as_put =
		try_kind(EVENT_CHANGE, text, size, &put);

	FUZZ_CHECK((as_post == EVENT_INPUT_NOT_JSON) ==
		   (as_put == EVENT_INPUT_NOT_JSON));
	if (as_post == EVENT_INPUT_GOOD) {
		FUZZ_CHECK(post.fields ==
			   (EVENT_FIELD_USER_ID | EVENT_FIELD_DESCRIPTION));
		FUZZ_CHECK(as_put == EVENT_INPUT_GOOD);
		FUZZ_CHECK(put.fields == post.fields);
		FUZZ_CHECK(strcmp(put.user_id, post.user_id) == 0);
		FUZZ_CHECK(strcmp(put.description, post.description) == 0);
	}
	event_input_free(&post);
	event_input_free(&put);
}
