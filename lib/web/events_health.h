/*
 * The event log's entry in /health, from the notes that its processes leave in
 * the cache: movies.fcgi, which answers the site's /health, links no database.
 *
 * events.fcgi writes the note "status", whoever has changed the database, and
 * claims to be there (cache_presence.h, "alive") while it lives:
 *
 *	started=<RFC 3339>	when it was started
 *	queue=embedded		or rabbitmq: MARQUEE_AMQP_URL is set
 *	waiting=<number>	events that are NotProcessed
 *	unsent=<number>		in the outbox: not handed on yet
 *	failed=<number>		events that are Failed
 *	oldest_ms=<number>	when the oldest waiting one was accepted, by the
 *				wall clock; 0: none waits
 *	result=ok		or failed: how the last change was stored
 *	error=<reason>		why it was not
 *	failed_ms=<number>	when
 *
 * relay-events writes the note "relay": result, error and failed_ms, of the last
 * time it had something for the broker.
 */
#ifndef MARQUEE_WEB_EVENTS_HEALTH_H
#define MARQUEE_WEB_EVENTS_HEALTH_H

#include "web/health.h"

/* The event log's place in the cache, and the notes' names. */
#define EVENTS_SITE "events"
#define EVENTS_NOTE "status"
#define EVENTS_RELAY_NOTE "relay"
#define EVENTS_ALIVE "alive"

/* An event that waits for longer says that nobody takes any. */
#define EVENTS_WAIT_MAX_S 60

/* A change that could not be stored longer ago, with nobody trying since, says
 * little of how the disk is now. */
#define EVENTS_FAILURE_RECENT_S 300

struct events_facts {
	struct buffer note;  /* "status"; empty: there is none */
	struct buffer relay; /* "relay"; the same */
	bool is_alive;       /* whether events.fcgi is */
};

/* Writes waiting, unsent, failed, oldest_age_s, queue, started, last_failure
 * and last_error; what is not known is null. Disabled without a note:
 * events.fcgi was never started. Down where it is not alive. Degraded where the
 * last change failed, not longer than EVENTS_FAILURE_RECENT_S ago; where
 * relay-events' last attempt failed, if there is a broker; where the oldest
 * waiting event is older than EVENTS_WAIT_MAX_S. */
enum health_state events_health_write(const struct events_facts *facts,
				      struct json_writer *json);

/* The same of what the cache holds. `cache_dir` is the path as text. */
enum health_state events_health_report(const void *cache_dir,
				       struct json_writer *json);

/* Reads relay-events' note; empty where there is none. */
void events_health_read_relay(const char *cache_dir, struct buffer *relay);

#endif
