#include <json-c/json_object.h>
#include <json-c/linkhash.h>
#include <string.h>

#include "docs/openapi.h"

#define LETTERS_AND_DIGITS                                                     \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

/* A check under way, and where it is. */
struct check {
	const char *name; /* of the file */
	struct json_object *root;
	struct json_object *seen; /* operationIds so far, as keys */
	const char *path;
	const char *method;
	struct error *err;
};

static int blame(const struct check *check, const char *where, const char *what)
{
	return error_set(check->err, EX_DATAERR, "%s: %s: %s", check->name,
			 where, what);
}

static int blame_operation(const struct check *check, const char *what)
{
	return error_set(check->err, EX_DATAERR, "%s: %s %s: %s", check->name,
			 check->method, check->path, what);
}

static bool is_object(struct json_object *node)
{
	return json_object_is_type(node, json_type_object);
}

/* A reference to a reference would need following to an unknown depth. */
static int check_ref(const struct check *check, struct json_object *node)
{
	struct json_object *found = openapi_follow(check->root, node);
	const char *ref = openapi_text(node, "$ref");

	if (ref == NULL)
		return blame(check, "$ref", "it is no text");
	if (!is_object(found))
		return blame(check, ref, "the $ref leads nowhere");
	if (openapi_member(found, "$ref") != NULL)
		return blame(check, ref, "the $ref leads to another $ref");
	return 0;
}

/* The reader's limit on depth bounds the recursion. */
static int check_refs(const struct check *check, struct json_object *node)
{
	size_t i;

	for (i = 0; i < openapi_count(node); i++)
		if (check_refs(check, openapi_item(node, i)) != 0)
			return -1;
	if (!is_object(node))
		return 0;
	if (openapi_member(node, "$ref") != NULL)
		return check_ref(check, node);
	json_object_object_foreach(node, key, member)
	{
		(void)key;
		if (check_refs(check, member) != 0)
			return -1;
	}
	return 0;
}

static int check_head(const struct check *check)
{
	struct json_object *info = openapi_member(check->root, "info");
	struct json_object *tags = openapi_member(check->root, "tags");
	const char *openapi = openapi_text(check->root, "openapi");
	size_t i;

	if (openapi == NULL || strncmp(openapi, "3.1.", 4) != 0)
		return blame(check, "openapi", "it is not 3.1.x");
	if (openapi_text(info, "title") == NULL ||
	    openapi_text(info, "version") == NULL)
		return blame(check, "info", "it has no title or no version");
	if (openapi_count(tags) == 0)
		return blame(check, "tags", "there are none");
	for (i = 0; i < openapi_count(tags); i++)
		if (openapi_text(openapi_item(tags, i), "name") == NULL)
			return blame(check, "tags", "one has no name");
	return 0;
}

static bool is_declared_tag(const struct check *check, const char *tag)
{
	struct json_object *tags = openapi_member(check->root, "tags");
	size_t i;

	for (i = 0; i < openapi_count(tags); i++)
		if (strcmp(openapi_text(openapi_item(tags, i), "name"), tag) ==
		    0)
			return true;
	return false;
}

static int check_id(const struct check *check, struct json_object *operation)
{
	const char *id = openapi_text(operation, "operationId");

	if (id == NULL || id[0] == '\0' ||
	    id[strspn(id, LETTERS_AND_DIGITS)] != '\0')
		return blame_operation(check,
				       "no operationId of letters and digits");
	if (json_object_object_get_ex(check->seen, id, NULL))
		return blame_operation(check, "its operationId is another's");
	if (json_object_object_add(check->seen, id, NULL) != 0)
		return error_no_memory(check->err);
	return 0;
}

static int check_parameter(const struct check *check,
			   struct json_object *parameter, size_t *in_path)
{
	const char *name = openapi_text(parameter, "name");
	const char *in = openapi_text(parameter, "in");

