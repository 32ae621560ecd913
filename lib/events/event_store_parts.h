/*
 * What an event store is made of: for the modules that are its parts
 * (event_store.c, event_post.c, event_put.c, event_tidy.c, event_outbox.c), nobody else.
 */
#ifndef MARQUEE_EVENTS_EVENT_STORE_PARTS_H
#define MARQUEE_EVENTS_EVENT_STORE_PARTS_H

#include "events/event_commits.h"
#include "events/event_readers.h"
#include "events/event_store.h"

struct event_store {
	char *path; /* absolute */
	int busy_ms;
	long long (*now_ms)(void);
	struct event_commits *commits;
	struct event_readers *readers;
};

/* Inside a change: the event comes into the outbox, due now; attempts begin
 * anew, and no claim from before holds it. */
enum event_result event_outbox_enter(struct database *database,
				     long long number, struct error *err);

/* Inside a change: out of the outbox, whoever holds it. */
enum event_result event_outbox_leave(struct database *database,
				     long long number, struct error *err);

#endif
