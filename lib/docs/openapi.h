/*
 * Finding one's way in an OpenAPI document held by json-c, and checking it;
 * only for the docs room itself. Nothing is owned: what is returned lives as
 * long as the document.
 */
#ifndef MARQUEE_DOCS_OPENAPI_H
#define MARQUEE_DOCS_OPENAPI_H

#include <json-c/json_types.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* Members of a path that are operations, in the order in which the page has
 * them; in lower case, NULL at the end. */
extern const char *const openapi_methods[];

/* The member `key` of `object`, or NULL: not there, null, or no object at
 * all. */
struct json_object *openapi_member(struct json_object *object, const char *key);

/* The same, where it is an object: one to look into. */
struct json_object *openapi_object(struct json_object *object, const char *key);

/* The same, where it is a string, as a C string. */
const char *openapi_text(struct json_object *object, const char *key);

/* Items of an array; none of anything else. NULL past the last. */
size_t openapi_count(struct json_object *array);
struct json_object *openapi_item(struct json_object *array, size_t index);

/* The name that a $ref ends in, or NULL where `node` is no $ref. */
const char *openapi_ref_name(struct json_object *node);

/* What `node` stands for: itself, or what its $ref leads to. NULL where that
 * is nothing. */
struct json_object *openapi_follow(struct json_object *root,
				   struct json_object *node);

/* Whether `path` has the part "{name}". */
bool openapi_path_has(const char *path, const char *name);

/* Checks what docs.h asks for. `name` is the file's. Returns 0, or -1 with
 * EX_DATAERR and "name: where: what is wrong". */
int openapi_check(const char *name, struct json_object *root,
		  struct error *err);

#endif
