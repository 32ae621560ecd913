#include <ctype.h>
#include <json-c/json_object.h>
#include <json-c/linkhash.h>
#include <string.h>

#include "docs/docs_view.h"
#include "docs/openapi.h"

/* A link to what is described once for all operations. */
static struct json_object *link_to(struct docs_view *view, const char *name)
{
	struct json_object *link = view_object(view);

	view_put_text(view, link, "name", name);
	return link;
}

static bool is_header(struct json_object *parameter)
{
	const char *in = openapi_text(parameter, "in");

	return in != NULL && strcmp(in, "header") == 0;
}

/* Headers are described once, in a chapter of their own. */
static void put_parameters(struct docs_view *view, struct json_object *entry,
			   struct json_object *operation)
{
	struct json_object *list = openapi_member(operation, "parameters");
	struct json_object *fields = view_array(view);
	struct json_object *headers = view_array(view);
	size_t i;

	for (i = 0; i < openapi_count(list); i++) {
		struct json_object *parameter =
			openapi_follow(view->document, openapi_item(list, i));
		const char *name = openapi_text(parameter, "name");

		if (is_header(parameter))
			view_append(view, headers, link_to(view, name));
		else
			view_append(
				view, fields,
				view_field(
					view, NULL, name, parameter,
					json_object_get_boolean(openapi_member(
						parameter, "required"))));
	}
	view_put_list(view, entry, "parameters", fields);
	view_put_list(view, entry, "request_headers", headers);
}

static struct json_object *media_of(struct docs_view *view,
				    struct json_object *response)
{
	struct json_object *content = openapi_object(response, "content");
	struct json_object *list = view_array(view);

	if (content == NULL)
		return list;
	json_object_object_foreach(content, media_type, body)
	{
		struct json_object *media = view_object(view);

		view_put_text(view, media, "media_type", media_type);
		view_put_type(view, media, openapi_member(body, "schema"));
		view_put_example(view, media, "example",
				 openapi_member(body, "example"));
		view_append(view, list, media);
	}
	return list;
}

static struct json_object *headers_of(struct docs_view *view,
				      struct json_object *response)
{
	struct json_object *headers = openapi_object(response, "headers");
	struct json_object *list = view_array(view);

	if (headers == NULL)
		return list;
	json_object_object_foreach(headers, name, header)
	{
		(void)header;
		view_append(view, list, link_to(view, name));
	}
	return list;
}

struct json_object *view_response(struct docs_view *view, const char *status,
				  struct json_object *response)
{
	struct json_object *entry = view_object(view);

	view_put_text(view, entry, "status", status);
	view_put_text(view, entry, "description",
		      openapi_text(response, "description"));
	view_put_list(view, entry, "media", media_of(view, response));
	view_put_list(view, entry, "headers", headers_of(view, response));
	return entry;
}

/* What is an operation's own is shown with it; what is shared, by a link. */
static void put_responses(struct docs_view *view, struct json_object *entry,
			  struct json_object *operation)
{
	struct json_object *responses = openapi_member(operation, "responses");
	struct json_object *own = view_array(view);
	struct json_object *shared = view_array(view);

	json_object_object_foreach(responses, status, response)
	{
		if (openapi_ref_name(response) == NULL)
			view_append(view, own,
				    view_response(view, status, response));
		else
			view_append(view, shared, link_to(view, status));
	}
	view_put_list(view, entry, "responses", own);
	view_put_list(view, entry, "shared_responses", shared);
}

static void put_method(struct docs_view *view, struct json_object *entry,
		       const char *method)
{
	struct buffer upper = BUFFER_EMPTY;

	for (; *method != '\0'; method++)
		buffer_char(&upper, (char)toupper((unsigned char)*method));
	view->has_failed = view->has_failed || upper.has_failed;
	view_put_text(view, entry, "method", upper.data);
	buffer_free(&upper);
}

static struct json_object *make_operation(struct docs_view *view,
					  const char *path, const char *method,
					  struct json_object *operation)
{
	struct json_object *entry = view_object(view);

	put_method(view, entry, method);
	view_put_flag(view, entry, "is_change",
		      strcmp(method, "get") != 0 &&
			      strcmp(method, "head") != 0);
	view_put_text(view, entry, "path", path);
	view_put_text(view, entry, "id",
		      openapi_text(operation, "operationId"));
	view_put_text(view, entry, "summary",
		      openapi_text(operation, "summary"));
	view_put_text(view, entry, "description",
		      openapi_text(operation, "description"));
	view_put_text(view, entry, "curl", openapi_text(operation, "x-curl"));
	put_parameters(view, entry, operation);
	view_put_list(view, entry, "body",
		      media_of(view, openapi_member(operation, "requestBody")));
	put_responses(view, entry, operation);
	return entry;
}

static bool has_tag(struct json_object *operation, const char *tag)
{
	const char *own = json_object_get_string(
		openapi_item(openapi_member(operation, "tags"), 0));

	return own != NULL && strcmp(own, tag) == 0;
}

struct json_object *view_operations(struct docs_view *view, const char *tag)
{
	struct json_object *list = view_array(view);
	size_t i;

	json_object_object_foreach(openapi_member(view->document, "paths"),
				   path, path_item)
	{
		for (i = 0; openapi_methods[i] != NULL; i++) {
			struct json_object *operation =
				openapi_member(path_item, openapi_methods[i]);

			if (operation != NULL && has_tag(operation, tag))
				view_append(view, list,
					    make_operation(view, path,
							   openapi_methods[i],
							   operation));
		}
	}
	return list;
}
