/*
 * /ping and /health: whether the process answers, and how what it serves is.
 *
 * Each service puts itself into a small table; a responder hands the table
 * over. A new service is a new entry.
 */
#ifndef MARQUEE_WEB_HEALTH_H
#define MARQUEE_WEB_HEALTH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/json_writer.h"
#include "base/metrics.h"
#include "web/response.h"
#include "web/routes.h"

enum health_state {
	HEALTH_OK,
	HEALTH_DEGRADED, /* serves, but not as well as it should */
	HEALTH_DOWN,     /* can serve nothing */
	HEALTH_DISABLED  /* is not meant to serve: no setting asks for it */
};

/* "ok", "degraded", "down", "disabled". */
const char *health_state_name(enum health_state state);

/* How all are, from the states of each: down where none is ok or degraded,
 * degraded where any is not ok, not counting those that are disabled.
 *
 *	struct health_whole whole = {0};
 *
 *	health_add(&whole, state);				for each
 *	health_of(&whole)
 */
struct health_whole {
	bool has_serving, has_trouble;
};

void health_add(struct health_whole *whole, enum health_state state);
enum health_state health_of(const struct health_whole *whole);

struct health_service {
	const char *name;
	/* Writes the members of its JSON object but for `status`, and returns
	 * its state. */
	enum health_state (*report)(const void *context,
				    struct json_writer *json);
	const void *context;
};

/* {"ping":"pong!","now":"…"} */
void health_answer_ping(struct web_response *response);

/* The same as a route's handler, for any site's table. */
void health_route_ping(void *context, const struct web_request *request,
		       const struct web_match *match,
		       struct web_response *response);

/* {"status":"…","services":{"<name>":{"status":"…",…}}}: down (503) where
 * every service is that is not disabled, degraded where any is not ok. */
void health_answer(const struct health_service *services, size_t count,
		   struct web_response *response);

/* Writes marquee_service_state: a series for each service and state, 1 where
 * it is the service's and otherwise 0. */
void health_write_metrics(const struct health_service *services, size_t count,
			  struct metrics_writer *writer);

#endif
