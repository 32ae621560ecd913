/*
 * What one field of an upstream's element may hold, and what is made of it.
 *
 * json-c accepts more than RFC 8259: NUL and control characters in strings,
 * NaN, numbers clamped to 64 bits. This is where that ends.
 */
#ifndef MARQUEE_CATALOGUE_FIELDS_H
#define MARQUEE_CATALOGUE_FIELDS_H

#include <stddef.h>

#include "catalogue/arena.h"

struct json_object;

enum field_rule {
	FIELD_ID,    /* CATALOGUE_MAX_ID_BYTES: without it, refused */
	FIELD_NAME,  /* a title or name: without it, refused */
	FIELD_TEXT,  /* string or number; too long: cut */
	FIELD_IMAGE, /* link to a picture on a known host */
	FIELD_REF    /* reference; its last path segment is kept */
};

struct field_spec {
	const char *key; /* the upstream's name of it */
	enum field_rule rule;
	size_t max_bytes;
	const char *rendered; /* its name in our JSON; NULL: not shown */
};

/* What became of a field. */
enum field_result {
	FIELD_KEPT,
	FIELD_ABSENT,  /* not there, or null */
	FIELD_WRONG,   /* of a wrong type */
	FIELD_CUT,     /* kept in part */
	FIELD_REFUSED, /* an id, a name or an image that is not allowed */
	FIELD_NO_MEMORY
};

/* Reads `value` (NULL: absent) as `spec` has it. With FIELD_KEPT and FIELD_CUT
 * `text` is set, to a copy in `arena`; with FIELD_REFUSED and FIELD_WRONG
 * `reason` is, to a literal such as "is empty". */
enum field_result field_read(const struct field_spec *spec,
			     struct json_object *value, struct arena *arena,
			     const char **text, const char **reason);

/* What follows the last slash of `ref`, of `*length` bytes; `*length` becomes
 * that part's length. */
const char *field_last_segment(const char *ref, size_t *length);

/* `length` or less: where a text of `length` bytes ends when it is cut to at
 * most `max_bytes` between two UTF-8 characters. */
size_t field_cut(const char *text, size_t length, size_t max_bytes);

#endif
