#include "events_answer.h"

#include <string.h>

#include "base/log.h"

/* How each outcome that is no event is told. BUSY has waited already. */
static const struct {
	int status, retry_after_s;
	const char *detail;
} outcomes[] = {
	[EVENT_MISSING] = {404, 0, "There is no event with this id."},
	[EVENT_MISMATCH] = {412, 0,
			    "The event is not the one that If-Match or "
			    "If-None-Match allows: read it again."},
	[EVENT_KEY_TAKEN] = {422, 0,
			     "This Idempotency-Key was used for another event "
			     "before."},
	[EVENT_DISK_FULL] = {507, 0, "The disk is full: nothing was changed."},
	[EVENT_BUSY] = {503, 1,
			"The event log is held by another program: nothing "
			"was changed."},
	[EVENT_READ_ONLY] = {503, 0,
			     "The event log can only be read right now."},
	[EVENT_AWAY] = {503, 2,
			"The event log's database cannot be reached: nothing "
			"was changed."},
	[EVENT_UNKNOWN] = {503, 2,
			   "The connection to the event log's database was "
			   "lost: whether the change was made is not known. "
			   "With an Idempotency-Key it can be sent again."},
	[EVENT_BROKEN] = {500, 0, "The event log has failed."},
};

void events_refuse_with(struct problem problem,
			const struct web_request *request,
			struct web_response *response)
{
	problem.is_for_own_origin = true;
	problem_answer_json(&problem, request, response);
}

void events_refuse(int status, const char *detail,
		   const struct web_request *request,
		   struct web_response *response)
{
	events_refuse_with((struct problem){.status = status, .detail = detail},
			   request, response);
}

void events_refuse_result(enum event_result result, const struct error *why,
			  const struct web_request *request,
			  struct web_response *response)
{
	if (outcomes[result].status >= 500)
		log_event(LOG_LEVEL_ERROR, "the event log has failed", "status",
			  LOG_INT(outcomes[result].status), "reason",
			  why->message, NULL);
	events_refuse_with(
		(struct problem){.status = outcomes[result].status,
				 .detail = outcomes[result].detail,
				 .retry_after_s =
					 outcomes[result].retry_after_s},
		request, response);
}

void events_send(int status, const struct event *event,
		 const struct web_request *request,
		 struct web_response *response)
{
	struct buffer body = BUFFER_EMPTY, location = BUFFER_EMPTY;
	struct json_writer json = JSON_WRITER(&body);
	char etag[EVENT_ETAG_BYTES];

	event_write(event, &json);
	buffer_char(&body, '\n');
	buffer_format(&location, "/events/%s", event->id);
	if (buffer_check(&body, NULL) == 0 &&
	    buffer_check(&location, NULL) == 0) {
		event_etag(event, etag);
		web_response_header(response, "ETag", etag);
		if (status == 201)
			web_response_header(response, "Location",
					    location.data);
		web_response_send(response, status, "application/json",
				  body.data, body.length);
	} else {
		web_response_clear(response);
		events_refuse(503, problem_usual_detail(503), request,
			      response);
	}
	buffer_free(&body);
	buffer_free(&location);
}

const char *events_path_id(struct web_span part, char id[EVENT_ID_BYTES],
			   const struct web_request *request,
			   struct web_response *response)
{
	if (!event_id_is(part.text, part.length)) {
		events_refuse_result(EVENT_MISSING, NULL, request, response);
		return NULL;
	}
	memcpy(id, part.text, part.length);
	id[part.length] = '\0';
	return id;
}

static bool read_condition(const struct web_request *request, const char *name,
			   const char *too_long, const char **value,
			   struct web_response *response)
{
	*value = web_request_header(request, name);
	if (*value == NULL && web_request_variable(request, name) != NULL) {
		events_refuse(431, too_long, request, response);
		return false;
	}
	return true;
}

bool events_read_conditions(const struct web_request *request,
			    struct events_conditions *conditions,
			    struct web_response *response)
{
	return read_condition(request, "HTTP_IF_MATCH",
			      "If-Match is longer than 4096 bytes.",
			      &conditions->match, response) &&
	       read_condition(request, "HTTP_IF_NONE_MATCH",
			      "If-None-Match is longer than 4096 bytes.",
			      &conditions->none, response);
}
