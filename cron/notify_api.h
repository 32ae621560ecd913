/*
 * The events API as notify uses it: reads an event, reports a status, walks the
 * list of those that failed. One try a call; whoever calls decides what comes
 * of a failure.
 *
 * An answer counts only where it is what the API would say: an event of the
 * right id, with the status that was reported. Somebody else's 200 at a wrong
 * MARQUEE_API_URL must not lose an event.
 */
#ifndef MARQUEE_CRON_NOTIFY_API_H
#define MARQUEE_CRON_NOTIFY_API_H

#include <stdbool.h>

#include "base/error.h"
#include "base/settings.h"
#include "events/event.h"

enum notify_answer {
	NOTIFY_ANSWER_GOOD,
	NOTIFY_ANSWER_UNKNOWN, /* 404: it has no such event */
	NOTIFY_ANSWER_REFUSED, /* another 4xx, or nothing the API would say */
	NOTIFY_ANSWER_AWAY     /* not reached, too slow, 408, 429, 5xx */
};

struct notify_api;

/* MARQUEE_API_URL with MARQUEE_CONNECT_TIMEOUT_MS. A call takes at most
 * `timeout_ms`, MARQUEE_TIMEOUT_MS if that is less. NULL with EX_CONFIG where
 * there is no URL, EX_OSERR. */
struct notify_api *notify_api_open(const struct settings *settings,
				   long long timeout_ms, struct error *err);
void notify_api_close(struct notify_api *api);

/* Calls end by `limit_ms` too. All but GOOD set `err`. */

/* Reads an event's status. */
enum notify_answer notify_api_look(struct notify_api *api, const char *id,
				   long long limit_ms,
				   enum event_status *status,
				   struct error *err);

struct notify_report {
	const char *id;
	bool has_status; /* without it, only the attempt is noted */
	enum event_status status;
	unsigned attempts;
	const char *last_error; /* NULL: stays as it is */
};

/* Writes what is given into the event. */
enum notify_answer notify_api_report(struct notify_api *api,
				     const struct notify_report *report,
				     long long limit_ms, struct error *err);

/* At most this many come with one call. */
#define NOTIFY_LIST_MAX 100

struct notify_list {
	char ids[NOTIFY_LIST_MAX][EVENT_ID_BYTES];
	size_t count;
	long long after; /* of the next call; 0: there is no more */
};

/* Reads the next ids of the events that are Failed, oldest first, from
 * list->after on (0: from the start). */
enum notify_answer notify_api_list_failed(struct notify_api *api,
					  struct notify_list *list,
					  struct error *err);

#endif
