/*
 * Answers that say what is wrong: application/problem+json (RFC 9457), or a
 * small HTML page for a browser on a page's path.
 */
#ifndef MARQUEE_WEB_PROBLEM_H
#define MARQUEE_WEB_PROBLEM_H

#include <stdbool.h>

#include "base/buffer.h"
#include "web/request.h"
#include "web/response.h"

#define PROBLEM_MEDIA_TYPE "application/problem+json"

struct problem {
	int status;
	const char *detail; /* a sentence of ours, nothing from outside */
	/* When to come again, in seconds; 0: the usual for the status. */
	int retry_after_s;
	/* A member of its own (RFC 9457 §3.2), in the JSON only: its name, NULL
	 * for none, and its text, which may be from outside. */
	const char *member;
	const char *member_text;
	/* What the member is instead of a text: JSON, whole and well-formed;
	 * NULL: it is the text. */
	const char *member_json;
	/* Pages of other origins may not read it, as they may what it is
	 * about. */
	bool is_for_own_origin;
};

/* Whether this request wants JSON rather than a page: its path is of the
 * API (/api, /events, /ping, /health, /metrics and what is below them) or ends
 * in ".json", or its Accept prefers application/json or
 * application/problem+json to text/html. */
bool problem_is_json(const struct web_request *request);

/* The JSON of it: type (about:blank), title, status, detail, its own member,
 * and as instance the path, where it is canonical. */
void problem_write(const struct problem *problem,
		   const struct web_request *request, struct buffer *out);

/* Sends it, as JSON or as a small page that needs nothing published; with
 * Retry-After where it is known or the status is 503. Headers added before
 * stay. */
void problem_answer(const struct problem *problem,
		    const struct web_request *request,
		    struct web_response *response);

/* The same, always as JSON. */
void problem_answer_json(const struct problem *problem,
			 const struct web_request *request,
			 struct web_response *response);

/* What to say of a status where nothing more is known. */
const char *problem_usual_detail(int status);

/* The headers that every error carries, in whatever form: it is not to be
 * kept, and when to come again. */
void problem_add_headers(const struct problem *problem,
			 struct web_response *response);

#endif
