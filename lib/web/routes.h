/*
 * Which handler answers a path: a table, and 404 and 405 from one place.
 *
 *	static const struct web_route routes[] = {
 *		{"/movies/?", WEB_GET | WEB_HEAD, answer_list},
 *		{"/movies/{}", WEB_GET | WEB_HEAD, answer_film},
 *		{0},
 *	};
 *
 * A pattern is a path in which `{}` stands for one whole segment that is not
 * empty, and a last `/?` for a slash that may be there. The first fit wins.
 */
#ifndef MARQUEE_WEB_ROUTES_H
#define MARQUEE_WEB_ROUTES_H

#include <stdbool.h>

#include "web/request.h"
#include "web/response.h"

/* The most `{}` a pattern has. */
#define WEB_ROUTE_MAX_PARTS 2

struct web_route;

struct web_match {
	const struct web_route *route;
	struct web_span parts[WEB_ROUTE_MAX_PARTS]; /* what each `{}` is */
	size_t part_count;
};

struct web_route {
	const char *pattern; /* NULL ends the table */
	unsigned methods;    /* bits of enum web_method */
	void (*answer)(void *context, const struct web_request *request,
		       const struct web_match *match,
		       struct web_response *response);
	const void *data; /* the handler's own */
};

struct web_site {
	const struct web_route *routes;
	/* Answers 404 and 405; the Allow header is there already. */
	void (*refuse)(void *context, int status,
		       const struct web_request *request,
		       struct web_response *response);
	void *context; /* handed to every handler */
};

/* Whether `pattern` fits the path; sets the parts of `match`. */
bool web_route_fits(const char *pattern, struct web_span path,
		    struct web_match *match);

/* Answers the request by the first route that fits path and method. A path
 * that only fits for other methods is 405 with Allow, any other is 404.
 * Returns the route, for a 405 the first that fits the path, for an unknown path
 * NULL. */
const struct web_route *web_routes_answer(const struct web_site *site,
					  const struct web_request *request,
					  struct web_response *response);

#endif
