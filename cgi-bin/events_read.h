/*
 * The event log's answers to GET and HEAD. Their context is a struct
 * events_site.
 */
#ifndef MARQUEE_CGI_EVENTS_READ_H
#define MARQUEE_CGI_EVENTS_READ_H

#include "web/routes.h"

/* /events: limit, after, status; Link while there is more. */
void events_answer_list(void *context, const struct web_request *request,
			const struct web_match *match,
			struct web_response *response);

/* /events/{event_id} */
void events_answer_one(void *context, const struct web_request *request,
		       const struct web_match *match,
		       struct web_response *response);

#endif
