/*
 * A PostgreSQL server that keeps an event log for several hosts, and connections
 * of database.h to it (https://www.postgresql.org/docs/15/libpq.html).
 *
 * It is not there all the time. A connection that is lost, outside a transaction,
 * is made anew by whoever uses it next, who waits up to `busy_ms` for the server;
 * when that was in vain, others are told so at once, and one in a second tries.
 * Inside a transaction a loss is AWAY; of a COMMIT, which may have been done,
 * UNKNOWN; database_may_retry then says yes. No call takes longer than the server
 * may be silent, whatever the network does.
 *
 * A commit is on the server's disk when it returns, whatever is preset there
 * (synchronous_commit). libpq's own files (~/.pgpass, ~/.postgresql) are not
 * read: all is in the URL.
 */
#ifndef MARQUEE_EVENTS_POSTGRESQL_H
#define MARQUEE_EVENTS_POSTGRESQL_H

#include "events/database.h"

/* The event log's SQL in its dialect. */
extern const struct event_sql postgresql_sql;

struct postgresql; /* closed with postgresql_close */

/* Reads the URL (§34.1.1.2); asks nobody yet. NULL with EX_CONFIG where it is
 * none, names no user or no database, or has a parameter that is not for it;
 * EX_OSERR. */
struct postgresql *postgresql_open(const char *url, int busy_ms,
				   struct error *err);

/* Its connections were closed. NULL is allowed. */
void postgresql_close(struct postgresql *server);

/* Connects, and makes or migrates the tables. AWAY with EX_UNAVAILABLE; BROKEN
 * with EX_DATAERR (no UTF-8, or tables of a newer Marquee), EX_CONFIG, EX_OSERR;
 * READ_ONLY where tables are missing and cannot be made. Any thread. */
enum event_result postgresql_connect(struct postgresql *server,
				     struct database **database,
				     struct error *err);

/* The server's clock, as of the last time it was asked; before that this
 * host's. Any thread. */
long long postgresql_now_ms(struct postgresql *server);

#endif
