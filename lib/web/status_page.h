/*
 * /status: what /health and /metrics say, as a page for people, with the last day
 * in pictures. It is made of the answers of these two, so it says nothing else,
 * and without a template: movies.fcgi has none, and it is there when nothing is
 * published.
 */
#ifndef MARQUEE_WEB_STATUS_PAGE_H
#define MARQUEE_WEB_STATUS_PAGE_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/day.h"
#include "web/health.h"
#include "web/response.h"

struct status_page {
	const struct health_service *services;
	size_t service_count;
	const struct buffer *numbers; /* the text of /metrics */
	const struct day *day;        /* of fetch-movies */
	const long long *requests;    /* request_counters_day; NULL: none */
	bool has_style;  /* whether the site's style sheet and icon are there */
	bool is_bundled; /* whether the films came with Marquee */
};

/* Answers with the page, never to be kept; 500 where memory is short. */
void status_page_answer(const struct status_page *page,
			struct web_response *response);

#endif
