/*
 * JSON's grammar (RFC 8259), byte by byte: says whether a text still can be
 * JSON and how deep it stands, and keeps nothing of it.
 *
 * It is as strict as the RFC, and on three points on which json-c 0.16 is
 * not, even with JSON_TOKENER_STRICT: NaN, Infinity and single quotes; raw
 * control characters in strings; escapes of lone surrogates. Left to others:
 * UTF-8 (bytes above 0x7f are accepted inside strings), and duplicate keys,
 * which are JSON.
 */
#ifndef MARQUEE_BASE_JSON_GRAMMAR_H
#define MARQUEE_BASE_JSON_GRAMMAR_H

#include <stdbool.h>
#include <stddef.h>

/* Arrays and objects inside each other; the films API needs three. */
#define JSON_GRAMMAR_MAX_DEPTH 32

struct json_grammar {
	int state;
	unsigned depth; /* brackets open */
	bool is_object[JSON_GRAMMAR_MAX_DEPTH];
	bool is_key;         /* the string being read is a member's name */
	const char *literal; /* what must still come of true, false, null */
	unsigned hex_digits; /* of a \u escape, read so far */
	unsigned code_unit;  /* their value */
	bool needs_low;      /* a high surrogate was read */
};

#define JSON_GRAMMAR_START ((struct json_grammar){0})

/* Takes one byte. Returns NULL, or what is wrong with it, as a phrase ("a raw
 * control character in a string"); after that the text is lost. */
const char *json_grammar_step(struct json_grammar *grammar, unsigned char c);

/* How many bytes at the start of `bytes` are plain characters of a string
 * that is being read: taking them changes nothing, so that they need no
 * step. 0 outside a string. */
size_t json_grammar_plain(const struct json_grammar *grammar, const char *bytes,
			  size_t length);

/* Whether a whole value was read. A bare number at the top never is: only
 * what follows ends it. */
bool json_grammar_is_complete(const struct json_grammar *grammar);

/* Whether the last byte was part of a string, the closing quote left out. */
bool json_grammar_is_in_string(const struct json_grammar *grammar);

/* The four characters of RFC 8259 §2. */
bool json_grammar_is_space(unsigned char c);

#endif
