/*
 * JSON strings as a text holds them, decoded.
 */
#ifndef MARQUEE_BASE_JSON_STRING_H
#define MARQUEE_BASE_JSON_STRING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

/* Whether a value's text is a string. */
bool json_string_is(const char *text, size_t length);

/* Appends what the string means (RFC 8259 §7), a NUL for \u0000 included.
 * `text` has its quotes, and its grammar was checked (json_grammar.h); where
 * it was not, something is appended and nothing outside of `text` is read. */
void json_string_decode(struct buffer *out, const char *text, size_t length);

/* Whether the string means exactly `wanted`. */
bool json_string_equals(const char *text, size_t length, const char *wanted);

#endif
