/*
 * How a call of the event log ended. With BUSY, DISK_FULL, READ_ONLY and BROKEN
 * the reason stands in the caller's `struct error`; the others need none.
 */
#ifndef MARQUEE_EVENTS_EVENT_RESULT_H
#define MARQUEE_EVENTS_EVENT_RESULT_H

enum event_result {
	EVENT_DONE,
	EVENT_REPEATED,  /* post: the key was used for the same event before */
	EVENT_MISSING,   /* no event has this id */
	EVENT_MISMATCH,  /* put: `allows` said no */
	EVENT_KEY_TAKEN, /* post: the key was used for another event */
	EVENT_DISK_FULL, /* nothing was changed; reading goes on */
	EVENT_BUSY,      /* another process held the database too long */
	EVENT_READ_ONLY, /* the database cannot be written */
	EVENT_BROKEN     /* anything else; `err` says what */
};

#endif
