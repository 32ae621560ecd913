/*
 * The films' URLs: what each path is called in the cache (contract section 3).
 *
 *	/				index.html
 *	/movies, /movies/		movies.html or movies.json, by Accept
 *	/movies.html, /movies.json	the one named
 *	/movies/page/{n}		movies/page/<n>.html; the first is /movies
 *	…?order=year			movies-by-year.html, movies-by-year/page/<n>.html
 *	/movies/{id}			movies/<id>.html or .json, by Accept
 *	/movies/{id}.html, .json	the one named, unless a film is called so
 *	/style.css, /favicon.svg	the same
 *	/ping, /health
 *
 * A path that stands for nothing in the cache is 404, whatever it ends in:
 * /movies/x.css never gives a page.
 */
#ifndef MARQUEE_WEB_MOVIES_SITE_H
#define MARQUEE_WEB_MOVIES_SITE_H

#include "web/request.h"
#include "web/response.h"

/* Answers one request from the cache at `cache_dir`, its path as text. Many
 * threads may call it at once. */
void movies_site_answer(const void *cache_dir,
			const struct web_request *request,
			struct web_response *response);

#endif
