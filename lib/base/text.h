/*
 * Small questions about text: UTF-8, percent-encoding, numbers.
 */
#ifndef MARQUEE_BASE_TEXT_H
#define MARQUEE_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

/* U+FFFD, put where bytes are not UTF-8. */
#define TEXT_REPLACEMENT "\xef\xbf\xbd"

/* Bytes of the well-formed UTF-8 character that `text` begins with (1 to 4),
 * or 0 where it is none: overlong forms, surrogates and what lies past
 * U+10FFFF are none (RFC 3629). NUL counts as a character of one byte. */
size_t text_utf8_step(const char *text, size_t length);

/* Whether all of `text` is UTF-8. */
bool text_is_utf8(const char *text, size_t length);

/* Whether `text` holds a control character: C0, DEL or C1. */
bool text_has_control(const char *text, size_t length);

/* Appends `text` as one URL path segment: everything but unreserved
 * characters (RFC 3986 §2.3) becomes %XX, in upper case. One text has exactly
 * one such spelling. */
void text_percent_encode(struct buffer *out, const char *text, size_t length);

/* Reads a whole decimal number without sign or space, up to LLONG_MAX.
 * Returns 0 and sets `number`, or -1. */
int text_number(const char *text, size_t length, long long *number);

#endif
