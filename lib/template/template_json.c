#include "template/template_json.h"

#include <json-c/json.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include "template/template_scan.h"
#include "json/json_read_back.h"

static void find_member(const struct template_value *object, const char *name,
			size_t name_length, struct template_value *value)
{
	char key[TEMPLATE_MAX_NAME_BYTES + 1];
	struct json_object *member;

	if (name_length >= sizeof(key))
		return;
	memcpy(key, name, name_length);
	key[name_length] = '\0';
	if (json_object_object_get_ex(object->node, key, &member))
		*value = template_json_value(member);
}

static void find_item(const struct template_value *list, size_t index,
		      struct template_value *value)
{
	*value = template_json_value(
		json_object_array_get_idx(list->node, index));
}

static const struct template_source json_source = {find_member, find_item};

static struct template_value text_value(const char *text, size_t length)
{
	return (struct template_value){
		.kind = TEMPLATE_TEXT, .text = text, .length = length};
}

/* A number has its text made on demand; without memory it has none. */
static struct template_value number_value(struct json_object *number)
{
	const char *text = json_object_get_string(number);

	return text_value(text, text != NULL ? strlen(text) : 0);
}

static struct template_value boolean_value(bool is_true)
{
	static const char word[] = "false";

	if (is_true)
		return (struct template_value){.kind = TEMPLATE_TRUE};
	return (struct template_value){.kind = TEMPLATE_FALSE,
				       .text = word,
				       .length = sizeof(word) - 1};
}

struct template_value template_json_value(struct json_object *json)
{
	struct template_value value = {.source = &json_source, .node = json};

	switch (json_object_get_type(json)) {
	case json_type_null:
		return (struct template_value){.kind = TEMPLATE_FALSE};
	case json_type_boolean:
		return boolean_value(json_object_get_boolean(json));
	case json_type_int:
	case json_type_double:
		return number_value(json);
	case json_type_string:
		return text_value(json_object_get_string(json),
				  (size_t)json_object_get_string_len(json));
	case json_type_array:
		value.kind = TEMPLATE_LIST;
		value.length = json_object_array_length(json);
		break;
	case json_type_object:
		value.kind = TEMPLATE_OBJECT;
		break;
	}
	return value;
}

static const char *why(enum json_tokener_error fault)
{
	if (fault == json_tokener_success)
		return "something follows the JSON";
	return json_tokener_error_desc(fault);
}

int template_json_parse(const char *name, const char *text, size_t length,
			struct json_object **json, struct error *err)
{
	struct json_tokener *tokener;
	struct json_object *parsed;
	enum json_tokener_error fault;
	size_t end;

	if (length > TEMPLATE_JSON_MAX_BYTES)
		return error_set(err, EX_DATAERR,
				 "%s: the JSON is longer than %zu bytes", name,
				 TEMPLATE_JSON_MAX_BYTES);
	tokener = json_tokener_new_ex(TEMPLATE_JSON_MAX_DEPTH);
	if (tokener == NULL)
		return error_no_memory(err);
	json_tokener_set_flags(tokener, JSON_READ_FLAGS);
	parsed = json_tokener_parse_ex(tokener, text, (int)length);
	fault = json_tokener_get_error(tokener);
	end = json_tokener_get_parse_end(tokener);
	/* Only the end of the text tells that a number is whole, and json-c
	 * knows it by a NUL. */
	if (fault == json_tokener_continue) {
		parsed = json_tokener_parse_ex(tokener, "", 1);
		fault = json_tokener_get_error(tokener);
		end = length;
	}
	json_tokener_free(tokener);
	if (fault == json_tokener_success && end == length) {
		if (json_read_back(parsed, text, length, err) != 0) {
			json_object_put(parsed);
			return -1;
		}
		*json = parsed;
		return 0;
	}
	json_object_put(parsed);
	return template_error_at(name, text, end, err, "%s", why(fault));
}
