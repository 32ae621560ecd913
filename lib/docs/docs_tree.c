#include <json-c/json_object.h>
#include <stdio.h>
#include <string.h>

#include "docs/docs_view.h"
#include "docs/example_text.h"
#include "docs/openapi.h"

struct json_object *view_object(struct docs_view *view)
{
	struct json_object *object = json_object_new_object();

	view->has_failed = view->has_failed || object == NULL;
	return object;
}

struct json_object *view_array(struct docs_view *view)
{
	struct json_object *array = json_object_new_array();

	view->has_failed = view->has_failed || array == NULL;
	return array;
}

void view_put(struct docs_view *view, struct json_object *object,
	      const char *key, struct json_object *value)
{
	if (object != NULL && json_object_object_add(object, key, value) == 0)
		return;
	json_object_put(value);
	view->has_failed = true;
}

void view_append(struct docs_view *view, struct json_object *array,
		 struct json_object *value)
{
	if (array != NULL && json_object_array_add(array, value) == 0)
		return;
	json_object_put(value);
	view->has_failed = true;
}

void view_put_text(struct docs_view *view, struct json_object *object,
		   const char *key, const char *text)
{
	struct json_object *value = NULL;

	if (text != NULL) {
		value = json_object_new_string(text);
		view->has_failed = view->has_failed || value == NULL;
	}
	view_put(view, object, key, value);
}

void view_put_flag(struct docs_view *view, struct json_object *object,
		   const char *key, bool is_true)
{
	struct json_object *value = json_object_new_boolean(is_true);

	view->has_failed = view->has_failed || value == NULL;
	view_put(view, object, key, value);
}

void view_put_list(struct docs_view *view, struct json_object *object,
		   const char *key, struct json_object *list)
{
	struct buffer flag = BUFFER_EMPTY;

	buffer_format(&flag, "has_%s", key);
	if (flag.has_failed)
		view->has_failed = true;
	else
		view_put_flag(view, object, flag.data, openapi_count(list) > 0);
	buffer_free(&flag);
	view_put(view, object, key, list);
}

static void put_buffer(struct docs_view *view, struct json_object *object,
		       const char *key, struct buffer *text)
{
	view->has_failed = view->has_failed || text->has_failed;
	view_put_text(view, object, key, text->data);
	buffer_free(text);
}

void view_put_example(struct docs_view *view, struct json_object *object,
		      const char *key, struct json_object *json)
{
	struct buffer text = BUFFER_EMPTY;

	if (json_object_is_type(json, json_type_string))
		buffer_text(&text, json_object_get_string(json));
	else if (json != NULL)
		example_text_print(&text, json);
	put_buffer(view, object, key, &text);
}

static void name_types(struct json_object *type, struct buffer *prefix)
{
	size_t i;

	if (json_object_is_type(type, json_type_string))
		buffer_text(prefix, json_object_get_string(type));
	for (i = 0; i < openapi_count(type); i++) {
		const char *name =
			json_object_get_string(openapi_item(type, i));

		buffer_format(prefix, "%s%s", i > 0 ? " or " : "",
			      name != NULL ? name : "null");
	}
}

void view_put_type(struct docs_view *view, struct json_object *object,
		   struct json_object *schema)
{
	struct buffer prefix = BUFFER_EMPTY;
	const char *shape;

	/* As deep as the document at most. */
	while ((shape = openapi_ref_name(schema)) == NULL) {
		struct json_object *items = openapi_member(schema, "items");
		struct json_object *members =
			openapi_member(schema, "additionalProperties");

		if (items != NULL)
			buffer_text(&prefix, "array of ");
		else if (json_object_is_type(members, json_type_object))
			buffer_text(&prefix, "object of ");
		else
			break;
		schema = items != NULL ? items : members;
	}
	if (shape == NULL)
		name_types(openapi_member(schema, "type"), &prefix);
	put_buffer(view, object, "prefix", &prefix);
	view_put_text(view, object, "shape", shape);
}

static void put_values(struct docs_view *view, struct json_object *field,
		       struct json_object *schema)
{
	struct json_object *values = openapi_member(schema, "enum");
	struct buffer text = BUFFER_EMPTY;
	size_t i, count = openapi_count(values);

	for (i = 0; i < count; i++) {
		const char *value =
			json_object_get_string(openapi_item(values, i));

		buffer_format(&text, "%s%s", i > 0 ? ", " : "",
			      value != NULL ? value : "null");
	}
	put_buffer(view, field, "values", &text);
}

struct json_object *view_field(struct docs_view *view, const char *id,
			       const char *name, struct json_object *described,
			       bool is_required)
{
	struct json_object *field = view_object(view);
	struct json_object *schema = openapi_member(described, "schema");
	struct json_object *example = openapi_member(described, "example");

	if (schema == NULL)
		schema = described;
	if (example == NULL)
		example = openapi_item(openapi_member(schema, "examples"), 0);
	view_put_text(view, field, "id", id);
	view_put_text(view, field, "name", name);
	view_put_type(view, field, schema);
	view_put_flag(view, field, "is_required", is_required);
	view_put_text(view, field, "description",
		      openapi_text(described, "description"));
	put_values(view, field, schema);
	/* Where everything allowed is listed, an example says nothing new. */
	view_put_example(view, field, "example",
			 openapi_member(schema, "enum") == NULL ? example
								: NULL);
	return field;
}
