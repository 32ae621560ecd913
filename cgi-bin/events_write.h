/*
 * The event log's answers to POST and PUT. Their context is a struct
 * events_site.
 */
#ifndef MARQUEE_CGI_EVENTS_WRITE_H
#define MARQUEE_CGI_EVENTS_WRITE_H

#include "web/routes.h"

/* POST /events, with Idempotency-Key or without. */
void events_answer_post(void *context, const struct web_request *request,
			const struct web_match *match,
			struct web_response *response);

/* PUT /events/{event_id}, with If-Match and If-None-Match or without. */
void events_answer_put(void *context, const struct web_request *request,
		       const struct web_match *match,
		       struct web_response *response);

#endif
