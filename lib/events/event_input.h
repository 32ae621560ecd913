/*
 * What a client says of an event: the body of POST /events and of PUT
 * /events/{event_id}, checked as a whole, every wrong field named at once.
 *
 *	struct event_input input = EVENT_INPUT_EMPTY;
 *
 *	switch (event_input_read(EVENT_NEW, text, length, &input, &faults)) {
 *	case EVENT_INPUT_GOOD:
 *		…
 *	}
 *	event_input_free(&input);
 */
#ifndef MARQUEE_EVENTS_EVENT_INPUT_H
#define MARQUEE_EVENTS_EVENT_INPUT_H

#include "base/buffer.h"
#include "base/hash.h"
#include "events/event.h"

/* Of the body of a request. */
#define EVENT_INPUT_MAX_BYTES ((size_t)64 << 10)

/* Bits: which members were given. */
enum event_field {
	EVENT_FIELD_USER_ID = 1,
	EVENT_FIELD_DESCRIPTION = 2,
	EVENT_FIELD_STATUS = 4,
	EVENT_FIELD_ATTEMPTS = 8, /* this one and the next are for notifiers */
	EVENT_FIELD_LAST_ERROR = 16,
};

struct event_input {
	unsigned fields; /* bits of enum event_field */
	char *user_id;   /* owned, NULL where not given; as the others are */
	char *description;
	enum event_status status;
	unsigned attempts;
	char *last_error; /* NULL also where it was given as null */
};

#define EVENT_INPUT_EMPTY ((struct event_input){0})

enum event_input_kind {
	EVENT_NEW,   /* user_id and description, both needed, nothing else */
	EVENT_CHANGE /* at least one of the five */
};

enum event_input_verdict {
	EVENT_INPUT_GOOD,
	EVENT_INPUT_NOT_JSON, /* 400; `why` is one sentence of ours */
	EVENT_INPUT_WRONG,    /* 422; `why` is the `errors` array, as JSON */
	EVENT_INPUT_NO_MEMORY
};

/* Reads a body. JSON to the letter of RFC 8259 and UTF-8, in an object no two
 * members of one name and at most 32 deep, else NOT_JSON. Then each member is
 * checked: its type, its length in bytes of UTF-8 (1 to EVENT_…_MAX_BYTES;
 * last_error 0 to …), no U+0000; one that is not known is refused by name. WRONG
 * appends to `why` [{"field":"user_id","detail":"…"},…] in the order of the body,
 * the missing ones last; the field is "" where the body as a whole is wrong: no
 * object, or a change of nothing. `input` is overwritten, not freed, and only
 * when GOOD. */
enum event_input_verdict event_input_read(enum event_input_kind kind,
					  const char *text, size_t length,
					  struct event_input *input,
					  struct buffer *why);

/* What tells one new event's content from another's, whatever the body's white
 * space, order and escapes: for Idempotency-Key. SHA-256 of user_id and
 * description, both of which are given. */
int event_input_digest(const struct event_input *input,
		       unsigned char digest[HASH_BYTES], struct error *err);

void event_input_free(struct event_input *input);

#endif
