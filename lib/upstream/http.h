/*
 * A conversation: many requests at once, under one deadline. Most are GET; PUT
 * and POST carry a body.
 *
 * Connections are kept and shared, at most so many requests run at a time,
 * and what fails on the way (not connected, timed out, body cut short, 408,
 * 429, 5xx) is tried again after a wait that grows and is random, or that the
 * server asked for with Retry-After. A POST is not: it may have been done.
 * Only http and https are spoken, after a redirect too; certificates are
 * checked; each request tells the id of what this thread works on (log_id) as
 * X-Request-Id; bodies may come gzipped. Proxies are taken from the environment as
 * libcurl does.
 *
 *	struct http_conversation *conversation =
 *		http_conversation_open(&options, err);
 *
 *	http_get(conversation, &first, err);
 *	http_get(conversation, &second, err);
 *	status = http_run(conversation, err);
 *	http_conversation_close(conversation);
 *
 * A `done` callback may call http_get again: for the following page, or to
 * keep a window of requests moving. One thread uses a conversation.
 */
#ifndef MARQUEE_UPSTREAM_HTTP_H
#define MARQUEE_UPSTREAM_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#define HTTP_MAX_REDIRECTS 5
#define HTTP_MAX_HEADER_BYTES ((size_t)64 << 10)

/* A conversation with more requests than this is a mistake (EX_SOFTWARE). */
#define HTTP_MAX_REQUESTS 100000

struct http_options {
	long timeout_ms;         /* from open to the end of the last request */
	long connect_timeout_ms; /* of one attempt, name lookup included */
	size_t max_bytes;        /* of one body, after decoding */
	unsigned retries;        /* per request, after the first attempt */
	unsigned concurrency; /* requests and connections at once, at least 1 */
};

enum http_method {
	HTTP_GET,
	HTTP_PUT, /* idempotent: what is tried again is done once (RFC 9110
		     §9.2.2) */
	HTTP_POST
};

/* How one request ended. Its strings hold until `done` returns. */
struct http_response {
	const char *url; /* asked for, without userinfo */

	/* Of GET 200 and 304 are success, of PUT and POST everything from 200
	 * to 299; else it is 0 or the last attempt's status. */
	long status;
	const char *etag;          /* NULL if there was none, or a bad one */
	const char *last_modified; /* same */
	const char *link;          /* the first Link, NULL if there was none */
	size_t body_bytes;         /* of all attempts, after decoding */
	unsigned attempts;

	/* Code 0 after success. EX_UNAVAILABLE: not reached, too slow, another
	 * status, redirect trouble, body cut short. EX_DATAERR: too large, not
	 * decodable, refused by the sink. The message begins with `url`. */
	struct error failure;

	/* The failure is one of time: the last attempt was too slow, or its
	 * turn never came. Not set where the server answered and no time was
	 * left to ask again. */
	bool is_timeout;
};

/* Where the decoded body of a success goes. */
struct http_sink {
	/* Takes a piece; NULL where nobody wants the body. Returns 0; 1 when it needs no more, which ends the
	 * request as a success; or -1 with a reason, which ends it as a
	 * failure. */
	int (*write)(void *context, const char *bytes, size_t length,
		     struct error *err);

	/* The body is over, which may have been empty; may be NULL, and is not
	 * called after a 304. Returns 0, or -1 with a reason:
	 * EX_UNAVAILABLE says that the end is missing (a body without a length
	 * ends silently), and the request is tried again. */
	int (*finish)(void *context, struct error *err);

	/* The request is tried again: what was written is void; may be NULL.
	 * Returns 0, or -1 with a reason, which ends the request as a
	 * failure. */
	int (*restart)(void *context, struct error *err);

	void *context;
};

struct http_request {
	const char *url; /* absolute; copied, as all that is sent is */

	/* Only PUT and POST have a body, which may be empty. They follow no
	 * redirect: that is a failure. */
	enum http_method method;
	const void *body;
	size_t body_bytes;
	const char *content_type; /* NULL: not sent */

	/* Validators to send; NULL for none. One that is malformed is not
	 * sent. Without any, a 304 is a failure. */
	const char *if_none_match;
	const char *if_modified_since;

	struct http_sink sink;

	/* Called once per request, after success and after failure. Returns 0,
	 * or -1 with a reason, which ends the conversation. */
	int (*done)(void *context, const struct http_response *response,
		    struct error *err);

	void *context; /* of done */
};

struct http_totals {
	size_t requests;
	size_t retries;
	size_t body_bytes; /* after decoding, all attempts */
};

struct http_conversation;

/* NULL with EX_OSERR; http_conversation_close ends it. */
struct http_conversation *http_conversation_open(
	const struct http_options *options, struct error *err);

/* Begins anew over the connections that are kept: another deadline, totals
 * from zero, no requests. Between two http_run only; another thread may go on with it. */
void http_conversation_renew(struct http_conversation *conversation,
			     long timeout_ms);

/* Adds a request, of whatever method; it starts in http_run, in the order of adding. Returns 0,
 * or -1 with EX_CONFIG where `url` is none. */
int http_get(struct http_conversation *conversation,
	     const struct http_request *request, struct error *err);

/* Returns 0 when every request is done, whether it failed or not, or after
 * http_stop; -1 with the reason when a `done` did. Requests that are left
 * then are dropped and their `done` is not called. It may be called again
 * after further http_get, over the same connections. */
int http_run(struct http_conversation *conversation, struct error *err);

/* Called from a callback: enough is known, http_run returns 0. */
void http_stop(struct http_conversation *conversation);

struct http_totals http_conversation_totals(
	const struct http_conversation *conversation);

void http_conversation_close(struct http_conversation *conversation);

#endif
