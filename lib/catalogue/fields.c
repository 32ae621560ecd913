#include "catalogue/fields.h"

#include <json-c/json.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/text.h"
#include "catalogue/catalogue.h"

struct span {
	const char *data;
	size_t length;
};

size_t field_cut(const char *text, size_t length, size_t max_bytes)
{
	if (length <= max_bytes)
		return length;
	length = max_bytes;
	while (length != 0 && ((unsigned char)text[length] & 0xc0) == 0x80)
		length--;
	return length;
}

const char *field_last_segment(const char *ref, size_t *length)
{
	size_t start = *length;

	while (start != 0 && ref[start - 1] != '/')
		start--;
	*length -= start;
	return ref + start;
}

/* json-c keeps the digits of a number with a fraction; an integer past 64 bits
 * it has clamped, so its text is lost. */
static bool number_has_text(struct json_object *value)
{
	if (json_object_get_type(value) == json_type_int)
		return json_object_get_int64(value) != INT64_MAX &&
		       json_object_get_int64(value) != INT64_MIN;
	return isfinite(json_object_get_double(value));
}

static bool get_text(struct json_object *value, bool allows_numbers,
		     struct span *text)
{
	switch (json_object_get_type(value)) {
	case json_type_string:
		text->data = json_object_get_string(value);
		text->length = (size_t)json_object_get_string_len(value);
		return text_is_utf8(text->data, text->length);
	case json_type_int:
	case json_type_double:
		if (!allows_numbers || !number_has_text(value))
			return false;
		text->data = json_object_get_string(value);
		if (text->data == NULL)
			return false;
		text->length = strlen(text->data);
		return true;
	case json_type_null:
	case json_type_boolean:
	case json_type_object:
	case json_type_array:
	default:
		return false;
	}
}

/* Bytes of the control character that `text` begins with: 1 for C0 and DEL, 2
 * for C1; 0 where it begins with none. */
static size_t control_bytes(const char *text, size_t length)
{
	if (text_has_control(text, 1))
		return 1;
	return length > 1 && text[0] == '\xc2' && text_has_control(text, 2) ? 2
									    : 0;
}

static void blank_controls(char *text, size_t length)
{
	size_t i;

	for (i = 0; i < length; i++)
		memset(text + i, ' ', control_bytes(text + i, length - i));
}

static const char *why_no_id(const struct span *id)
{
	if (id->length == 0)
		return "is empty";
	if (id->length > CATALOGUE_MAX_ID_BYTES)
		return "is too long";
	if (text_has_control(id->data, id->length))
		return "holds a control character";
	if ((id->length == 1 && id->data[0] == '.') ||
	    (id->length == 2 && memcmp(id->data, "..", 2) == 0))
		return "is . or ..";
	return NULL;
}

/* A name of controls and spaces would be shown as nothing. */
static const char *why_no_name(const struct span *name)
{
	size_t i, taken;

	if (name->length > CATALOGUE_MAX_NAME_BYTES)
		return "is too long";
	for (i = 0; i < name->length; i += taken) {
		taken = control_bytes(name->data + i, name->length - i);
		if (taken == 0 && name->data[i] != ' ')
			return NULL;
		taken += taken == 0;
	}
	return "is empty";
}

static bool is_on_host(const struct span *url, const char *origin,
		       size_t origin_length)
{
	return url->length > origin_length &&
	       memcmp(url->data, origin, origin_length) == 0 &&
	       url->data[origin_length] == '/';
}

/* Only characters of RFC 3986: a browser would repair anything else, each in
 * its own way. */
static const char *why_no_image(const struct span *url)
{
	const char *origin = CATALOGUE_IMAGE_HOSTS;
	size_t i, length;

	if (url->length > CATALOGUE_MAX_URL_BYTES)
		return "is too long";
	for (i = 0; i < url->length; i++)
		if (url->data[i] <= ' ' || url->data[i] >= 0x7f ||
		    strchr("\"<>\\^`{|}", url->data[i]) != NULL)
			return "is no link";
	while (*origin != '\0') {
		length = strcspn(origin, " ");
		if (is_on_host(url, origin, length))
			return NULL;
		origin += length;
		origin += strspn(origin, " ");
	}
	return "is on another host";
}

static const char *why_refused(enum field_rule rule, const struct span *text)
{
	switch (rule) {
	case FIELD_ID:
		return why_no_id(text);
	case FIELD_NAME:
		return why_no_name(text);
	case FIELD_IMAGE:
		return text->length != 0 ? why_no_image(text) : NULL;
	case FIELD_TEXT:
	case FIELD_REF:
	default:
		return NULL;
	}
}

enum field_result field_read(const struct field_spec *spec,
			     struct json_object *value, struct arena *arena,
			     const char **text, const char **reason)
{
	struct span span;
	size_t length;
	char *copy;

	if (value == NULL)
		return FIELD_ABSENT;
	if (!get_text(value, spec->rule == FIELD_TEXT, &span)) {
		*reason = "is of a wrong type";
		return FIELD_WRONG;
	}
	*reason = why_refused(spec->rule, &span);
	if (*reason != NULL)
		return FIELD_REFUSED;
	if (spec->rule == FIELD_IMAGE && span.length == 0)
		return FIELD_ABSENT;
	if (spec->rule == FIELD_REF)
		span.data = field_last_segment(span.data, &span.length);
	length = field_cut(span.data, span.length, spec->max_bytes);
	copy = arena_text(arena, span.data, length);
	if (copy == NULL)
		return FIELD_NO_MEMORY;
	blank_controls(copy, length);
	*text = copy;
	return length < span.length ? FIELD_CUT : FIELD_KEPT;
}
