#include "events_read.h"

#include <string.h>

#include "base/text.h"
#include "events_answer.h"
#include "events_site.h"
#include "web/query.h"
#include "web/validators.h"

#define LIST_DEFAULT 100

/* A page that has grown to so much ends there: a thousand of the longest events
 * take 32 MB, in each of as many threads as are asked. */
#define PAGE_BYTES ((size_t)1 << 20)

/* The parameters of the list, by their places in the table. */
enum { LIMIT, AFTER, STATUS, PARAMETERS };

static const char allowed[] =
	"The query may have limit, after and status, each once.";
static const char malformed[] =
	"The query is no list of name=value in percent-encoded UTF-8.";

static void refuse_parameter(const char *detail, const char *name,
			     const struct web_request *request,
			     struct web_response *response)
{
	events_refuse_with((struct problem){.status = 400,
					    .detail = detail,
					    .member = "parameter",
					    .member_text = name},
			   request, response);
}

/* Each returns whether the value is one. */
static bool set_limit(struct event_list *what, const struct buffer *value)
{
	long long number;

	if (text_number(value->data, value->length, &number) != 0 ||
	    number < 1 || number > EVENT_LIST_MAX)
		return false;
	what->limit = (unsigned)number;
	return true;
}

static bool set_after(struct event_list *what, const struct buffer *value)
{
	return text_number(value->data, value->length, &what->after) == 0;
}

static bool set_status(struct event_list *what, const struct buffer *value)
{
	what->has_status = true;
	return event_status_read(value->data, &what->status);
}

static const struct {
	bool (*set)(struct event_list *what, const struct buffer *value);
	const char *otherwise;
} setters[PARAMETERS] = {
	[LIMIT] = {set_limit, "limit is a whole number from 1 to 1000."},
	[AFTER] = {set_after, "after is a whole number, as the Link of the "
			      "page before has it."},
	[STATUS] = {set_status, "status is NotProcessed, Processed or Failed."},
};

/* Returns false, and 400 was sent, where a value is none. */
static bool use_parameters(const struct web_parameter *parameters,
			   struct event_list *what,
			   const struct web_request *request,
			   struct web_response *response)
{
	size_t i;

	for (i = 0; i < PARAMETERS; i++)
		if (parameters[i].is_given &&
		    !setters[i].set(what, &parameters[i].value)) {
			refuse_parameter(setters[i].otherwise,
					 parameters[i].name, request, response);
			return false;
		}
	return true;
}

/* Returns false where the answer, which says why, was sent. */
static bool read_list(const struct web_request *request,
		      struct event_list *what, struct web_response *response)
{
	struct web_parameter parameters[PARAMETERS + 1] = {
		[LIMIT] = {.name = "limit"},
		[AFTER] = {.name = "after"},
		[STATUS] = {.name = "status"},
	};
	struct buffer unfit = BUFFER_EMPTY;
	bool is_good = false;

	switch (web_query_read(request, parameters, &unfit)) {
	case WEB_QUERY_READ:
		is_good = use_parameters(parameters, what, request, response);
		break;
	case WEB_QUERY_UNKNOWN:
	case WEB_QUERY_REPEATED:
		refuse_parameter(allowed, unfit.data, request, response);
		break;
	case WEB_QUERY_MALFORMED:
		refuse_parameter(malformed, unfit.data, request, response);
		break;
	case WEB_QUERY_TOO_LONG:
		events_refuse(400, "The query is longer than 1024 bytes.",
			      request, response);
		break;
	case WEB_QUERY_NO_MEMORY:
		events_refuse(503, problem_usual_detail(503), request,
			      response);
		break;
	}
	web_query_free(parameters);
	buffer_free(&unfit);
	return is_good;
}

struct page {
	struct json_writer json;
	long long last; /* number of the last one written */
};

static bool write_one(void *context, const struct event *event)
{
	struct page *page = context;

	event_write(event, &page->json);
	page->last = event->number;
	return page->json.out->length < PAGE_BYTES;
}

static void add_link(const struct event_list *what, long long last,
		     struct web_response *response)
{
	struct buffer link = BUFFER_EMPTY;

	buffer_format(&link, "</events?limit=%u&after=%lld", what->limit, last);
	if (what->has_status)
		buffer_format(&link, "&status=%s",
			      event_status_name(what->status));
	buffer_text(&link, ">; rel=\"next\"");
	if (buffer_check(&link, NULL) == 0)
		web_response_header(response, "Link", link.data);
	else
		response->headers.has_failed = true;
	buffer_free(&link);
}

static void send_list(const struct events_site *site,
		      const struct event_list *what,
		      const struct web_request *request,
		      struct web_response *response)
{
	struct buffer body = BUFFER_EMPTY;
	struct page page = {.json = JSON_WRITER(&body)};
	struct error err = {0};
	enum event_result result;
	bool has_more = false;

	json_begin_array(&page.json);
	result = event_store_list(site->store, what, write_one, &page,
				  &has_more, &err);
	json_end_array(&page.json);
	buffer_char(&body, '\n');
	if (result != EVENT_DONE) {
		events_refuse_result(result, &err, request, response);
	} else if (buffer_check(&body, NULL) != 0) {
		events_refuse(503, problem_usual_detail(503), request,
			      response);
	} else {
		if (has_more)
			add_link(what, page.last, response);
		web_response_header(response, "Cache-Control", "no-cache");
		web_response_send(response, 200, "application/json", body.data,
				  body.length);
	}
	buffer_free(&body);
}

void events_answer_list(void *context, const struct web_request *request,
			const struct web_match *match,
			struct web_response *response)
{
	struct event_list what = {.limit = LIST_DEFAULT};

	(void)match;
	if (read_list(request, &what, response))
		send_list(context, &what, request, response);
}

/* An event has no Last-Modified, so dates say nothing of it. */
static void send_one(const struct event *event,
		     const struct events_conditions *conditions,
		     const struct web_request *request,
		     struct web_response *response)
{
	char etag[EVENT_ETAG_BYTES];

	event_etag(event, etag);
	if (conditions->match != NULL &&
	    !validators_list_names(conditions->match, etag, false)) {
		events_refuse_result(EVENT_MISMATCH, NULL, request, response);
		return;
	}
	web_response_header(response, "Cache-Control", "no-cache");
	if (conditions->none != NULL &&
	    validators_list_names(conditions->none, etag, true)) {
		web_response_header(response, "ETag", etag);
		web_response_begin(response, 304, WEB_NO_BODY);
		return;
	}
	events_send(200, event, request, response);
}

void events_answer_one(void *context, const struct web_request *request,
		       const struct web_match *match,
		       struct web_response *response)
{
	const struct events_site *site = context;
	struct events_conditions conditions;
	struct event event = {0};
	struct error err = {0};
	char id[EVENT_ID_BYTES];
	enum event_result result;

	if (events_path_id(match->parts[0], id, request, response) == NULL ||
	    !events_read_conditions(request, &conditions, response))
		return;
	result = event_store_get(site->store, id, &event, &err);
	if (result == EVENT_DONE)
		send_one(&event, &conditions, request, response);
	else
		events_refuse_result(result, &err, request, response);
	event_free(&event);
}
