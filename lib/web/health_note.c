#include "web/health_note.h"

#include <string.h>

#include "base/text.h"

bool health_note_find(const struct buffer *note, const char *key,
		      struct key_value *pair)
{
	return note->data != NULL &&
	       key_values_find(note->data, note->length, key, pair) &&
	       pair->value_length > 0;
}

bool health_note_is(const struct buffer *note, const char *key,
		    const char *value)
{
	struct key_value pair;

	return health_note_find(note, key, &pair) &&
	       pair.value_length == strlen(value) &&
	       memcmp(pair.value, value, pair.value_length) == 0;
}

void health_note_text(const struct buffer *note, const char *name,
		      const char *key, struct json_writer *json)
{
	struct key_value pair;

	json_key(json, name);
	if (health_note_find(note, key, &pair))
		json_text_bytes(json, pair.value, pair.value_length);
	else
		json_null(json);
}

void health_note_number(const struct buffer *note, const char *key,
			struct json_writer *json)
{
	struct key_value pair;
	long long number;

	json_key(json, key);
	if (health_note_find(note, key, &pair) &&
	    text_number(pair.value, pair.value_length, &number) == 0)
		json_number(json, number);
	else
		json_null(json);
}
