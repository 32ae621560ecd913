#include "web/representation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "web/negotiate.h"
#include "web/problem.h"
#include "web/range.h"
#include "web/validators.h"

/* What was decided about an answer, before any of it is sent. */
struct plan {
	const struct representation *what;
	enum cache_coding coding;
	const struct cache_entry_body *body; /* in that coding */
	int status;
	struct range range; /* the bytes to send */
};

time_t representation_last_modified(time_t published_at, time_t now)
{
	return published_at < now ? published_at : now;
}

static void decide_part(struct plan *plan, const struct web_request *request,
			const struct validators *validators)
{
	enum range_verdict verdict;

	if (request->method != WEB_GET ||
	    !validators_allow_range(request, validators))
		return;
	verdict = range_read(web_request_header(request, "HTTP_RANGE"),
			     plan->body->length, &plan->range);
	if (verdict == RANGE_PART)
		plan->status = 206;
	else if (verdict == RANGE_UNSATISFIABLE)
		plan->status = 416;
}

static void decide(struct plan *plan, const struct web_request *request)
{
	const struct representation *what = plan->what;
	struct validators validators;

	plan->coding = negotiate_coding(
		web_request_header(request, "HTTP_ACCEPT_ENCODING"),
		what->entry->bodies);
	plan->body = &what->entry->bodies[plan->coding];
	plan->status = what->status;
	plan->range = (struct range){0, plan->body->length};
	if (what->status != 200)
		return;
	validators.etag = plan->body->etag;
	validators.last_modified = what->snapshot->published_at;
	switch (validators_judge(request, &validators)) {
	case VALIDATORS_NOT_MODIFIED:
		plan->status = 304;
		break;
	case VALIDATORS_FAILED:
		plan->status = 412;
		break;
	case VALIDATORS_SEND:
		decide_part(plan, request, &validators);
		break;
	}
}

static bool is_json(const char *media_type)
{
	return strncmp(media_type, "application/json",
		       strlen("application/json")) == 0;
}

/* The headers of RFC 9110 §15.4.5, which 200, 206 and 304 share. */
static void add_shared_headers(const struct plan *plan,
			       struct web_response *response)
{
	const struct representation *what = plan->what;
	char date[CLOCK_HTTP_DATE_BYTES];

	web_response_header(response, "Vary",
			    what->is_negotiated ? "Accept, Accept-Encoding"
						: "Accept-Encoding");
	if (is_json(what->entry->media_type))
		web_response_allow_any_origin(response);
	if (what->status != 200) {
		problem_add_headers(&(struct problem){.status = what->status},
				    response);
		return;
	}
	clock_http_date(
		representation_last_modified(what->snapshot->published_at,
					     (time_t)(clock_wall_ms() / 1000)),
		date);
	web_response_header(response, "ETag", plan->body->etag);
	web_response_header(response, "Last-Modified", date);
	if (what->location != NULL)
		web_response_header(response, "Content-Location",
				    what->location);
	if (what->kept_status != NULL)
		freshness_add_kept_headers(what->snapshot->published_at,
					   what->kept_status, response);
	else if (what->freshness != NULL)
		freshness_add_headers(what->freshness, response);
}

static void add_body_headers(const struct plan *plan,
			     struct web_response *response)
{
	const char *coding = negotiate_coding_name(plan->coding);
	char range[80];

	web_response_header(response, "Content-Type",
			    plan->what->entry->media_type);
	if (coding != NULL)
		web_response_header(response, "Content-Encoding", coding);
	if (plan->what->status == 200)
		web_response_header(response, "Accept-Ranges", "bytes");
	if (plan->status != 206)
		return;
	snprintf(
		range, sizeof(range), "bytes %llu-%llu/%llu",
		(unsigned long long)plan->range.first,
		(unsigned long long)(plan->range.first + plan->range.bytes - 1),
		(unsigned long long)plan->body->length);
	web_response_header(response, "Content-Range", range);
}

static void begin(const struct plan *plan, struct web_response *response)
{
	add_shared_headers(plan, response);
	add_body_headers(plan, response);
	web_response_begin(response, plan->status, plan->range.bytes);
}

/* Sends the range, of which the first `got` bytes are in `chunk`. */
static void stream(const struct plan *plan, const struct cache_body *body,
		   char *chunk, size_t chunk_bytes, size_t got,
		   struct web_response *response)
{
	uint64_t sent = 0, left;
	struct error err = {0};
	ssize_t length = (ssize_t)got;

	while (web_response_write(response, chunk, (size_t)length) == 0) {
		sent += (uint64_t)length;
		left = plan->range.bytes - sent;
		if (left == 0)
			return;
		length = cache_body_read(
			body, plan->range.first + sent, chunk,
			left < chunk_bytes ? (size_t)left : chunk_bytes, &err);
		if (length <= 0) {
			log_event(LOG_LEVEL_ERROR, "an answer is cut short",
				  "name", plan->what->name, "reason",
				  err.message, NULL);
			web_response_cut_short(response);
			return;
		}
	}
}

/* What is in memory goes out as it is; the rest in pieces. */
static int send_opened(const struct plan *plan, const struct cache_body *body,
		       struct web_response *response, struct error *err)
{
	size_t chunk_bytes = plan->range.bytes < REPRESENTATION_CHUNK_BYTES
				     ? (size_t)plan->range.bytes
				     : REPRESENTATION_CHUNK_BYTES;
	char *chunk;
	ssize_t got;

	if (body->bytes != NULL) {
		begin(plan, response);
		web_response_write(response, body->bytes + plan->range.first,
				   (size_t)plan->range.bytes);
		return 0;
	}
	chunk = malloc(chunk_bytes > 0 ? chunk_bytes : 1);
	if (chunk == NULL)
		return error_no_memory(err);
	got = cache_body_read(body, plan->range.first, chunk, chunk_bytes, err);
	if (got >= 0) {
		begin(plan, response);
		stream(plan, body, chunk, chunk_bytes, (size_t)got, response);
	}
	free(chunk);
	return got < 0 ? -1 : 0;
}

static int send_body(const struct plan *plan, struct web_response *response,
		     struct error *err)
{
	const struct representation *what = plan->what;
	struct cache_body body;
	int status;

	if (cache_body_open(what->snapshot, what->name, what->entry,
			    plan->coding, &body, err) != 0)
		return -1;
	status = send_opened(plan, &body, response, err);
	cache_body_close(&body);
	return status;
}

static void refuse(const struct plan *plan, const struct web_request *request,
		   struct web_response *response)
{
	char range[40];

	if (plan->status == 416) {
		snprintf(range, sizeof(range), "bytes */%llu",
			 (unsigned long long)plan->body->length);
		web_response_header(response, "Content-Range", range);
	}
	problem_answer(
		&(struct problem){.status = plan->status,
				  .detail = problem_usual_detail(plan->status)},
		request, response);
}

int representation_answer(const struct representation *representation,
			  const struct web_request *request,
			  struct web_response *response, struct error *err)
{
	struct plan plan = {.what = representation};

	decide(&plan, request);
	switch (plan.status) {
	case 412:
	case 416:
		refuse(&plan, request, response);
		return 0;
	case 304:
		add_shared_headers(&plan, response);
		web_response_begin(response, 304, WEB_NO_BODY);
		return 0;
	default:
		return send_body(&plan, response, err);
	}
}
