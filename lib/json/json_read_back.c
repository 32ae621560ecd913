#include "json/json_read_back.h"

#include <json-c/json_object.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/buffer.h"
#include "base/json_grammar.h"
#include "base/json_string.h"
#include "base/object_cutter.h"

/* A value's text, without white space around it. */
struct span {
	const char *text;
	size_t length;
};

static bool is_same(struct json_object *json, struct span value);

static bool is_strict(struct span value)
{
	struct json_grammar grammar = JSON_GRAMMAR_START;
	size_t i;

	for (i = 0; i < value.length; i++)
		if (json_grammar_step(&grammar, (unsigned char)value.text[i]) !=
		    NULL)
			return false;
	return json_grammar_is_complete(&grammar) ||
	       json_grammar_step(&grammar, '\n') == NULL;
}

static struct span trimmed(const char *text, size_t length)
{
	struct span value = {text, length};

	while (value.length > 0 &&
	       json_grammar_is_space((unsigned char)value.text[0])) {
		value.text++;
		value.length--;
	}
	while (value.length > 0 &&
	       json_grammar_is_space(
		       (unsigned char)value.text[value.length - 1]))
		value.length--;
	return value;
}

static bool holds(struct json_object *json, const struct buffer *text)
{
	return (size_t)json_object_get_string_len(json) == text->length &&
	       (text->length == 0 || memcmp(json_object_get_string(json),
					    text->data, text->length) == 0);
}

/* Puts right what is not the same: a part may be missing, or json-c may have
 * misread it (see is_misread). */
static bool is_same_string(struct json_object *json, struct span value)
{
	struct buffer decoded = BUFFER_EMPTY;
	bool is_kept;

	buffer_text(&decoded, ""); /* has data, too, where it is empty */
	json_string_decode(&decoded, value.text, value.length);
	is_kept = buffer_check(&decoded, NULL) == 0 &&
		  json_object_is_type(json, json_type_string) &&
		  (holds(json, &decoded) ||
		   json_object_set_string_len(json, decoded.data,
					      (int)decoded.length) == 1);
	buffer_free(&decoded);
	return is_kept;
}

/* What does not fit 64 bits was clamped, and a zero has lost its sign. */
static bool is_clamped(struct json_object *json)
{
	int64_t number = json_object_get_int64(json);

	return json_object_is_type(json, json_type_int) &&
	       (number == INT64_MAX || number == INT64_MIN || number == 0);
}

static bool is_same_number(struct json_object *json, struct span value)
{
	const char *kept;

	if (!json_object_is_type(json, json_type_int) &&
	    !json_object_is_type(json, json_type_double))
		return false;
	if (is_clamped(json))
		return true;
	kept = json_object_get_string(json);
	return kept != NULL && strlen(kept) == value.length &&
	       memcmp(kept, value.text, value.length) == 0;
}

/* Where the value ends that `text`, a list's rest, begins with. */
static size_t item_length(const char *text, size_t length)
{
	bool is_in_string = false;
	size_t depth = 0, at;

	for (at = 0; at < length; at++) {
		char c = text[at];

		if (is_in_string && c == '\\')
			at++;
		else if (c == '"')
			is_in_string = !is_in_string;
		else if (!is_in_string && (c == '[' || c == '{'))
			depth++;
		else if (!is_in_string && depth > 0 && (c == ']' || c == '}'))
			depth--;
		else if (!is_in_string && depth == 0 && (c == ',' || c == ']'))
			break;
	}
	return at;
}

static bool is_same_list(struct json_object *json, struct span value)
{
	struct span item;
	size_t count = 0, at = 1, length;

	if (!json_object_is_type(json, json_type_array))
		return false;
	for (; at < value.length; at += length + 1) {
		length = item_length(value.text + at, value.length - at);
		item = trimmed(value.text + at, length);
		if (item.length == 0)
			break; /* the list is empty */
		if (count == json_object_array_length(json) ||
		    !is_same(json_object_array_get_idx(json, count), item))
			return false;
		count++;
	}
	return count == json_object_array_length(json);
}

/* json-c 0.16 reads a character that is written as two escapes as U+FFFD where
 * its number, cut to 16 bits, is that of half a pair: U+1D800 to U+1DFFF and
 * those some planes further (seen of \ud836\ude00). */
static bool is_misread(const char *name)
{
	for (; *name != '\0'; name++)
		if ((unsigned char)name[0] >= 0xf0 &&
		    (name[1] & 0x0f) == 0x0d && (name[2] & 0x20) != 0)
			return true;
	return false;
}

/* json-c ends a name at its first NUL, and of two members of one name it has
 * chosen one: then there is nothing to compare. */
static bool is_same_object(struct json_object *json, struct span value)
{
	struct object_members members = OBJECT_MEMBERS_EMPTY;
	struct json_object *child;
	struct error err = {0};
	bool is_kept = json_object_is_type(json, json_type_object);
	size_t i;

	if (is_kept &&
	    object_cut(value.text, value.length, &members, &err) != 0)
		return err.code != EX_OSERR;
	for (i = 0; is_kept && i < members.count; i++) {
		const struct object_member *member = &members.list[i];
		const char *name = members.names.data + member->name_at;

		if (strlen(name) != member->name_length || is_misread(name))
			break;
		is_kept = json_object_object_get_ex(json, name, &child) &&
			  is_same(child, (struct span){member->value,
						       member->value_length});
	}
	object_members_free(&members);
	return is_kept;
}

static bool is_same(struct json_object *json, struct span value)
{
	switch (value.length > 0 ? value.text[0] : '\0') {
	case '{':
		return is_same_object(json, value);
	case '[':
		return is_same_list(json, value);
	case '"':
		return is_same_string(json, value);
	case 'n':
		return json == NULL;
	case 't':
	case 'f':
		return json_object_is_type(json, json_type_boolean) &&
		       json_object_get_boolean(json) == (value.text[0] == 't');
	default:
		return is_same_number(json, value);
	}
}

int json_read_back(struct json_object *json, const char *text, size_t length,
		   struct error *err)
{
	struct span value = trimmed(text, length);

	if (!is_strict(value) || is_same(json, value))
		return 0;
	return error_no_memory(err);
}
