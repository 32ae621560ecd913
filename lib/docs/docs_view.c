#include "docs/docs_view.h"

#include <ctype.h>
#include <json-c/json_object.h>
#include <json-c/linkhash.h>
#include <string.h>

#include "docs/openapi.h"

/* "Media files" becomes the anchor "media-files". */
static void put_slug(struct docs_view *view, struct json_object *object,
		     const char *name)
{
	struct buffer slug = BUFFER_EMPTY;

	for (; *name != '\0'; name++)
		buffer_char(&slug, isalnum((unsigned char)*name)
					   ? (char)tolower((unsigned char)*name)
					   : '-');
	view->has_failed = view->has_failed || slug.has_failed;
	view_put_text(view, object, "id", slug.data);
	buffer_free(&slug);
}

static struct json_object *make_groups(struct docs_view *view)
{
	struct json_object *tags = openapi_member(view->document, "tags");
	struct json_object *groups = view_array(view);
	size_t i;

	for (i = 0; i < openapi_count(tags); i++) {
		struct json_object *tag = openapi_item(tags, i);
		struct json_object *group = view_object(view);
		const char *name = openapi_text(tag, "name");

		view_put_text(view, group, "name", name);
		put_slug(view, group, name);
		view_put_text(view, group, "description",
			      openapi_text(tag, "description"));
		view_put(view, group, "operations",
			 view_operations(view, name));
		view_append(view, groups, group);
	}
	return groups;
}

static struct json_object *components(struct docs_view *view, const char *kind)
{
	return openapi_object(openapi_member(view->document, "components"),
			      kind);
}

/* "request-Range", "header-ETag": a request and a response may have headers of
 * one name. */
static struct json_object *make_header(struct docs_view *view,
				       const char *prefix, const char *name,
				       struct json_object *header)
{
	struct json_object *field;
	struct buffer id = BUFFER_EMPTY;

	buffer_format(&id, "%s-%s", prefix, name);
	view->has_failed = view->has_failed || id.has_failed;
	field = view_field(view, id.data, name, header, false);
	buffer_free(&id);
	return field;
}

static struct json_object *make_request_headers(struct docs_view *view)
{
	struct json_object *parameters = components(view, "parameters");
	struct json_object *list = view_array(view);

	if (parameters == NULL)
		return list;
	json_object_object_foreach(parameters, key, parameter)
	{
		const char *in = openapi_text(parameter, "in");
		const char *name = openapi_text(parameter, "name");

		(void)key;
		if (in != NULL && name != NULL && strcmp(in, "header") == 0)
			view_append(view, list,
				    make_header(view, "request", name,
						parameter));
	}
	return list;
}

static struct json_object *make_response_headers(struct docs_view *view)
{
	struct json_object *headers = components(view, "headers");
	struct json_object *list = view_array(view);

	if (headers == NULL)
		return list;
	json_object_object_foreach(headers, name, header)
	{
		view_append(view, list,
			    make_header(view, "header", name, header));
	}
	return list;
}

static struct json_object *make_shared_responses(struct docs_view *view)
{
	struct json_object *responses = components(view, "responses");
	struct json_object *list = view_array(view);

	if (responses == NULL)
		return list;
	json_object_object_foreach(responses, status, response)
	{
		view_append(view, list, view_response(view, status, response));
	}
	return list;
}

static bool is_required(struct json_object *schema, const char *name)
{
	struct json_object *required = openapi_member(schema, "required");
	size_t i;

	for (i = 0; i < openapi_count(required); i++) {
		const char *one =
			json_object_get_string(openapi_item(required, i));

		if (one != NULL && strcmp(one, name) == 0)
			return true;
	}
	return false;
}

static struct json_object *make_shape(struct docs_view *view, const char *name,
				      struct json_object *schema)
{
	struct json_object *properties = openapi_object(schema, "properties");
	struct json_object *shape = view_object(view);
	struct json_object *fields = view_array(view);

	view_put_text(view, shape, "name", name);
	view_put_text(view, shape, "description",
		      openapi_text(schema, "description"));
	view_put_type(view, shape, schema);
	if (properties != NULL) {
		json_object_object_foreach(properties, key, property)
		{
			view_append(view, fields,
				    view_field(view, NULL, key, property,
					       is_required(schema, key)));
		}
	}
	view_put_list(view, shape, "fields", fields);
	return shape;
}

static struct json_object *make_shapes(struct docs_view *view)
{
	struct json_object *schemas = components(view, "schemas");
	struct json_object *list = view_array(view);

	if (schemas == NULL)
		return list;
	json_object_object_foreach(schemas, name, schema)
	{
		view_append(view, list, make_shape(view, name, schema));
	}
	return list;
}

static void put_frame(struct docs_view *view, struct json_object *root,
		      const struct docs_frame *frame)
{
	const char *url = frame->public_url != NULL ? frame->public_url : "";
	struct buffer canonical = BUFFER_EMPTY;
	size_t length = strlen(url);

	while (length != 0 && url[length - 1] == '/')
		length--;
	if (length != 0) {
		buffer_append(&canonical, url, length);
		buffer_text(&canonical, "/docs");
	}
	view->has_failed = view->has_failed || canonical.has_failed;
	view_put_text(view, root, "canonical", canonical.data);
	view_put_text(view, root, "style_url", frame->style_url);
	buffer_free(&canonical);
}

struct json_object *docs_view_make(struct json_object *document,
				   const struct docs_frame *frame)
{
	struct docs_view view = {.document = document};
	struct json_object *info = openapi_member(document, "info");
	struct json_object *root = view_object(&view);

	put_frame(&view, root, frame);
	view_put_text(&view, root, "title", openapi_text(info, "title"));
	view_put_text(&view, root, "version", openapi_text(info, "version"));
	view_put_text(&view, root, "summary", openapi_text(info, "summary"));
	view_put_text(&view, root, "description",
		      openapi_text(info, "description"));
	view_put(&view, root, "groups", make_groups(&view));
	view_put(&view, root, "all_request_headers",
		 make_request_headers(&view));
	view_put(&view, root, "all_headers", make_response_headers(&view));
	view_put(&view, root, "all_responses", make_shared_responses(&view));
	view_put(&view, root, "shapes", make_shapes(&view));
	if (!view.has_failed)
		return root;
	json_object_put(root);
	return NULL;
}
