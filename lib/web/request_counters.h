/*
 * How many requests a responder has answered, by route, method and status, and
 * how many it is answering. What nginx answers from its microcache, from the
 * files or with an error of its own reaches no responder: that is counted in
 * nginx's access log.
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

#include "base/day.h"
#include "base/error.h"
#include "base/metrics.h"
#include "web/request.h"
#include "web/routes.h"

struct request_counters;

/* Counters at 0 for a table of routes and the responder of that name
 * ("movies"), both borrowed. Returns NULL with a reason. The time of the call is
 * shown as the responder's start. */
struct request_counters *request_counters_create(const char *responder,
						 const struct web_route *routes,
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

/* Answers by web_routes_answer, and counts that. NULL counts nothing: plain CGI
 * answers one request. */
void request_counters_answer(struct request_counters *counters,
			     const struct web_site *site,
			     const struct web_request *request,
			     struct web_response *response);

/* How many requests each of the last DAY_SLOTS slots of a day (base/day.h) has
 * seen, the oldest first, the last that of now; -1 before the responder's start. */
void request_counters_day(const struct request_counters *counters,
			  long long counts[DAY_SLOTS]);

/* A source of metrics: marquee_http_requests_total (only the series that have
 * counted), marquee_http_requests_in_flight, which includes the request for it,
 * and marquee_responder_start_time_seconds. */
void request_counters_write(const void *counters,
			    struct metrics_writer *writer);

#endif
