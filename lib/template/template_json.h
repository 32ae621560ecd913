/*
 * JSON as data for templates: an adapter from json-c's objects, and a strict
 * reader for them. What serves pages does not need it; render-template does.
 *
 *	struct json_object *data;
 *	struct template_value root;
 *
 *	if (template_json_parse("data.json", text, length, &data, err) == 0) {
 *		root = template_json_value(data);
 *		status = template_render(page, &root, &out, err);
 *		json_object_put(data);
 *	}
 *
 * Texts and numbers render as json-c keeps them (1.50 stays 1.50, a whole
 * number past 64 bits does not fit), true and false as these words, null as
 * nothing; false and null are false, the number 0 and "" are not.
 */
#ifndef MARQUEE_TEMPLATE_TEMPLATE_JSON_H
#define MARQUEE_TEMPLATE_TEMPLATE_JSON_H

#include <json-c/json_types.h>
#include <stddef.h>

#include "base/error.h"
#include "template/template.h"

/* Arrays and objects nested deeper, and longer texts, are errors. */
#define TEMPLATE_JSON_MAX_DEPTH 64
#define TEMPLATE_JSON_MAX_BYTES ((size_t)64 << 20)

/* Reads one JSON value (RFC 8259, UTF-8) and nothing behind it. Returns 0 and
 * sets `json`, which the caller gives back with json_object_put (it is NULL
 * for `null`); or -1 with EX_DATAERR and "name:line:column: what is wrong". */
int template_json_parse(const char *name, const char *text, size_t length,
			struct json_object **json, struct error *err);

/* A value that reads `json`, which must outlive it. Not for two threads at
 * once: json-c keeps a number's text in the number when it is first asked. */
struct template_value template_json_value(struct json_object *json);

#endif
