#include "docs/openapi.h"

#include <json-c/json_object.h>
#include <json-c/linkhash.h>
#include <stdio.h>
#include <string.h>

#define REF "$ref"
#define COMPONENTS "#/components/"

const char *const openapi_methods[] = {"get",    "head",  "post", "put",
				       "delete", "patch", NULL};

struct json_object *openapi_member(struct json_object *object, const char *key)
{
	struct json_object *member = NULL;

	if (!json_object_is_type(object, json_type_object) ||
	    !json_object_object_get_ex(object, key, &member))
		return NULL;
	return member;
}

struct json_object *openapi_object(struct json_object *object, const char *key)
{
	struct json_object *member = openapi_member(object, key);

	return json_object_is_type(member, json_type_object) ? member : NULL;
}

const char *openapi_text(struct json_object *object, const char *key)
{
	struct json_object *member = openapi_member(object, key);

	return json_object_is_type(member, json_type_string)
		       ? json_object_get_string(member)
		       : NULL;
}

size_t openapi_count(struct json_object *array)
{
	return json_object_is_type(array, json_type_array)
		       ? json_object_array_length(array)
		       : 0;
}

struct json_object *openapi_item(struct json_object *array, size_t index)
{
	return index < openapi_count(array)
		       ? json_object_array_get_idx(array, index)
		       : NULL;
}

const char *openapi_ref_name(struct json_object *node)
{
	const char *ref = openapi_text(node, REF);
	const char *slash = ref != NULL ? strrchr(ref, '/') : NULL;

	return slash != NULL ? slash + 1 : NULL;
}

struct json_object *openapi_follow(struct json_object *root,
				   struct json_object *node)
{
	const char *ref = openapi_text(node, REF);
	const char *kind, *slash;
	size_t length;

	if (ref == NULL)
		return openapi_member(node, REF) == NULL ? node : NULL;
	if (strncmp(ref, COMPONENTS, strlen(COMPONENTS)) != 0)
		return NULL;
	kind = ref + strlen(COMPONENTS);
	slash = strchr(kind, '/');
	if (slash == NULL || strchr(slash + 1, '/') != NULL)
		return NULL;
	length = (size_t)(slash - kind);
	json_object_object_foreach(openapi_member(root, "components"), key,
				   named)
	{
		if (strlen(key) == length && memcmp(key, kind, length) == 0)
			return openapi_member(named, slash + 1);
	}
	return NULL;
}

bool openapi_path_has(const char *path, const char *name)
{
	size_t length = strlen(name);
	const char *at = path;

	while ((at = strchr(at, '{')) != NULL) {
		at++;
		if (strncmp(at, name, length) == 0 && at[length] == '}')
			return true;
	}
	return false;
}
