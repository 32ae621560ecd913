/*
 * What a path stands for: one thing that is published in one form or two, HTML
 * and JSON, between which Accept chooses.
 *
 *	static const struct resource list = {{"movies.html", "movies.json"}, {0}};
 *
 *	resource_answer(&store, &list, 1, request, response);
 *
 * What is not there is 404; where nothing is published at all, or it cannot be
 * read, 503. Errors on a page's path show the published page error/<status>.html
 * where there is one.
 */
#ifndef MARQUEE_WEB_RESOURCE_H
#define MARQUEE_WEB_RESOURCE_H

#include <stddef.h>

#include "web/request.h"
#include "web/response.h"

enum resource_form { RESOURCE_HTML, RESOURCE_JSON, RESOURCE_FORMS };

struct resource {
	/* Its name in the cache in each form; NULL: it has no such form. */
	const char *names[RESOURCE_FORMS];
	/* What is sent as Content-Location where Accept has chosen; NULL: "/"
	 * and the name. Of whitelisted characters only. */
	const char *locations[RESOURCE_FORMS];
};

/* Where things are published. */
struct resource_store {
	const char *cache_dir; /* borrowed */
	const char *site;      /* borrowed */
	/* Holds the generation open; NULL: each request opens it. */
	struct cache_hold *hold;
};

/* Answers with the first of several readings of a path that is there, all
 * looked up in the same generation. */
void resource_answer(const struct resource_store *store,
		     const struct resource *readings, size_t count,
		     const struct web_request *request,
		     struct web_response *response);

/* Answers with an error. */
void resource_refuse(const struct resource_store *store, int status,
		     const struct web_request *request,
		     struct web_response *response);

#endif
