/*
 * What one member of an event's JSON may be: told once, for the bodies of the
 * API (event_input.h) and for the messages of the queue (event.h).
 *
 * `json` is a value as object_cutter.h cuts it: its grammar was checked, and it
 * is UTF-8. Each function returns 0, or -1 with EX_OSERR (no memory) or
 * EX_DATAERR and a message to stand behind the member's name: "must be a string".
 */
#ifndef MARQUEE_EVENTS_EVENT_MEMBER_H
#define MARQUEE_EVENTS_EVENT_MEMBER_H

#include <stddef.h>

#include "base/error.h"
#include "events/event.h"

/* A string of `least` to `most` bytes of UTF-8 once decoded, without U+0000,
 * which C and SQLite take for its end. The caller frees `text`. */
int event_member_text(const char *json, size_t length, size_t least,
		      size_t most, char **text, struct error *err);

/* The same, or null, which sets `text` to NULL. */
int event_member_text_or_null(const char *json, size_t length, size_t least,
			      size_t most, char **text, struct error *err);

/* The name of a status. */
int event_member_status(const char *json, size_t length,
			enum event_status *status, struct error *err);

/* A whole number from 0 to EVENT_ATTEMPTS_MAX, written as digits only. */
int event_member_attempts(const char *json, size_t length, unsigned *attempts,
			  struct error *err);

#endif
