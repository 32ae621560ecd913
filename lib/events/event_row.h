/*
 * An event as a row of the table `event`.
 */
#ifndef MARQUEE_EVENTS_EVENT_ROW_H
#define MARQUEE_EVENTS_EVENT_ROW_H

#include "events/database.h"
#include "events/event.h"
#include "events/event_sql.h"

/* Reads the row the statement stands on. The event is the caller's to free, also
 * where this fails, which sticks to the statement. */
void event_row_read(struct statement *row, struct event *event);

/* Runs a SELECT of one row whose parameters are bound. DONE and MISSING (no
 * row); `event` is set when DONE. */
enum event_result event_row_find(struct statement *row, struct event *event,
				 struct error *err);

#endif
