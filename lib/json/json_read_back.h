/*
 * Whether json-c kept all of a text: where memory is short it can report
 * success with a member, an item or a part of a string missing, and what is
 * made of such a tree would be published as if it were whole. There are
 * characters, too, that json-c 0.16 does not decode.
 *
 *	json = json_tokener_parse_ex(tokener, text, length);
 *	if (…success… && json_read_back(json, text, length, err) == 0)
 *		use(json);
 *
 * The tree is compared with the text, which is read by our own means.
 */
#ifndef MARQUEE_JSON_JSON_READ_BACK_H
#define MARQUEE_JSON_JSON_READ_BACK_H

#include <json-c/json_c_version.h>
#include <json-c/json_tokener.h>
#include <json-c/json_types.h>
#include <stddef.h>

#include "base/error.h"

/* How a tokener reads what is to be read back. From 0.17 on json-c, when it is
 * strict, takes a byte above 0x7f for a control character where char is signed
 * (seen of 0.18). What an upstream sends has been through json_grammar.h by
 * then; files of the site's own are read less strictly there. */
#if JSON_C_VERSION_NUM >= 0x1100
#define JSON_READ_FLAGS JSON_TOKENER_VALIDATE_UTF8
#else
#define JSON_READ_FLAGS (JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8)
#endif

/* Returns 0 where `json` is what `text` says, -1 with EX_OSERR where something
 * is missing or memory is too short to tell. A string that is there is made what
 * `text` says. Where json-c takes more for JSON than RFC 8259 does, in a text
 * that is deeper than JSON_GRAMMAR_MAX_DEPTH, and in an object in which a name
 * comes twice or is not decoded, nothing is compared. Not for two threads at
 * once: json-c keeps a number's text in the number. */
int json_read_back(struct json_object *json, const char *text, size_t length,
		   struct error *err);

#endif
