/*
 * Where an event log is kept, and how one comes to a connection to it: a file of
 * this host, or a PostgreSQL server that several hosts share.
 */
#ifndef MARQUEE_EVENTS_EVENT_PLACE_H
#define MARQUEE_EVENTS_EVENT_PLACE_H

#include "events/database.h"
#include "events/postgresql.h"

struct event_place {
	char *path;  /* owned: of the file, absolute; NULL: a server */
	int busy_ms; /* how long whoever else holds the database is waited
			for, and a server that is away */
	struct postgresql *server; /* owned; NULL: a file */
};

/* Connects to a log whose tables are this version's. */
enum event_result event_place_connect(const struct event_place *place,
				      enum database_mode mode,
				      struct database **database,
				      struct error *err);

/* Wakes who waits for a change of a file (event_watch.h). */
void event_place_ring(const struct event_place *place);

/* The clock of all who share it: this host's, or the server's. */
long long event_place_now_ms(const struct event_place *place);

void event_place_free(struct event_place *place);

#endif
