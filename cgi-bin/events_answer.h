/*
 * How the event log's answers look, whatever asked for them.
 *
 * No other origin may read them: who reads the log is for the site to say, and
 * a page elsewhere could otherwise read it through a visitor inside.
 */
#ifndef MARQUEE_CGI_EVENTS_ANSWER_H
#define MARQUEE_CGI_EVENTS_ANSWER_H

#include "events/event.h"
#include "events/event_result.h"
#include "web/problem.h"

/* Sends the problem, for the site's own origin. */
void events_refuse_with(struct problem problem,
			const struct web_request *request,
			struct web_response *response);

/* The same of a status and a sentence. */
void events_refuse(int status, const char *detail,
		   const struct web_request *request,
		   struct web_response *response);

/* A call of the log that gave no event: the status that says so. What is no
 * fault of the client's is logged with `why`. */
void events_refuse_result(enum event_result result, const struct error *why,
			  const struct web_request *request,
			  struct web_response *response);

/* Sends one event as 200 or 201, with its ETag; the latter with its Location.
 * Cache-Control is the caller's. */
void events_send(int status, const struct event *event,
		 const struct web_request *request,
		 struct web_response *response);

/* The id that the path names, where it is one; else NULL, and 404 was sent. */
const char *events_path_id(struct web_span part, char id[EVENT_ID_BYTES],
			   const struct web_request *request,
			   struct web_response *response);

/* What the request says of the entity tags it is for (RFC 9110 §13.1). */
struct events_conditions {
	const char *match; /* If-Match; NULL: any will do */
	const char *none;  /* If-None-Match; NULL: none is excepted */
};

/* Reads them. Returns false, and 431 was sent, where one is too long to read:
 * to pass it over could overwrite what it was to protect. */
bool events_read_conditions(const struct web_request *request,
			    struct events_conditions *conditions,
			    struct web_response *response);

#endif
