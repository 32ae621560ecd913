/*
 * Writing JSON (RFC 8259) into a buffer, so that a failure cannot go unseen:
 * json-c's own printing can be cut short without a word.
 *
 * Commas and colons are put by the writer; what it is told must nest properly.
 *
 *	struct json_writer json = JSON_WRITER(&out);
 *
 *	json_begin_object(&json);
 *	json_key(&json, "films");
 *	json_number(&json, 22);
 *	json_end_object(&json);		{"films":22}
 */
#ifndef MARQUEE_BASE_JSON_WRITER_H
#define MARQUEE_BASE_JSON_WRITER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

struct json_writer {
	struct buffer *out; /* borrowed; its failure is the writer's */
	bool needs_comma;
};

#define JSON_WRITER(buffer) ((struct json_writer){.out = (buffer)})

void json_begin_object(struct json_writer *json);
void json_end_object(struct json_writer *json);
void json_begin_array(struct json_writer *json);
void json_end_array(struct json_writer *json);

/* A member's name; exactly one value follows. */
void json_key(struct json_writer *json, const char *key);
void json_key_bytes(struct json_writer *json, const char *key, size_t length);

void json_text(struct json_writer *json, const char *value);
void json_text_bytes(struct json_writer *json, const char *value,
		     size_t length);
void json_number(struct json_writer *json, long long value);
void json_boolean(struct json_writer *json, bool value);
void json_null(struct json_writer *json);

/* A key with a value in one go; a NULL text is written as null. */
void json_member_text(struct json_writer *json, const char *key,
		      const char *value);
void json_member_number(struct json_writer *json, const char *key,
			long long value);

/* The bare string with its quotes: `"`, `\`, controls and Unicode's own line
 * breaks escaped, bytes that are not UTF-8 replaced by U+FFFD, so that the
 * output is always valid and one line to every reader. */
void json_write_string(struct buffer *out, const char *value, size_t length);

#endif
