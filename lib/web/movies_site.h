/*
 * The films' URLs: what each path is called in the cache (contract section 3).
 *
 *	/				index.html
 *	/movies, /movies/		movies.html or movies.json, by Accept
 *	/movies.html, /movies.json	the one named
 *	/movies.atom			the same: the feed
 *	/movies/page/{n}		movies/page/<n>.html; the first is /movies
 *	…?order=year			movies-by-year.html, movies-by-year/page/<n>.html
 *	/movies/{id}			movies/<id>.html or .json, by Accept
 *	/movies/{id}.html, .json	the one named, unless a film is called so
 *	/style.css, /script.js, /favicon.svg	the same
 *	/ping, /health, /metrics, /status
 *
 * A path that stands for nothing in the cache is 404, whatever it ends in:
 * /movies/x.css never gives a page.
 */
#ifndef MARQUEE_WEB_MOVIES_SITE_H
#define MARQUEE_WEB_MOVIES_SITE_H

#include "base/error.h"
#include "web/request.h"
#include "web/request_counters.h"
#include "web/resource.h"
#include "web/response.h"

struct movies_site {
	struct resource_store store;
	struct request_counters *counters;
};

/* A site that serves the cache at `cache_dir`, which is borrowed, with its
 * counters at 0. Returns 0, or -1. Freed with movies_site_free. */
int movies_site_init(struct movies_site *site, const char *cache_dir,
		     struct error *err);
void movies_site_free(struct movies_site *site);

/* Answers one request; `site` is a struct movies_site. Many threads may call it
 * at once. */
void movies_site_answer(const void *site, const struct web_request *request,
			struct web_response *response);

#endif
