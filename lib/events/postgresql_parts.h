/*
 * What a server, a connection to it and its statements are made of: for
 * postgresql_*.c, nobody else. The one file that includes libpq-fe.h.
 */
#ifndef MARQUEE_EVENTS_POSTGRESQL_PARTS_H
#define MARQUEE_EVENTS_POSTGRESQL_PARTS_H

#include <postgresql/libpq-fe.h>

#include <pthread.h>

#include "events/database_engine.h"
#include "events/postgresql.h"

/* Advisory locks (§13.3.5) of an event log: whose turn it is to post, and to
 * migrate the tables. "MARQ", 1 and 2. */
#define POSTGRESQL_TURNS "1296126545, 1"
#define POSTGRESQL_TABLES "1296126545, 2"

/* A column of this name is the server's clock. */
#define POSTGRESQL_CLOCK "marquee_now_ms"

/* Parameters of a connection, and the end. */
#define POSTGRESQL_OPTIONS 32

struct postgresql {
	const char
		*names[POSTGRESQL_OPTIONS]; /* of parameters, NULL at the end;
						   §34.1.2 */
	char *values[POSTGRESQL_OPTIONS];   /* owned */
	size_t count;                       /* of them */
	char *shown;                        /* the URL, its password masked */
	int busy_ms;
	pthread_mutex_t lock; /* of the rest */
	bool is_away;
	long long rest_until_ms; /* nobody tries before; monotonic */
	bool has_clock;
	long long ahead_ms; /* the server's clock, of our monotonic one */
	bool has_warned;    /* that it does not fsync */
};

#define POSTGRESQL_PARAMETERS 8
#define POSTGRESQL_NUMBER_BYTES 24

/* Statements that are under way at once (§34.5): one or two of each change of a
 * transaction (EVENT_COMMITS_MAX). */
#define POSTGRESQL_LATER 512

struct postgresql_statement {
	struct statement statement;
	unsigned name;  /* 0: none yet */
	unsigned links; /* with which connection it was prepared; 0: none */
	int count;      /* of parameters that are bound */
	const char *values[POSTGRESQL_PARAMETERS];
	char numbers[POSTGRESQL_PARAMETERS][POSTGRESQL_NUMBER_BYTES];
	char *hex[POSTGRESQL_PARAMETERS]; /* owned */
	bool is_run;
	PGresult *rows; /* NULL before it is run */
	int row;
	unsigned char *bytes; /* of the row; owned by libpq */
};

struct postgresql_database {
	struct database database;
	struct postgresql *server; /* borrowed */
	PGconn *link;              /* NULL: lost */
	unsigned links;            /* connections so far */
	unsigned names;            /* of statements */
	bool is_in_transaction;    /* which ends with the connection */
	/* What was sent and is not waited for yet: where its number goes. */
	int later;
	long long *numbers[POSTGRESQL_LATER];
	bool may_retry;
	long long changes;
};

static inline struct postgresql_database *postgresql_of(
	struct database *database)
{
	return (void *)database;
}

/* --- postgresql_link.c --------------------------------------------------------- */

/* Sees to it that there is a connection; inside a transaction only whether it is
 * there still. AWAY, or as postgresql_connect. */
enum event_result postgresql_link(struct postgresql_database *mine,
				  struct error *err);

/* Sends SQL and takes what comes back, the last result: `taken`, where that is
 * not NULL, PQclear. */
enum event_result postgresql_ask(struct postgresql_database *mine,
				 const char *sql, PGresult **taken,
				 struct error *err);

/* The same for what was sent: `is_sent` is what libpq said. */
enum event_result postgresql_await(struct postgresql_database *mine,
				   int is_sent, PGresult **taken,
				   struct error *err);

/* Waits for all that is under way. */
enum event_result postgresql_settle(struct postgresql_database *mine,
				    struct error *err);

/* Gives the connection up. */
void postgresql_unlink(struct postgresql_database *mine);

/* The server has said what time it is. */
void postgresql_set_clock(struct postgresql *server, long long now_ms);

/* --- postgresql_schema.c ------------------------------------------------------- */

/* A new connection: sets it up, and makes or migrates the tables. */
enum event_result postgresql_prepare(struct postgresql_database *mine,
				     struct error *err);

/* --- postgresql_statement.c ---------------------------------------------------- */

void postgresql_begin(struct statement *statement);
void postgresql_bind_number(struct statement *statement, int parameter,
			    long long number);
void postgresql_bind_text(struct statement *statement, int parameter,
			  const char *text);
void postgresql_bind_bytes(struct statement *statement, int parameter,
			   const void *bytes, size_t length);
void postgresql_run_later(struct statement *statement, long long *number);
bool postgresql_step(struct statement *statement);
long long postgresql_number(struct statement *statement, int column);
const char *postgresql_text(struct statement *statement, int column);
const void *postgresql_bytes(struct statement *statement, int column,
			     size_t *length);
bool postgresql_is_null(struct statement *statement, int column);
void postgresql_reset(struct statement *statement);
void postgresql_drop(struct statement *statement);

#endif
