#include "notify_api.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "upstream/array_cutter.h"
#include "upstream/http.h"
#include "upstream/http_policy.h"

/* Of an answer: a page of the list at its longest is far below. */
#define MAX_BYTES ((size_t)16 << 20)

struct notify_api {
	struct buffer events; /* the URL of the list */
	long timeout_ms;
	struct http_conversation *conversation;
};

/* One request and what came of it. */
struct call {
	struct buffer body;
	long status; /* 0: none came */
	bool is_good;
	struct error failure;
	long long after; /* of a link to the next page; 0: there is none */
};

struct notify_api *notify_api_open(const struct settings *settings,
				   long long timeout_ms, struct error *err)
{
	const char *url = settings_text(settings, SETTING_API_URL);
	long long whole_ms = settings_number(settings, SETTING_TIMEOUT_MS);
	size_t length = strlen(url);
	struct notify_api *api;

	if (length == 0) {
		error_set(err, EX_CONFIG,
			  "MARQUEE_API_URL is empty: there is nothing to "
			  "report to");
		return NULL;
	}
	api = calloc(1, sizeof(*api));
	if (api == NULL) {
		error_no_memory(err);
		return NULL;
	}
	while (length > 0 && url[length - 1] == '/')
		length--;
	buffer_append(&api->events, url, length);
	buffer_text(&api->events, "/events");
	api->timeout_ms = (long)(timeout_ms < whole_ms ? timeout_ms : whole_ms);
	if (buffer_check(&api->events, err) == 0) {
		const struct http_options options = {
			.timeout_ms = api->timeout_ms,
			.connect_timeout_ms = (long)settings_number(
				settings, SETTING_CONNECT_TIMEOUT_MS),
			.max_bytes = MAX_BYTES,
			.concurrency = 1,
		};

		api->conversation = http_conversation_open(&options, err);
	}
	if (api->conversation == NULL) {
		notify_api_close(api);
		return NULL;
	}
	return api;
}

void notify_api_close(struct notify_api *api)
{
	if (api == NULL)
		return;
	http_conversation_close(api->conversation);
	buffer_free(&api->events);
	free(api);
}

/* --- A request and its answer ------------------------------------------------- */

static int keep_body(void *context, const char *bytes, size_t length,
		     struct error *err)
{
	struct call *call = context;

	buffer_append(&call->body, bytes, length);
	return buffer_check(&call->body, err);
}

/* The `after` of a link to the next page (RFC 8288), which is where the list
 * goes on. */
static long long after_of(const char *link)
{
	static const char name[] = "after=";
	const char *at = link != NULL ? strstr(link, "rel=\"next\"") : NULL;
	long long after = 0;

	if (at != NULL && (at = strstr(link, name)) != NULL) {
		at += sizeof(name) - 1;
		if (text_number(at, strspn(at, "0123456789"), &after) != 0)
			after = 0;
	}
	return after;
}

static int keep_end(void *context, const struct http_response *response,
		    struct error *err)
{
	struct call *call = context;

	(void)err;
	call->status = response->status;
	call->failure = response->failure;
	call->is_good = response->failure.code == 0;
	call->after = after_of(response->link);
	return 0;
}

/* Without a status the network failed, or the answer's form. */
static enum notify_answer judge(const struct call *call, struct error *err)
{
	if (call->is_good)
		return NOTIFY_ANSWER_GOOD;
	*err = call->failure;
	if (call->status == 404)
		return NOTIFY_ANSWER_UNKNOWN;
	if (call->failure.code == EX_DATAERR)
		return NOTIFY_ANSWER_REFUSED;
	if (call->status < 300 || http_status_is_retried(call->status))
		return NOTIFY_ANSWER_AWAY;
	return NOTIFY_ANSWER_REFUSED;
}

static enum notify_answer speak(struct notify_api *api, const char *target,
				const struct buffer *body, long long limit_ms,
				struct call *call, struct error *err)
{
	struct buffer url = BUFFER_EMPTY;
	struct http_request request = {
		.sink = {.write = keep_body, .context = call},
		.done = keep_end,
		.context = call,
	};
	int status;

	if (body != NULL) {
		request.method = HTTP_PUT;
		request.body = body->data;
		request.body_bytes = body->length;
		request.content_type = "application/json";
	}
	buffer_text(&url, api->events.data);
	buffer_text(&url, target);
	request.url = url.data;
	http_conversation_renew(api->conversation, limit_ms < api->timeout_ms
							   ? (long)limit_ms
							   : api->timeout_ms);
	status = buffer_check(&url, err);
	if (status == 0)
		status = http_get(api->conversation, &request, err);
	if (status == 0)
		status = http_run(api->conversation, err);
	buffer_free(&url);
	return status == 0 ? judge(call, err) : NOTIFY_ANSWER_AWAY;
}

