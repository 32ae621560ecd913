/*
 * Serving one entry of the cache, with everything HTTP has for it: codings,
 * validators, conditional requests, HEAD, a range, freshness.
 *
 * Whatever can fail is done before the first byte goes out: the body is open
 * and its first part read before status and headers are sent.
 */
#ifndef MARQUEE_WEB_REPRESENTATION_H
#define MARQUEE_WEB_REPRESENTATION_H

#include <stdbool.h>

#include "base/error.h"
#include "cache/cache_reader.h"
#include "web/freshness.h"
#include "web/request.h"
#include "web/response.h"

/* The most of a body that is in memory at once. */
#define REPRESENTATION_CHUNK_BYTES 65536

struct representation {
	const struct cache_snapshot *snapshot;
	const char *name;                /* in the snapshot */
	const struct cache_entry *entry; /* what was found for it */
	/* 200; an error's status for an error page, which then has neither
	 * validators nor ranges and is not to be kept. */
	int status;
	/* Whether its media type was chosen by Accept. */
	bool is_negotiated;
	const char *location;              /* Content-Location, or NULL */
	const struct freshness *freshness; /* NULL: none is shown */
	/* The Cache-Status of what is kept for good and never changes; NULL:
	 * it is as fresh as `freshness` says. */
	const char *kept_status;
};

/* Answers the request with it: 200, 206, 304, 412 or 416. Returns 0, or -1
 * with nothing sent where the body cannot be read. A body that cannot be read
 * any further later is logged, and the answer cut short. */
int representation_answer(const struct representation *representation,
			  const struct web_request *request,
			  struct web_response *response, struct error *err);

/* What is shown as Last-Modified for something published at `published_at`:
 * that second, or the present one where it is still to come (each publication
 * has a later second than the one before, however quickly they follow, and no
 * date may be later than Date, RFC 9110 §8.8.2.1). Dates that clients send are
 * compared with the true second, so a publication is never hidden by the one
 * before. */
time_t representation_last_modified(time_t published_at, time_t now);

#endif
