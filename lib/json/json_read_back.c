#include "json/json_read_back.h"

#include <json-c/json_object.h>
#include <json-c/json_object_iterator.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/buffer.h"
#include "base/json_grammar.h"
#include "base/json_string.h"
#include "base/object_cutter.h"

/* A string of the tree, and what it is to be. */
struct mend {
	struct json_object *string;
	const char *text;
	size_t length;
};

/* What is left of a text that the grammar has let pass. */
struct rest {
	const char *at, *end;
	struct buffer decoded; /* the string that was looked at last */
	struct buffer mends;   /* for the end, when all is known to be there */
};

static bool is_same(struct json_object *json, struct rest *rest);

static bool is_strict(const char *text, size_t length)
{
	struct json_grammar grammar = JSON_GRAMMAR_START;
	size_t at = 0, plain;

	while (at < length) {
		plain = json_grammar_plain(&grammar, text + at, length - at);
		at += plain;
		if (plain == 0 &&
		    json_grammar_step(&grammar, (unsigned char)text[at++]) !=
			    NULL)
			return false;
	}
	return json_grammar_is_complete(&grammar) ||
	       json_grammar_step(&grammar, '\n') == NULL;
}

static void skip_space(struct rest *rest)
{
	while (rest->at < rest->end &&
	       json_grammar_is_space((unsigned char)*rest->at))
		rest->at++;
}

/* Steps over what stands next, white space before it included. */
static bool takes(struct rest *rest, char c)
{
	skip_space(rest);
	if (rest->at == rest->end || *rest->at != c)
		return false;
	rest->at++;
	return true;
}

static bool decode(struct rest *rest, const char *text, size_t length)
{
	buffer_clear(&rest->decoded);
	buffer_reserve(&rest->decoded, length);
	buffer_text(&rest->decoded, ""); /* has data where it is empty, too */
	json_string_decode(&rest->decoded, text, length);
	return buffer_check(&rest->decoded, NULL) == 0;
}

/* Steps over a string and decodes it. */
static bool take_string(struct rest *rest)
{
	const char *from = rest->at++;

	while (rest->at < rest->end && *rest->at != '"')
		rest->at += *rest->at == '\\' ? 2 : 1;
	if (rest->at < rest->end)
		rest->at++;
	return decode(rest, from, (size_t)(rest->at - from));
}

/* What is not the same is put right: a part may be missing, or json-c may have
 * misread it (see is_misread). */
static bool is_same_string(struct json_object *json, struct rest *rest)
{
	const struct buffer *decoded = &rest->decoded;
	struct mend mend = {.string = json, .text = rest->at};

	if (!take_string(rest) || !json_object_is_type(json, json_type_string))
		return false;
	if ((size_t)json_object_get_string_len(json) == decoded->length &&
	    memcmp(json_object_get_string(json), decoded->data,
		   decoded->length) == 0)
		return true;
	mend.length = (size_t)(rest->at - mend.text);
	buffer_append(&rest->mends, &mend, sizeof(mend));
	return buffer_check(&rest->mends, NULL) == 0;
}

static bool mend_strings(struct rest *rest)
{
	struct mend mend;
	size_t at;

	for (at = 0; at < rest->mends.length; at += sizeof(mend)) {
		memcpy(&mend, rest->mends.data + at, sizeof(mend));
		if (!decode(rest, mend.text, mend.length) ||
		    json_object_set_string_len(mend.string, rest->decoded.data,
					       (int)rest->decoded.length) != 1)
			return false;
	}
	return true;
}

/* Steps over a number, a literal: what has no end of its own. */
static size_t take_word(struct rest *rest)
{
	const char *from = rest->at;

	while (rest->at < rest->end && *rest->at != ',' && *rest->at != ']' &&
	       *rest->at != '}' &&
	       !json_grammar_is_space((unsigned char)*rest->at))
		rest->at++;
	return (size_t)(rest->at - from);
}

/* What does not fit 64 bits was clamped, and a zero has lost its sign. */
static bool is_clamped(struct json_object *json)
{
	int64_t number = json_object_get_int64(json);

	return json_object_is_type(json, json_type_int) &&
	       (number == INT64_MAX || number == INT64_MIN || number == 0);
}

static bool is_same_number(struct json_object *json, struct rest *rest)
{
	const char *text = rest->at, *kept;
	size_t length = take_word(rest);

	if (!json_object_is_type(json, json_type_int) &&
	    !json_object_is_type(json, json_type_double))
		return false;
	if (is_clamped(json))
		return true;
	kept = json_object_get_string(json);
	return kept != NULL && strlen(kept) == length &&
	       memcmp(kept, text, length) == 0;
}

