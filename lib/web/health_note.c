#include "web/health_note.h"

#include <string.h>

#include "cache/cache_reader.h"

void health_note_read(const char *cache_dir, const char *site, const char *name,
		      struct buffer *note)
{
	struct error err = {0};

	if (cache_read_note(cache_dir, site, name, note, &err) == 0)
		return;
	buffer_clear(note);
	note->has_failed = err.code == EX_OSERR;
}

/* What is not known for want of memory must not be told as if it were not. */
static void hand_on_failure(const struct buffer *note, struct json_writer *json)
{
	if (note->has_failed)
		json->out->has_failed = true;
}

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

bool health_note_get(const struct buffer *note, const char *key,
		     long long *number)
{
	return key_values_number(note->data, note->length, key, number);
}

bool health_note_has_failed(const struct buffer *note, long long *failed_ms)
{
	return health_note_is(note, "result", "failed") &&
	       health_note_get(note, "failed_ms", failed_ms);
}

void health_note_text(const struct buffer *note, const char *name,
		      const char *key, struct json_writer *json)
{
	struct key_value pair;

	hand_on_failure(note, json);
	json_key(json, name);
	if (health_note_find(note, key, &pair))
		json_text_bytes(json, pair.value, pair.value_length);
	else
		json_null(json);
}

void health_note_number(const struct buffer *note, const char *key,
			struct json_writer *json)
{
	long long number;

	hand_on_failure(note, json);
	json_key(json, key);
	if (health_note_get(note, key, &number))
		json_number(json, number);
	else
		json_null(json);
}
