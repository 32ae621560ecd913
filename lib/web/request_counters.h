/*
 * How many requests a process has answered, by route, method and status, and
 * how many it is answering.
 *
 * The table's size is that of the routes: nothing a client sends adds to it. A
 * route counts under its pattern, a path without one as "other", and so do
 * methods and statuses that are not of the named ones. Counts begin at 0 with
 * the process, which a monitor takes into account.
 *
 * Counting takes no lock; any thread may do it at any time.
 */
#ifndef MARQUEE_WEB_REQUEST_COUNTERS_H
#define MARQUEE_WEB_REQUEST_COUNTERS_H

#include "base/error.h"
#include "web/metrics.h"
#include "web/request.h"
#include "web/routes.h"

struct request_counters;

/* Counters at 0 for a table of routes, which is borrowed. Returns NULL with a
 * reason. The time of the call is shown as the process's start. */
struct request_counters *request_counters_create(const struct web_route *routes,
						 struct error *err);

/* NULL is allowed. */
void request_counters_free(struct request_counters *counters);

/* A request is being answered; exactly one request_counters_end follows. */
void request_counters_begin(struct request_counters *counters);

/* It was answered: by `route` of the table (NULL: the path has none), with
 * `status` (0: the handler sent none, for which a responder sends a 500). */
void request_counters_end(struct request_counters *counters,
			  const struct web_route *route, enum web_method method,
			  int status);

/* A source for metrics_answer: marquee_http_requests_total (only the series
 * that have counted), marquee_http_requests_in_flight, which includes the
 * request for it, and process_start_time_seconds. */
void request_counters_write(const void *counters,
			    struct metrics_writer *writer);

#endif
