/*
 * One event: what the event log keeps, and how it is written as JSON
 * (contract section 3.3).
 *
 *	NotProcessed ──▶ Processed		a notifier was told, or a PUT says so
 *	     │  ▲  ▲────────┘			a PUT says so: it is notified again
 *	     ▼  │
 *	   Failed				after so many attempts; back by a PUT,
 *						which is what `notify --retry-failed` sends
 */
#ifndef MARQUEE_EVENTS_EVENT_H
#define MARQUEE_EVENTS_EVENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/json_writer.h"
#include "events/event_id.h"

#define EVENT_USER_ID_MAX_BYTES 256
#define EVENT_DESCRIPTION_MAX_BYTES 4096
#define EVENT_LAST_ERROR_MAX_BYTES 1024
#define EVENT_ATTEMPTS_MAX 1000000000

/* The numbers stand in the database. */
enum event_status {
	EVENT_NOT_PROCESSED = 0,
	EVENT_PROCESSED = 1,
	EVENT_FAILED = 2,
};
#define EVENT_STATUSES 3

struct event {
	/* Its place in the log: 1, 2, … in the order of acceptance. Says
	 * nothing to clients but as `after` of the list. */
	long long number;
	char id[EVENT_ID_BYTES]; /* a UUID, version 7 */
	char *user_id;           /* UTF-8 without NUL; owned, as the next are */
	char *description;
	enum event_status status;
	long long created_ms; /* by the wall clock, UTC */
	long long updated_ms; /* never before created_ms */
	unsigned attempts; /* to notify, since it was last NotProcessed anew */
	char *last_error;  /* of the last attempt; NULL: none failed */
	long long version; /* 1, and one more with every change */
};

/* "NotProcessed", "Processed", "Failed". */
const char *event_status_name(enum event_status status);

/* Whether `name` is one; sets `status`. */
bool event_status_read(const char *name, enum event_status *status);

/* Writes the event as an object: event_id, user_id, description, status,
 * created_at, updated_at (RFC 3339, milliseconds, UTC); attempts and last_error
 * (null for none) once there was an attempt. */
void event_write(const struct event *event, struct json_writer *json);

/* Reads what event_write has written (the queue's messages are such). Returns
 * 0, or -1 with EX_DATAERR and what is wrong with it, EX_OSERR where there is no
 * memory; number and version are 0, which JSON does not say. Members it does
 * not know are passed over. `event` is overwritten, not freed, and only on
 * success. */
int event_read(const char *text, size_t length, struct event *event,
	       struct error *err);

/* The strong entity tag of this version, with its quotes (RFC 9110 §8.8.3). */
#define EVENT_ETAG_BYTES 64
void event_etag(const struct event *event, char etag[EVENT_ETAG_BYTES]);

/* Frees the strings and makes the event empty. */
void event_free(struct event *event);

#endif
