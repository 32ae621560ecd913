/*
 * What is decided about HTTP without asking anyone: when to try again, how
 * long to wait before it, what a message may show of a URL.
 */
#ifndef MARQUEE_UPSTREAM_HTTP_POLICY_H
#define MARQUEE_UPSTREAM_HTTP_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "base/buffer.h"
#include "upstream/http.h"

/* Wait before the first retry at most; each further one doubles it up to the
 * longest. */
#define HTTP_BACKOFF_FIRST_MS 200
#define HTTP_BACKOFF_LONGEST_MS 5000

/* Longest entity tag or date that is kept and sent back. */
#define HTTP_MAX_VALIDATOR_BYTES 512

/* Whether the request was done: see http.h. A 304 is judged by who asked for
 * it. */
bool http_status_is_success(enum http_method method, long status);

/* Whether doing the same twice does no harm. */
bool http_method_may_be_repeated(enum http_method method);

/* "GET". */
const char *http_method_name(enum http_method method);

/* Whether a later answer to the same request may be better: 408, 429 and
 * everything from 500 on. */
bool http_status_is_retried(long status);

/* The wait before retry number `retry` (from 1), exponential with full jitter:
 * anything from 0 to the longest of that retry, as `random` (any number) says.
 * So clients that failed together do not come back together. */
long http_backoff_ms(unsigned retry, unsigned random);

/* Reads Retry-After (RFC 9110 §10.2.3), seconds or a date. Returns the wait
 * in milliseconds from `now` on, 0 for a moment that has passed, or -1 where
 * `value` is neither or NULL. */
long long http_retry_after_ms(const char *value, time_t now);

/* Appends `url` without userinfo, for messages and for comparing. */
void http_public_url(struct buffer *out, const char *url);

/* Whether `url` is absolute, http or https, has a host, and is free of spaces
 * and control characters. */
bool http_url_is_usable(const char *url);

/* Whether `value` is an entity tag (RFC 9110 §8.8.3), and whether it is an
 * HTTP date: only such are kept and sent back. NULL is neither. */
bool http_is_entity_tag(const char *value);
bool http_is_date(const char *value);

#endif