static const char *text_of(const struct call *call)
{
	return call->body.data != NULL ? call->body.data : "";
}

static enum notify_answer refuse(const char *why, struct error *err)
{
	error_set(err, EX_DATAERR, "the API's answer is not its own: %s", why);
	return NOTIFY_ANSWER_REFUSED;
}

/* Asks about one event; GOOD only where the answer is that event. */
static enum notify_answer ask(struct notify_api *api, const char *id,
			      const struct buffer *body, long long limit_ms,
			      enum event_status *status, struct error *err)
{
	struct buffer target = BUFFER_EMPTY;
	struct event event = {0};
	struct call call = {0};
	enum notify_answer answer = NOTIFY_ANSWER_AWAY;
	struct error why = {0};

	buffer_format(&target, "/%s", id);
	if (buffer_check(&target, err) == 0)
		answer = speak(api, target.data, body, limit_ms, &call, err);
	if (answer == NOTIFY_ANSWER_GOOD) {
		if (event_read(text_of(&call), call.body.length, &event,
			       &why) != 0)
			answer = refuse(why.message, err);
		else if (strcmp(event.id, id) != 0)
			answer = refuse("it is another event", err);
		else
			*status = event.status;
		event_free(&event);
	}
	buffer_free(&call.body);
	buffer_free(&target);
	return answer;
}

enum notify_answer notify_api_look(struct notify_api *api, const char *id,
				   long long limit_ms,
				   enum event_status *status, struct error *err)
{
	return ask(api, id, NULL, limit_ms, status, err);
}

static void write_report(const struct notify_report *report,
			 struct buffer *body)
{
	struct json_writer json = JSON_WRITER(body);

	json_begin_object(&json);
	if (report->has_status)
		json_member_text(&json, "status",
				 event_status_name(report->status));
	if (!report->has_status || report->status != EVENT_NOT_PROCESSED)
		json_member_number(&json, "attempts", report->attempts);
	if (report->last_error != NULL)
		json_member_text(&json, "last_error", report->last_error);
	json_end_object(&json);
}

enum notify_answer notify_api_report(struct notify_api *api,
				     const struct notify_report *report,
				     long long limit_ms, struct error *err)
{
	enum event_status status = EVENT_NOT_PROCESSED;
	enum notify_answer answer = NOTIFY_ANSWER_AWAY;
	struct buffer body = BUFFER_EMPTY;

	write_report(report, &body);
	if (buffer_check(&body, err) == 0)
		answer = ask(api, report->id, &body, limit_ms, &status, err);
	if (answer == NOTIFY_ANSWER_GOOD && report->has_status &&
	    status != report->status)
		answer = refuse("the status is not what was reported", err);
	buffer_free(&body);
	return answer;
}

/* --- The list ------------------------------------------------------------------- */

/* An array_cutter_element. */
static int keep_id(void *context, const char *text, size_t length,
		   struct error *err)
{
	struct notify_list *list = context;
	struct event event = {0};

	if (list->count == NOTIFY_LIST_MAX)
		return error_set(err, EX_DATAERR,
				 "more events than were asked for");
	if (event_read(text, length, &event, err) != 0)
		return -1;
	memcpy(list->ids[list->count++], event.id, sizeof(event.id));
	event_free(&event);
	return 0;
}

static enum notify_answer read_list(const struct call *call,
				    struct notify_list *list, struct error *err)
{
	struct array_cutter cutter = ARRAY_CUTTER(keep_id, list);
	struct error why = {0};
	int status;

	status = array_cutter_feed(&cutter, text_of(call), call->body.length,
				   &why);
	if (status == 0)
		status = array_cutter_finish(&cutter, &why);
	array_cutter_free(&cutter);
	if (status != 0)
		return refuse(why.message, err);
	/* A list that does not go on would be read for ever. */
	if (call->after != 0 && call->after <= list->after)
		return refuse("the list goes backwards", err);
	list->after = call->after;
	return NOTIFY_ANSWER_GOOD;
}

enum notify_answer notify_api_list_failed(struct notify_api *api,
					  struct notify_list *list,
					  struct error *err)
{
	enum notify_answer answer = NOTIFY_ANSWER_AWAY;
	struct buffer target = BUFFER_EMPTY;
	struct call call = {0};

	list->count = 0;
	buffer_format(&target, "?status=%s&limit=%d",
		      event_status_name(EVENT_FAILED), NOTIFY_LIST_MAX);
	if (list->after > 0)
		buffer_format(&target, "&after=%lld", list->after);
	if (buffer_check(&target, err) == 0)
		answer = speak(api, target.data, NULL, LLONG_MAX, &call, err);
	if (answer == NOTIFY_ANSWER_GOOD)
		answer = read_list(&call, list, err);
	buffer_free(&call.body);
	buffer_free(&target);
	return answer;
}
