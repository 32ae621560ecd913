/*
 * JSON as a reader wants to see it: indented by two spaces, what fits in a
 * line on one line. Written by hand, because json-c's own printing can be cut
 * short without a word; only for the docs room itself.
 */
#ifndef MARQUEE_DOCS_EXAMPLE_TEXT_H
#define MARQUEE_DOCS_EXAMPLE_TEXT_H

#include <json-c/json_types.h>

#include "base/buffer.h"

/* An array or object that would make a longer line is broken up. */
#define EXAMPLE_COLUMNS 68

/* Appends `json`, without a newline at its end. */
void example_text_print(struct buffer *out, struct json_object *json);

#endif
