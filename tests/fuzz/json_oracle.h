/*
 * RFC 8259 once more, by recursive descent over a whole text: what our own
 * parsers, which go byte by byte through pieces, are compared with. It shares
 * no code with them.
 */
#ifndef MARQUEE_TESTS_JSON_ORACLE_H
#define MARQUEE_TESTS_JSON_ORACLE_H

#include <stdbool.h>
#include <stddef.h>

/* Brackets inside each other that it takes. */
#define JSON_ORACLE_DEPTH 32

enum json_oracle {
	JSON_WHOLE,
	JSON_CUT_SHORT, /* it ends too early, and is right so far */
	JSON_WRONG
};

/* Parts of a text: the elements of an array, or by turns the keys (with their
 * quotes) and the values of an object, without white space around them. */
#define JSON_ORACLE_PARTS 512
struct json_parts {
	size_t count; /* all; those past JSON_ORACLE_PARTS are not in `list` */
	struct {
		const char *text;
		size_t length;
	} list[JSON_ORACLE_PARTS];
};

/* Judges a text, which must begin with `first` ('[' or '{'; 0: any value) but
 * for white space. Strings may hold any bytes from 0x20 on. Lists the parts of
 * the outermost array or object where `parts` is not NULL. */
enum json_oracle json_oracle(const char *text, size_t length, char first,
			     struct json_parts *parts);

/* Whether it is whole and, in this order of tests, UTF-8. */
bool json_oracle_is_json(const char *text, size_t length);

/* Decodes a whole string (with its quotes) into `out`, where there is room for
 * `length` bytes. Returns how many there are. */
size_t json_oracle_string(const char *text, size_t length, char *out);

#endif