static bool is_same_list(struct json_object *json, struct rest *rest)
{
	size_t count = 0;

	if (!json_object_is_type(json, json_type_array))
		return false;
	rest->at++;
	if (!takes(rest, ']')) {
		do {
			skip_space(rest);
			if (count == json_object_array_length(json) ||
			    !is_same(json_object_array_get_idx(json, count),
				     rest))
				return false;
			count++;
		} while (takes(rest, ','));
		rest->at++;
	}
	return count == json_object_array_length(json);
}

/* Steps over an object, whatever is in it. */
static void skip_object(struct rest *rest)
{
	bool is_in_string = false;
	size_t depth = 0;

	do {
		char c = *rest->at++;

		if (is_in_string && c == '\\')
			rest->at++;
		else if (c == '"')
			is_in_string = !is_in_string;
		else if (!is_in_string && (c == '{' || c == '['))
			depth++;
		else if (!is_in_string && (c == '}' || c == ']'))
			depth--;
	} while (depth > 0 && rest->at < rest->end);
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

/* Whether json-c has another name for it: it ends one at a NUL. */
static bool is_renamed(const char *name, size_t length)
{
	return strlen(name) != length || is_misread(name);
}

/* Members as json-c keeps them, in the order of the text, all by their names. */
static bool are_members_same(struct json_object *json, struct rest *rest)
{
	struct json_object_iterator item = json_object_iter_begin(json);
	struct json_object_iterator none = json_object_iter_end(json);

	rest->at++;
	if (takes(rest, '}'))
		return true;
	do {
		skip_space(rest);
		if (!take_string(rest) ||
		    is_renamed(rest->decoded.data, rest->decoded.length) ||
		    json_object_iter_equal(&item, &none) ||
		    strcmp(json_object_iter_peek_name(&item),
			   rest->decoded.data) != 0 ||
		    !takes(rest, ':'))
			return false;
		skip_space(rest);
		if (!is_same(json_object_iter_peek_value(&item), rest))
			return false;
		json_object_iter_next(&item);
	} while (takes(rest, ','));
	rest->at++;
	return true;
}

/* Whether a name comes twice, or may to json-c, which has another for it. */
static bool is_chosen(const char *object, size_t length)
{
	struct object_members members = OBJECT_MEMBERS_EMPTY;
	struct error err = {0};
	bool is_found = object_cut(object, length, &members, &err) != 0 &&
			err.code != EX_OSERR;
	size_t i;

	for (i = 0; i < members.count && !is_found; i++)
		is_found =
			is_renamed(members.names.data + members.list[i].name_at,
				   members.list[i].name_length);
	object_members_free(&members);
	return is_found;
}

/* Of two members of one name json-c has chosen one: then there is nothing to
 * compare, nor to put right with the other one's text. */
static bool is_same_object(struct json_object *json, struct rest *rest)
{
	const char *object = rest->at;
	size_t mends = rest->mends.length;

	if (!json_object_is_type(json, json_type_object))
		return false;
	if (are_members_same(json, rest))
		return true;
	rest->mends.length = mends;
	rest->at = object;
	skip_object(rest);
	return is_chosen(object, (size_t)(rest->at - object));
}

static bool is_same(struct json_object *json, struct rest *rest)
{
	char c = rest->at < rest->end ? *rest->at : '\0';

	switch (c) {
	case '{':
		return is_same_object(json, rest);
	case '[':
		return is_same_list(json, rest);
	case '"':
		return is_same_string(json, rest);
	case 'n':
		return take_word(rest) > 0 && json == NULL;
	case 't':
	case 'f':
		return take_word(rest) > 0 &&
		       json_object_is_type(json, json_type_boolean) &&
		       json_object_get_boolean(json) == (c == 't');
	default:
		return is_same_number(json, rest);
	}
}

int json_read_back(struct json_object *json, const char *text, size_t length,
		   struct error *err)
{
	struct rest rest = {.at = text, .end = text + length};
	bool is_whole = true;

	skip_space(&rest);
	while (rest.end > rest.at &&
	       json_grammar_is_space((unsigned char)rest.end[-1]))
		rest.end--;
	if (is_strict(rest.at, (size_t)(rest.end - rest.at)))
		is_whole = is_same(json, &rest) && mend_strings(&rest);
	buffer_free(&rest.mends);
	buffer_free(&rest.decoded);
	return is_whole ? 0 : error_no_memory(err);
}
