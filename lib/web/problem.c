#include "web/problem.h"

#include <string.h>

#include "base/count.h"
#include "base/json_writer.h"
#include "web/negotiate.h"

static const struct {
	int status;
	const char *detail;
} details[] = {
	{404, "There is nothing at this address."},
	{405, "This address can only be read."},
	{412, "What you have is not what is here."},
	{416, "The range asked for lies past the end."},
	{500, "Something went wrong here."},
	{503, "Nothing can be served right now. Please come again shortly."},
};

const char *problem_usual_detail(int status)
{
	size_t i;

	for (i = 0; i < COUNT(details); i++)
		if (details[i].status == status)
			return details[i].detail;
	return "";
}

static bool path_ends_in(const struct web_request *request, const char *end)
{
	size_t length = strlen(end);

	return request->path.length >= length &&
	       memcmp(request->path.text + request->path.length - length, end,
		      length) == 0;
}

static bool path_begins_with(const struct web_request *request,
			     const char *start)
{
	size_t length = strlen(start);

	return request->path.length >= length &&
	       memcmp(request->path.text, start, length) == 0;
}

/* Whether the path is of the API and not a page's: what lies below one of
 * these, and they themselves. */
static bool is_api_path(const struct web_request *request)
{
	static const char *const roots[] = {"/api", "/events", "/ping",
					    "/health", "/metrics"};
	size_t i, length;

	for (i = 0; i < COUNT(roots); i++) {
		length = strlen(roots[i]);
		if (path_begins_with(request, roots[i]) &&
		    (request->path.length == length ||
		     request->path.text[length] == '/'))
			return true;
	}
	return false;
}

bool problem_is_json(const struct web_request *request)
{
	static const char *const forms[] = {"text/html", "application/json",
					    PROBLEM_MEDIA_TYPE};
	const char *accept = web_request_header(request, "HTTP_ACCEPT");

	return is_api_path(request) || path_ends_in(request, ".json") ||
	       negotiate_media_type(accept, forms, 3) != 0;
}

void problem_write(const struct problem *problem,
		   const struct web_request *request, struct buffer *out)
{
	struct json_writer json = JSON_WRITER(out);

	json_begin_object(&json);
	json_member_text(&json, "type", "about:blank");
	json_member_text(&json, "title", web_status_reason(problem->status));
	json_member_number(&json, "status", problem->status);
	json_member_text(&json, "detail", problem->detail);
	if (problem->member != NULL && problem->member_json != NULL) {
		json_key(&json, problem->member);
		buffer_text(out, problem->member_json);
		json.needs_comma = true;
	} else if (problem->member != NULL) {
		json_member_text(&json, problem->member, problem->member_text);
	}
	if (request->path.length > 0) {
		json_key(&json, "instance");
		json_text_bytes(&json, request->path.text,
				request->path.length);
	}
	json_end_object(&json);
	buffer_char(out, '\n');
}

static void write_page(const struct problem *problem, struct buffer *out)
{
	buffer_format(
		out,
		"<!DOCTYPE html>\n"
		"<html lang=\"en\">\n"
		"<head>\n"
		"<meta charset=\"utf-8\">\n"
		"<meta name=\"viewport\" content=\"width=device-width\">\n"
		"<title>%s</title>\n"
		"</head>\n"
		"<body>\n"
		"<main>\n"
		"<h1>%s</h1>\n"
		"<p>%s</p>\n"
		"<p><a href=\"/movies\">All films</a></p>\n"
		"</main>\n"
		"</body>\n"
		"</html>\n",
		web_status_reason(problem->status),
		web_status_reason(problem->status), problem->detail);
}

void problem_add_headers(const struct problem *problem,
			 struct web_response *response)
{
	web_response_header(response, "Cache-Control", "no-store");
	if (problem->retry_after_s > 0)
		web_response_header_number(response, "Retry-After",
					   problem->retry_after_s);
	else if (problem->status == 503)
		web_response_header(response, "Retry-After", WEB_RETRY_AFTER_S);
}

static void send(const struct problem *problem, const char *media_type,
		 struct buffer *body, struct web_response *response)
{
	problem_add_headers(problem, response);
	if (buffer_check(body, NULL) != 0)
		buffer_clear(body);
	web_response_send(response, problem->status, media_type, body->data,
			  body->length);
	buffer_free(body);
}

void problem_answer_json(const struct problem *problem,
			 const struct web_request *request,
			 struct web_response *response)
{
	struct buffer body = BUFFER_EMPTY;

	problem_write(problem, request, &body);
	if (!problem->is_for_own_origin)
		web_response_allow_any_origin(response);
	send(problem, PROBLEM_MEDIA_TYPE, &body, response);
}

void problem_answer(const struct problem *problem,
		    const struct web_request *request,
		    struct web_response *response)
{
	struct buffer body = BUFFER_EMPTY;

	web_response_header(response, "Vary", "Accept, Accept-Encoding");
	if (problem_is_json(request)) {
		problem_answer_json(problem, request, response);
		return;
	}
	write_page(problem, &body);
	send(problem, "text/html; charset=utf-8", &body, response);
}
