/*
 * How a call of the event log ended. Where it is a failure (event_result_is_failure)
 * the reason stands in the caller's `struct error`; the others need none.
 */
#ifndef MARQUEE_EVENTS_EVENT_RESULT_H
#define MARQUEE_EVENTS_EVENT_RESULT_H

#include <stdbool.h>

enum event_result {
	EVENT_DONE,
	EVENT_REPEATED,  /* post: the key was used for the same event before */
	EVENT_MISSING,   /* no event has this id */
	EVENT_MISMATCH,  /* put: `allows` said no */
	EVENT_KEY_TAKEN, /* post: the key was used for another event */
	EVENT_DISK_FULL, /* nothing was changed; reading goes on */
	EVENT_BUSY,      /* another process held the database too long */
	EVENT_READ_ONLY, /* the database cannot be written */
	EVENT_AWAY,      /* the server cannot be reached; nothing was changed */
	EVENT_UNKNOWN,   /* the connection was lost when it was to commit, and
			    nobody could be asked: it was changed, or not */
	EVENT_BROKEN     /* anything else; `err` says what */
};

static inline bool event_result_is_failure(enum event_result result)
{
	return result >= EVENT_DISK_FULL;
}

/* Whether what was done in the transaction stays. */
static inline bool event_result_is_kept(enum event_result result)
{
	return result == EVENT_DONE || result == EVENT_REPEATED;
}

#endif
