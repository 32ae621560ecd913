/*
 * The document laid flat for docs.mustache, which cannot follow a $ref or
 * count; only for the docs room itself. templates/README.md lists the names.
 *
 * Every object has all of its names, null where there is no value: a name that
 * is missing would be looked for in what surrounds it.
 */
#ifndef MARQUEE_DOCS_DOCS_VIEW_H
#define MARQUEE_DOCS_DOCS_VIEW_H

#include <json-c/json_types.h>
#include <stdbool.h>

#include "base/error.h"
#include "docs/docs.h"

/* A tree under construction. Failures stick. */
struct docs_view {
	struct json_object *document; /* checked, borrowed */
	bool has_failed;
};

/* An object or array of the tree; NULL, and remembered, without memory. */
struct json_object *view_object(struct docs_view *view);
struct json_object *view_array(struct docs_view *view);

/* Take `value`. Where there is no object or no room, it is freed and the
 * failure remembered. */
void view_put(struct docs_view *view, struct json_object *object,
	      const char *key, struct json_object *value);
void view_append(struct docs_view *view, struct json_object *array,
		 struct json_object *value);

/* A NULL text is null. */
void view_put_text(struct docs_view *view, struct json_object *object,
		   const char *key, const char *text);
void view_put_flag(struct docs_view *view, struct json_object *object,
		   const char *key, bool is_true);

/* A list, and whether it holds anything, as "has_<key>". */
void view_put_list(struct docs_view *view, struct json_object *object,
		   const char *key, struct json_object *list);

/* JSON as text under `key`; a string stands for itself, without quotes. Null
 * where `json` is NULL. */
void view_put_example(struct docs_view *view, struct json_object *object,
		      const char *key, struct json_object *json);

/* "prefix" and "shape": what a schema allows, and the named schema in it:
 * "array of " and "Person". */
void view_put_type(struct docs_view *view, struct json_object *object,
		   struct json_object *schema);

/* A line of a list of fields: "id" (may be NULL), "name", "prefix", "shape",
 * "is_required", "description", "values" (all that is allowed, where few are),
 * "example". `described` is what has the description and the example: a
 * parameter, a header or the schema. */
struct json_object *view_field(struct docs_view *view, const char *id,
			       const char *name, struct json_object *described,
			       bool is_required);

/* A response: "status", "description", "media" (each "media_type", "prefix",
 * "shape", "example") and "headers" (each "name"). */
struct json_object *view_response(struct docs_view *view, const char *status,
				  struct json_object *response);

/* The operations of one chapter. */
struct json_object *view_operations(struct docs_view *view, const char *tag);

/* The root for docs.mustache. Returns NULL for lack of memory; the caller
 * gives it back with json_object_put. */
struct json_object *docs_view_make(struct json_object *document,
				   const struct docs_frame *frame);

#endif
