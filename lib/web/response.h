/*
 * One answer: a status, headers, then a body, in this order and handed to a
 * sink as they come (RFC 3875 §6).
 *
 *	web_response_header(response, "Cache-Control", "no-store");
 *	web_response_send(response, 200, "application/json", text, length);
 *
 * or, where the body is long:
 *
 *	web_response_header(response, "Content-Type", "video/mp4");
 *	web_response_begin(response, 200, body_bytes);
 *	while (…)
 *		web_response_write(response, bytes, length);
 *
 * Every answer carries the security headers. For HEAD the headers are those of
 * GET and the body is swallowed here, so that no handler thinks of it.
 */
#ifndef MARQUEE_WEB_RESPONSE_H
#define MARQUEE_WEB_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

/* What pages may load: our own style sheet and script, and posters of the two
 * hosts that the films API uses. Nothing of the data ever widens it. (No script
 * of ours connects: a browser's tools do, for the page, and could not look at
 * /robots.txt without.) */
#define WEB_CONTENT_SECURITY_POLICY                                            \
	"default-src 'none'; style-src 'self'; script-src 'self'; "            \
	"connect-src 'self'; "                                                 \
	"img-src 'self' https://image.tmdb.org https://www.themoviedb.org; "   \
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/* What a service that is away asks a client to wait. */
#define WEB_RETRY_AFTER_S "20"

/* Where the bytes go; `is_end` with the last of an answer. Returns 0, or -1 when
 * the client has left. */
struct web_sink {
	int (*write)(void *context, const void *bytes, size_t length,
		     bool is_end);
	void *context;
};

struct web_route;
struct web_response;

/* Whoever wants to know of the end before the client can. */
struct web_end {
	void (*call)(void *context, const struct web_response *response);
	void *context;
};

struct web_response {
	struct web_sink sink;
	struct web_end at_end; /* see web_response_end */
	/* Who answers, once that is known; NULL: no route does. */
	const struct web_route *route;
	struct buffer headers; /* "Name: value\r\n" each */
	uint64_t left;         /* bytes of the body that are to come */
	int status;            /* as sent; 0 before */
	bool is_head;          /* swallow the body */
	bool has_client_left;  /* the sink has failed */
	bool is_cut_short;     /* see web_response_cut_short */
};

/* An answer with nothing but the security headers. */
void web_response_init(struct web_response *response, struct web_sink sink,
		       bool is_head);
void web_response_free(struct web_response *response);

/* Adds a header. Returns 0; -1, and adds nothing, where `name` is no token or
 * `value` holds a control character (CR and LF above all): nothing that came
 * from outside can split a header. */
int web_response_header(struct web_response *response, const char *name,
			const char *value);
int web_response_header_number(struct web_response *response, const char *name,
			       long long value);

/* Memory was too short for a header that must not be missing: what is sent will
 * be a bare 500, as web_response_begin says. */
void web_response_give_up(struct web_response *response);

/* Gives up all headers but the security ones; only before anything was sent. */
void web_response_clear(struct web_response *response);

/* An answer without a body and without a Content-Length (304). */
#define WEB_NO_BODY UINT64_MAX

/* Sends the status and the headers. `body_bytes` is the length of what GET
 * sends. Where memory was too short for the headers, a bare 500 goes out and
 * the body is swallowed. */
void web_response_begin(struct web_response *response, int status,
			uint64_t body_bytes);

/* Sends a part of the body. Returns 0, or -1 where there is no use in more:
 * the client has left, or it wants no body. */
int web_response_write(struct web_response *response, const void *bytes,
		       size_t length);

/* Calls at_end, the first time. This happens by itself before the last piece goes
 * to the sink; where that never came, whoever has set it does it. */
void web_response_end(struct web_response *response);

/* The body cannot be read any further: the answer ends short of its
 * Content-Length, which the web server sees. */
void web_response_cut_short(struct web_response *response);

/* A whole answer in one go. */
void web_response_send(struct web_response *response, int status,
		       const char *media_type, const void *body,
		       size_t body_bytes);

/* Allows any origin to read the answer (the Fetch standard's CORS protocol),
 * as contract section 4 has it for JSON. */
void web_response_allow_any_origin(struct web_response *response);

/* "Not Found" for 404 (RFC 9110 §15); "" for a status that is not in the
 * table. */
const char *web_status_reason(int status);

#endif