	if (name == NULL || in == NULL)
		return blame_operation(check,
				       "a parameter has no name or no \"in\"");
	if (strcmp(in, "path") != 0)
		return 0;
	++*in_path;
	if (!openapi_path_has(check->path, name))
		return blame_operation(check,
				       "a path parameter is not in the path");
	if (!json_object_get_boolean(openapi_member(parameter, "required")))
		return blame_operation(check,
				       "a path parameter is not required");
	return 0;
}

static int check_parameters(const struct check *check,
			    struct json_object *operation)
{
	struct json_object *list = openapi_member(operation, "parameters");
	size_t i, in_path = 0, braces = 0;
	const char *at;

	for (i = 0; i < openapi_count(list); i++) {
		struct json_object *parameter =
			openapi_follow(check->root, openapi_item(list, i));

		if (check_parameter(check, parameter, &in_path) != 0)
			return -1;
	}
	for (at = check->path; (at = strchr(at, '{')) != NULL; at++)
		braces++;
	if (in_path != braces)
		return blame_operation(
			check, "a part of the path is not declared, or twice");
	return 0;
}

static int check_responses(const struct check *check,
			   struct json_object *operation)
{
	struct json_object *responses = openapi_object(operation, "responses");

	if (responses == NULL || json_object_object_length(responses) == 0)
		return blame_operation(check, "there are no responses");
	json_object_object_foreach(responses, status, node)
	{
		(void)status;
		if (openapi_text(openapi_follow(check->root, node),
				 "description") == NULL)
			return blame_operation(check,
					       "a response has no description");
	}
	return 0;
}

static int check_operation(const struct check *check,
			   struct json_object *operation)
{
	struct json_object *tag =
		openapi_item(openapi_member(operation, "tags"), 0);

	if (check_id(check, operation) != 0)
		return -1;
	if (openapi_text(operation, "summary") == NULL)
		return blame_operation(check, "no summary");
	if (openapi_text(operation, "x-curl") == NULL)
		return blame_operation(check, "no x-curl");
	if (openapi_count(openapi_member(operation, "tags")) != 1 ||
	    !json_object_is_type(tag, json_type_string) ||
	    !is_declared_tag(check, json_object_get_string(tag)))
		return blame_operation(check, "not one tag that is declared");
	return check_parameters(check, operation) != 0 ||
			       check_responses(check, operation) != 0
		       ? -1
		       : 0;
}

static bool is_method(const char *key)
{
	size_t i;

	for (i = 0; openapi_methods[i] != NULL; i++)
		if (strcmp(openapi_methods[i], key) == 0)
			return true;
	return false;
}

static int check_path(struct check *check, struct json_object *path_item)
{
	if (check->path[0] != '/' || !is_object(path_item) ||
	    json_object_object_length(path_item) == 0)
		return blame(check, check->path, "it is no path");
	json_object_object_foreach(path_item, key, operation)
	{
		if (!is_method(key))
			return blame(check, check->path,
				     "it holds something else than methods");
		check->method = key;
		if (check_operation(check, operation) != 0)
			return -1;
	}
	return 0;
}

static int check_paths(struct check *check)
{
	struct json_object *paths = openapi_object(check->root, "paths");

	if (paths == NULL || json_object_object_length(paths) == 0)
		return blame(check, "paths", "there are none");
	json_object_object_foreach(paths, path, path_item)
	{
		check->path = path;
		if (check_path(check, path_item) != 0)
			return -1;
	}
	return 0;
}

int openapi_check(const char *name, struct json_object *root, struct error *err)
{
	struct check check = {.name = name, .root = root, .err = err};
	int status = -1;

	if (openapi_object(root, "components") == NULL)
		return blame(&check, "components", "there are none");
	check.seen = json_object_new_object();
	if (check.seen == NULL)
		return error_no_memory(err);
	/* References first: everything after may follow them. */
	if (check_refs(&check, root) == 0 && check_head(&check) == 0)
		status = check_paths(&check);
	json_object_put(check.seen);
	return status;
}
