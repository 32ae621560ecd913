/*
 * What an event store is made of: for the modules that are its parts
 * (event_open.c, event_store.c, event_post.c, event_put.c, event_tidy.c,
 * event_outbox.c, event_strays.c), nobody else.
 */
#ifndef MARQUEE_EVENTS_EVENT_STORE_PARTS_H
#define MARQUEE_EVENTS_EVENT_STORE_PARTS_H

#include "events/event_commits.h"
#include "events/event_place.h"
#include "events/event_readers.h"
#include "events/event_store.h"

struct event_store {
	struct event_place place;
	long long (*now_ms)(void); /* NULL: the place's clock */
	struct event_commits *commits;
	struct event_readers *readers;
};

long long event_store_now_ms(const struct event_store *store);

/* Makes a change, in a transaction; `change` may be run again. One file has one
 * writer, so all that change it share its transactions. A server has many, and
 * two transactions of many changes would get in each other's way: there only new
 * events share one (event_commits_run), which also gives them their order. */
enum event_result event_store_change(struct event_store *store,
				     event_change *change, void *context,
				     struct error *err);

/* Inside a change: the event comes into the outbox, due now; attempts begin
 * anew, and no claim from before holds it. */
enum event_result event_outbox_enter(struct database *database,
				     long long number, struct error *err);

/* Inside a change: out of the outbox, whoever holds it. */
enum event_result event_outbox_leave(struct database *database,
				     long long number, struct error *err);

#endif
