/*
 * Lines of KEY=value: the form of the config file and of the cache's notes, so
 * that neither needs a parser of its own.
 */
#ifndef MARQUEE_BASE_KEY_VALUES_H
#define MARQUEE_BASE_KEY_VALUES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

struct key_value {
	const char *key; /* borrowed, as is value; not NUL-terminated */
	size_t key_length;
	const char *value;
	size_t value_length;
	unsigned line; /* 1 is the first */
};

/* Steps through `text`: sets `pair` to the next KEY=value after `*at` (start
 * with 0 and go on with the same pair, which counts the lines). Blank lines and
 * those that begin with `#` are passed over; blanks around key and value, and
 * one pair of quotes around the value, are taken off. A line without `=` comes
 * with an empty key. Returns false at the end. */
bool key_values_next(const char *text, size_t length, size_t *at,
		     struct key_value *pair);

/* Finds the first line with `key`. Returns false where there is none. */
bool key_values_find(const char *text, size_t length, const char *key,
		     struct key_value *pair);

/* The number (text_number) in the first line with `key`. Returns false, and
 * `number` as it was, where there is none. */
bool key_values_number(const char *text, size_t length, const char *key,
		       long long *number);

/* Appends a line that reads back as `value`, which is quoted where it has
 * quotes or blanks of its own at an end. Its control characters become spaces,
 * so that it stays one line. */
void key_values_put(struct buffer *out, const char *key, const char *value);
void key_values_put_number(struct buffer *out, const char *key,
			   long long number);

#endif
