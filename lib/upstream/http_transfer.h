/*
 * One attempt at one request: everything that libcurl does, and nothing
 * that http.h decides. The only user of libcurl.
 */
#ifndef MARQUEE_UPSTREAM_HTTP_TRANSFER_H
#define MARQUEE_UPSTREAM_HTTP_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"
#include "upstream/http.h"

enum http_outcome {
	HTTP_ANSWERED, /* a whole response came, with any status */
	HTTP_ENOUGH,   /* the sink needed no more */
	HTTP_LOST,     /* it failed on the way; another attempt may not */
	HTTP_REFUSED   /* it failed, and would again */
};

struct http_transfer_handle;

struct http_transfer {
	/* Set before the start and borrowed. */
	const char *url;
	enum http_method method;
	const struct buffer *body; /* of the request; not for GET */
	const char *content_type;  /* NULL: not sent; as the next two */
	const char *if_none_match;
	const char *if_modified_since;
	long timeout_ms;
	long connect_timeout_ms;
	size_t max_bytes;
	const struct http_sink *sink; /* only `write` is called */
	void *owner;                  /* for the caller */

	/* Set at the end; strings hold until http_engine_drop. */
	enum http_outcome outcome;
	struct error reason; /* of HTTP_LOST and HTTP_REFUSED */
	bool is_timeout;     /* the reason is one of time */
	long status;         /* 0 if none came */
	const char *etag;    /* headers, NULL where there is none */
	const char *last_modified;
	const char *link;
	const char *retry_after;
	size_t body_bytes; /* of a success, after decoding */

	struct http_transfer_handle *handle; /* the engine's; NULL at rest */
};

struct http_engine;

/* NULL with EX_OSERR. `connections` is the most at a time, kept ones
 * included. */
struct http_engine *http_engine_open(unsigned connections, struct error *err);

/* Begins. Returns 0, or -1 with EX_OSERR and nothing to drop. */
int http_engine_start(struct http_engine *engine,
		      struct http_transfer *transfer, struct error *err);

/* Waits at most `timeout_ms` for a transfer to end. Sets `ended` to it, or to
 * NULL when it is worth looking at the clock. Returns 0, or -1 with
 * EX_OSERR. */
int http_engine_wait(struct http_engine *engine, long timeout_ms,
		     struct http_transfer **ended, struct error *err);

/* Takes a transfer out, ended or not; one at rest stays at rest. */
void http_engine_drop(struct http_engine *engine,
		      struct http_transfer *transfer);

/* Closes the connections. Every transfer was dropped before. */
void http_engine_close(struct http_engine *engine);

#endif
