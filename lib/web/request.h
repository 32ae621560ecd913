/*
 * One request, as CGI tells it (RFC 3875 §4.1): an array of NAME=value that is
 * only borrowed, and looked up as needed.
 *
 * The path is never decoded. What is published has canonical URL paths as
 * names, so a path that is not canonical names nothing: one resource has one
 * spelling, and no spelling reaches a file.
 *
 *	struct web_request request;
 *
 *	web_request_init(&request, environ);
 *	if (web_request_query_is(&request, "order", "year"))
 *		…
 *	web_request_free(&request);
 */
#ifndef MARQUEE_WEB_REQUEST_H
#define MARQUEE_WEB_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

/* Longer paths and queries name nothing. */
#define WEB_PATH_MAX_BYTES 1024
#define WEB_QUERY_MAX_BYTES 1024

/* A longer request header counts as absent. */
#define WEB_HEADER_MAX_BYTES 4096

/* Bits, so that a route can name several. */
enum web_method {
	WEB_OTHER_METHOD = 0,
	WEB_GET = 1,
	WEB_HEAD = 2,
	WEB_POST = 4,
	WEB_PUT = 8
};

/* A piece of text inside another; not NUL-terminated. */
struct web_span {
	const char *text;
	size_t length; /* bytes */
};

/* Where a request's body comes from. Returns how many bytes were read, 0 at the
 * end, -1 where it cannot be read. */
struct web_source {
	long (*read)(void *context, void *bytes, size_t size);
	void *context;
};

struct web_request {
	const char *const *environment; /* borrowed, ended by NULL */
	enum web_method method;
	struct web_span path;   /* canonical, or empty */
	struct web_span query;  /* raw, without its `?`; or empty */
	bool is_query_too_long; /* then `query` is empty */
	struct buffer joined;   /* holds the path of a plain CGI request */
	/* The only one its process answers: plain CGI. Set by who runs it. */
	bool is_only_one;
	/* Set by who runs it; `read` is NULL where there is no body. See
	 * body.h. */
	struct web_source source;
};

/* Reads method, path and query. The path is REQUEST_URI up to its `?`; where a
 * CGI server gives none, SCRIPT_NAME and PATH_INFO, which RFC 3875 has decoded
 * and which are encoded again. Freed with web_request_free. */
void web_request_init(struct web_request *request,
		      const char *const *environment);
void web_request_free(struct web_request *request);

/* The variable's value, or NULL. Lives as long as the environment. */
const char *web_request_variable(const struct web_request *request,
				 const char *name);

/* Like web_request_variable, but NULL also for a value of more than
 * WEB_HEADER_MAX_BYTES. `name` is the CGI one: "HTTP_ACCEPT". */
const char *web_request_header(const struct web_request *request,
			       const char *name);

/* Whether the first `key` of the query has exactly this value, both compared
 * as they were sent. */
bool web_request_query_is(const struct web_request *request, const char *key,
			  const char *value);

/* What the web server calls this request in its own log (X-Request-ID, or the
 * parameter REQUEST_ID), or NULL. */
const char *web_request_id(const struct web_request *request);

/* Whether `path` is the one spelling of a path: it begins with `/`, has no
 * empty, `.` or `..` segment (but may end in `/`), and holds unreserved
 * characters (RFC 3986 §2.3) and, for every other byte, %XX in upper case. */
bool web_path_is_canonical(const char *path, size_t length);

#endif
