/*
 * Cuts a JSON object into its members without changing a byte of them: what
 * is handed on to others keeps its numbers' digits and its strings' escapes.
 *
 *	struct object_members members = OBJECT_MEMBERS_EMPTY;
 *
 *	if (object_cut(text, length, &members, err) != 0)
 *		…
 *	member = object_members_find(&members, "fileId");
 *	object_members_free(&members);
 *
 * The text is JSON to the letter of RFC 8259 (json_grammar.h) and UTF-8, or it
 * is refused.
 */
#ifndef MARQUEE_BASE_OBJECT_CUTTER_H
#define MARQUEE_BASE_OBJECT_CUTTER_H

#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"

#define OBJECT_CUTTER_MAX_MEMBERS 10000

struct object_member {
	const char *key; /* with its quotes, as it stands in the text */
	size_t key_length;
	const char *value; /* without white space around it */
	size_t value_length;
	size_t name_at; /* the key decoded, in `names`; ended by a NUL */
	size_t name_length;
};

/* They point into the text that was cut. */
struct object_members {
	struct object_member *list; /* in the order of the text */
	size_t count, capacity;
	struct buffer names;
	size_t *sorted; /* indexes into list, by name */
};

#define OBJECT_MEMBERS_EMPTY ((struct object_members){0})

/* Returns 0, or -1 with EX_UNAVAILABLE where the text ends too early, so that
 * asking again may help, and EX_DATAERR where it is no object, has two members
 * of one name (whoever reads them would choose) or more than
 * OBJECT_CUTTER_MAX_MEMBERS; `members` is empty then. */
int object_cut(const char *text, size_t length, struct object_members *members,
	       struct error *err);

/* NULL where there is none of that name. */
const struct object_member *object_members_find(
	const struct object_members *members, const char *name);

/* The member of the same name as one of another object. */
const struct object_member *object_members_same(
	const struct object_members *members,
	const struct object_members *others, const struct object_member *other);

void object_members_free(struct object_members *members);

#endif
