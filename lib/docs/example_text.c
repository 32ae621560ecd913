#include "docs/example_text.h"

#include <json-c/json_object.h>
#include <json-c/linkhash.h>
#include <stdbool.h>
#include <string.h>

#include "base/json_writer.h"

#define INDENT 2

/* How one array or object is laid out: all in a line, or a line for each. */
struct layout {
	struct buffer *out;
	bool is_flat;
	size_t depth;
};

static void print(struct buffer *out, struct json_object *json, bool is_flat,
		  size_t depth);

static void break_line(const struct layout *layout, size_t depth)
{
	size_t i;

	if (layout->is_flat) {
		buffer_char(layout->out, ' ');
		return;
	}
	buffer_char(layout->out, '\n');
	for (i = 0; i < depth * INDENT; i++)
		buffer_char(layout->out, ' ');
}

static void print_object(const struct layout *layout, struct json_object *json)
{
	bool is_first = true;

	buffer_char(layout->out, '{');
	json_object_object_foreach(json, key, member)
	{
		if (!is_first)
			buffer_char(layout->out, ',');
		is_first = false;
		break_line(layout, layout->depth + 1);
		json_write_string(layout->out, key, strlen(key));
		buffer_text(layout->out, ": ");
		print(layout->out, member, layout->is_flat, layout->depth + 1);
	}
	if (!is_first)
		break_line(layout, layout->depth);
	buffer_char(layout->out, '}');
}

static void print_array(const struct layout *layout, struct json_object *json)
{
	size_t i, count = json_object_array_length(json);

	buffer_char(layout->out, '[');
	for (i = 0; i < count; i++) {
		if (i > 0)
			buffer_char(layout->out, ',');
		if (i > 0 || !layout->is_flat)
			break_line(layout, layout->depth + 1);
		print(layout->out, json_object_array_get_idx(json, i),
		      layout->is_flat, layout->depth + 1);
	}
	if (count > 0 && !layout->is_flat)
		break_line(layout, layout->depth);
	buffer_char(layout->out, ']');
}

static void print_scalar(struct buffer *out, struct json_object *json)
{
	const char *text = "null";

	if (json_object_is_type(json, json_type_string)) {
		json_write_string(out, json_object_get_string(json),
				  (size_t)json_object_get_string_len(json));
		return;
	}
	/* A number's text is made on demand; without memory it has none. */
	if (json != NULL)
		text = json_object_get_string(json);
	if (text != NULL)
		buffer_text(out, text);
	else
		out->has_failed = true;
}

static void print_as(const struct layout *layout, struct json_object *json)
{
	if (json_object_is_type(json, json_type_object))
		print_object(layout, json);
	else if (json_object_is_type(json, json_type_array))
		print_array(layout, json);
	else
		print_scalar(layout->out, json);
}

/* Tries one line first, so a text is printed as often as it is deep: little,
 * for examples that people are to read. */
static void print(struct buffer *out, struct json_object *json, bool is_flat,
		  size_t depth)
{
	struct buffer line = BUFFER_EMPTY;
	struct layout flat = {is_flat ? out : &line, true, depth};
	struct layout broken = {out, false, depth};

	print_as(&flat, json);
	if (is_flat)
		return;
	if (line.has_failed)
		out->has_failed = true;
	else if (line.length + depth * INDENT <= EXAMPLE_COLUMNS)
		buffer_append(out, line.data, line.length);
	else
		print_as(&broken, json);
	buffer_free(&line);
}

void example_text_print(struct buffer *out, struct json_object *json)
{
	print(out, json, false, 0);
}
