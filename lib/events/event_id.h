/*
 * The ids of events: UUIDs of version 7 (RFC 9562 §5.7), which libuuid 2.38 does
 * not make: 48 bits of milliseconds, the rest random.
 */
#ifndef MARQUEE_EVENTS_EVENT_ID_H
#define MARQUEE_EVENTS_EVENT_ID_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* 36 characters and a NUL. */
#define EVENT_ID_BYTES 37

/* Makes a new id of the time `wall_ms`, in lower case; a time that 48 bits do
 * not hold is taken for the nearest one that they do. Returns 0, or -1 with
 * EX_OSERR where the system gives no random bytes. */
int event_id_make(long long wall_ms, char id[EVENT_ID_BYTES],
		  struct error *err);

/* Whether the text is a UUID as we write it: 8-4-4-4-12 hexadecimal digits in
 * lower case, of whatever version. */
bool event_id_is(const char *text, size_t length);

#endif
