#include "events_write.h"

#include <string.h>

#include "events_answer.h"
#include "events_site.h"
#include "web/body.h"
#include "web/validators.h"

#define INPUT_TYPE "application/json"

static const struct {
	int status;
	const char *detail;
} unread[] = {
	[WEB_BODY_TOO_LARGE] = {413, "The body is larger than 64 KiB."},
	[WEB_BODY_CUT_SHORT] = {400,
				"The body ends before its Content-Length."},
	[WEB_BODY_NO_LENGTH] = {411, "The request has no Content-Length."},
	[WEB_BODY_NO_MEMORY] = {503, "There is no memory for the body."},
};

/* Returns false where the answer, which says why, was sent. */
static bool parse(enum event_input_kind kind, const struct buffer *body,
		  struct event_input *input, const struct web_request *request,
		  struct web_response *response)
{
	struct buffer why = BUFFER_EMPTY;
	bool is_good = false;

	switch (event_input_read(kind, body->data != NULL ? body->data : "",
				 body->length, input, &why)) {
	case EVENT_INPUT_GOOD:
		is_good = true;
		break;
	case EVENT_INPUT_NOT_JSON:
		events_refuse(400, why.data, request, response);
		break;
	case EVENT_INPUT_WRONG:
		events_refuse_with(
			(struct problem){
				.status = 422,
				.detail = "The body is not of the right shape.",
				.member = "errors",
				.member_json = why.data},
			request, response);
		break;
	case EVENT_INPUT_NO_MEMORY:
		events_refuse(503, unread[WEB_BODY_NO_MEMORY].detail, request,
			      response);
		break;
	}
	buffer_free(&why);
	return is_good;
}

static bool read_input(enum event_input_kind kind,
		       const struct web_request *request,
		       struct event_input *input, struct web_response *response)
{
	struct buffer body = BUFFER_EMPTY;
	enum web_body_verdict verdict;
	bool is_good = false;

	if (!web_body_is(request, INPUT_TYPE)) {
		events_refuse(415, "The body must be " INPUT_TYPE ".", request,
			      response);
		return false;
	}
	verdict = web_body_read(request, EVENT_INPUT_MAX_BYTES, &body);
	if (verdict == WEB_BODY_READ)
		is_good = parse(kind, &body, input, request, response);
	else
		events_refuse(unread[verdict].status, unread[verdict].detail,
			      request, response);
	buffer_free(&body);
	return is_good;
}

/* Sets `key`, NULL where none was sent. Returns false where it is none. */
static bool read_key(const struct web_request *request, const char **key)
{
	const char *at;

	*key = web_request_variable(request, "HTTP_IDEMPOTENCY_KEY");
	if (*key == NULL)
		return true;
	for (at = *key; *at > ' ' && *at < 0x7f; at++)
		;
	return *at == '\0' && at > *key && at - *key <= EVENT_KEY_MAX_BYTES;
}

/* What a change came to. */
static void answer_change(struct events_site *site, int status,
			  enum event_result result, const struct event *event,
			  const struct error *why,
			  const struct web_request *request,
			  struct web_response *response)
{
	events_note_tell(site->note, result, why);
	if (result == EVENT_DONE || result == EVENT_REPEATED) {
		web_response_header(response, "Cache-Control", "no-store");
		events_send(status, event, request, response);
	} else {
		events_refuse_result(result, why, request, response);
	}
}

void events_answer_post(void *context, const struct web_request *request,
			const struct web_match *match,
			struct web_response *response)
{
	struct events_site *site = context;
	struct event_input input = EVENT_INPUT_EMPTY;
	struct event event = {0};
	struct error err = {0};
	enum event_result result;
	const char *key;

	(void)match;
	if (!read_key(request, &key)) {
		events_refuse(400,
			      "Idempotency-Key is 1 to 255 visible ASCII "
			      "characters.",
			      request, response);
		return;
	}
	if (!read_input(EVENT_NEW, request, &input, response))
		return;
	result = event_store_post(site->store, &input, key, &event, &err);
	answer_change(site, 201, result, &event, &err, request, response);
	event_free(&event);
	event_input_free(&input);
}

static bool allows(const void *context, const char *etag)
{
	const struct events_conditions *conditions = context;

	return (conditions->match == NULL ||
		validators_list_names(conditions->match, etag, false)) &&
	       (conditions->none == NULL ||
		!validators_list_names(conditions->none, etag, true));
}

void events_answer_put(void *context, const struct web_request *request,
		       const struct web_match *match,
		       struct web_response *response)
{
	struct events_site *site = context;
	struct events_conditions conditions;
	const struct event_condition condition = {allows, &conditions};
	struct event_input input = EVENT_INPUT_EMPTY;
	struct event event = {0};
	struct error err = {0};
	char id[EVENT_ID_BYTES];
	enum event_result result;

	if (events_path_id(match->parts[0], id, request, response) == NULL ||
	    !events_read_conditions(request, &conditions, response) ||
	    !read_input(EVENT_CHANGE, request, &input, response))
		return;
	result = event_store_put(site->store, id, &input, &condition, &event,
				 &err);
	answer_change(site, 200, result, &event, &err, request, response);
	event_free(&event);
	event_input_free(&input);
}
