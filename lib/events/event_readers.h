/*
 * Connections that read, and to PostgreSQL change, too: as many at once as were asked for, opened when
 * they are first needed, kept with their statements. Any thread.
 *
 *	result = event_readers_take(readers, &database, &err);
 *	if (result != EVENT_DONE)
 *		return result;
 *	…
 *	event_readers_give(readers, database);
 */
#ifndef MARQUEE_EVENTS_EVENT_READERS_H
#define MARQUEE_EVENTS_EVENT_READERS_H

#include "events/event_place.h"

struct event_readers; /* closed with event_readers_close */

/* `most` connections, at least 1, to the database at `place`, which stays the
 * caller's. NULL with EX_OSERR. */
struct event_readers *event_readers_open(const struct event_place *place,
					 unsigned most, struct error *err);

/* Every connection was given back. NULL is allowed. */
void event_readers_close(struct event_readers *readers);

/* The one that was given back last; waits where all are taken. */
enum event_result event_readers_take(struct event_readers *readers,
				     struct database **database,
				     struct error *err);

/* One that has failed or whose file was moved is closed when its turn comes
 * again. */
void event_readers_give(struct event_readers *readers,
			struct database *database);

#endif
