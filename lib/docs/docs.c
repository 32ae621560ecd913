#include "docs/docs.h"

#include <fcntl.h>
#include <json-c/json_object.h>
#include <string.h>

#include "base/count.h"
#include "base/files.h"
#include "docs/docs_view.h"
#include "docs/openapi.h"
#include "template/template.h"
#include "template/template_json.h"

#define OPENAPI "openapi.json"

static int name_file(const char *directory, const char *name,
		     struct buffer *path, struct error *err)
{
	buffer_clear(path);
	buffer_format(path, "%s/%s", directory, name);
	return buffer_check(path, err);
}

/* Renders `tmpl`, which it frees; NULL has been reported. */
static int render(struct template *tmpl, struct json_object *data,
		  struct buffer *out, struct error *err)
{
	struct template_value root = template_json_value(data);
	int status = -1;

	if (tmpl != NULL)
		status = template_render(tmpl, &root, out, err);
	template_free(tmpl);
	return status;
}

/* The document with the only name in it filled in. */
static int fill_in(const char *path, struct buffer *text, struct error *err)
{
	struct json_object *values = json_object_new_object();
	struct json_object *version = json_object_new_string(MARQUEE_VERSION);
	int status = -1;

	if (values == NULL || version == NULL ||
	    json_object_object_add(values, "version", version) != 0) {
		json_object_put(version);
		error_no_memory(err);
	} else {
		status = render(template_read(path, err), values, text, err);
	}
	json_object_put(values);
	return status;
}

/* Sets `document`, checked, which the caller gives back. */
static int read_document(const char *path, struct buffer *text,
			 struct json_object **document, struct error *err)
{
	struct json_object *json;

	if (fill_in(path, text, err) != 0 ||
	    template_json_parse(path, text->data, text->length, &json, err) !=
		    0)
		return -1;
	if (openapi_check(path, json, err) != 0) {
		json_object_put(json);
		return -1;
	}
	*document = json;
	return 0;
}

static int render_page(const char *directory, const struct docs_frame *frame,
		       struct json_object *document, struct buffer *html,
		       struct error *err)
{
	struct json_object *view = docs_view_make(document, frame);
	int status;

	if (view == NULL)
		return error_no_memory(err);
	status = render(template_open(directory, "docs", err), view, html, err);
	json_object_put(view);
	return status;
}

int docs_render(const char *directory, const struct docs_frame *frame,
		struct buffer *html, struct buffer *openapi, struct error *err)
{
	struct buffer path = BUFFER_EMPTY, text = BUFFER_EMPTY;
	struct json_object *document = NULL;
	int status = name_file(directory, OPENAPI, &path, err);

	if (status == 0)
		status = read_document(path.data, &text, &document, err);
	if (status == 0)
		status = render_page(directory, frame, document, html, err);
	if (status == 0) {
		buffer_append(openapi, text.data, text.length);
		status = buffer_check(openapi, err);
	}
	json_object_put(document);
	buffer_free(&text);
	buffer_free(&path);
	return status;
}

int docs_sources(const char *directory, struct hash *hash, struct error *err)
{
	static const char *const names[] = {OPENAPI, "docs.mustache",
					    "docs-field.mustache"};
	struct buffer path = BUFFER_EMPTY, text = BUFFER_EMPTY;
	int status = 0;
	size_t i;

	for (i = 0; status == 0 && i < COUNT(names); i++) {
		buffer_clear(&text);
		status = name_file(directory, names[i], &path, err);
		if (status == 0)
			status = files_read(AT_FDCWD, path.data,
					    TEMPLATE_MAX_BYTES, &text, err);
		if (status == 0)
			hash_update_text(hash, text.data, text.length);
	}
	buffer_free(&path);
	buffer_free(&text);
	return status;
}
