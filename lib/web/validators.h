/*
 * Conditional requests (RFC 9110 §13): what the client has, compared with what
 * there is.
 */
#ifndef MARQUEE_WEB_VALIDATORS_H
#define MARQUEE_WEB_VALIDATORS_H

#include <stdbool.h>
#include <time.h>

#include "web/request.h"

/* What the selected representation is known by. */
struct validators {
	const char *etag; /* strong, with its quotes */
	time_t last_modified;
};

enum validators_verdict {
	VALIDATORS_SEND,         /* go on: 200 or 206 */
	VALIDATORS_NOT_MODIFIED, /* 304 */
	VALIDATORS_FAILED        /* 412 */
};

/* Judges a GET or HEAD request in the order of RFC 9110 §13.2.2: If-Match, or
 * else If-Unmodified-Since; then If-None-Match, or else If-Modified-Since. A
 * date that does not parse is ignored. */
enum validators_verdict validators_judge(const struct web_request *request,
					 const struct validators *validators);

/* Whether If-Range allows a part to be sent: it is absent, names the entity tag
 * strongly, or is exactly the Last-Modified that was sent (RFC 9110 §13.1.5).
 */
bool validators_allow_range(const struct web_request *request,
			    const struct validators *validators);

/* Whether a list of entity tags, or `*`, names `etag`. A weak tag of the list
 * counts only where `is_weak` (RFC 9110 §8.8.3.2). Reading stops at the first
 * thing that is no entity tag. */
bool validators_list_names(const char *list, const char *etag, bool is_weak);

#endif
