#include "web/movies_health.h"

#include <string.h>

#include "base/key_values.h"
#include "base/text.h"
#include "cache/cache_reader.h"
#include "web/freshness.h"

/* What is shown of the publisher's note. */
static const struct {
	const char *key;
	bool is_number;
} shown[] = {
	{"films", true},       {"people", true},    {"source", false},
	{"generation", false}, {"last_run", false}, {"failures", true},
};

static bool find(const struct buffer *note, const char *key,
		 struct key_value *pair)
{
	return note->data != NULL &&
	       key_values_find(note->data, note->length, key, pair) &&
	       pair->value_length > 0;
}

static void write_text(const struct buffer *note, const char *name,
		       const char *key, struct json_writer *json)
{
	struct key_value pair;

	json_key(json, name);
	if (find(note, key, &pair))
		json_text_bytes(json, pair.value, pair.value_length);
	else
		json_null(json);
}

static void write_number(const struct buffer *note, const char *key,
			 struct json_writer *json)
{
	struct key_value pair;
	long long number;

	json_key(json, key);
	if (find(note, key, &pair) &&
	    text_number(pair.value, pair.value_length, &number) == 0)
		json_number(json, number);
	else
		json_null(json);
}

static bool has_failed(const struct buffer *note)
{
	struct key_value pair;

	return find(note, "result", &pair) && pair.value_length == 6 &&
	       memcmp(pair.value, "failed", 6) == 0;
}

static void write_note(const struct buffer *note, struct json_writer *json)
{
	size_t i;

	for (i = 0; i < sizeof(shown) / sizeof(*shown); i++)
		if (shown[i].is_number)
			write_number(note, shown[i].key, json);
		else
			write_text(note, shown[i].key, shown[i].key, json);
	if (has_failed(note)) {
		write_text(note, "last_error", "error", json);
	} else {
		json_key(json, "last_error");
		json_null(json);
	}
}

/* Sets the age. Down where nothing is published or it cannot be read. */
static enum health_state judge(const char *cache_dir, long long *age_s)
{
	struct cache_snapshot snapshot;
	struct freshness freshness;

	if (cache_snapshot_open(cache_dir, MOVIES_SITE, &snapshot, NULL) != 0)
		return HEALTH_DOWN;
	freshness_look(cache_dir, MOVIES_SITE, snapshot.published_at,
		       &freshness);
	cache_snapshot_close(&snapshot);
	*age_s = freshness.age_s;
	return freshness.is_stale ? HEALTH_DEGRADED : HEALTH_OK;
}

enum health_state movies_health_report(const void *cache_dir,
				       struct json_writer *json)
{
	struct buffer note = BUFFER_EMPTY;
	long long age_s = 0;
	enum health_state state = judge(cache_dir, &age_s);

	if (cache_read_note(cache_dir, MOVIES_SITE, FRESHNESS_NOTE, &note,
			    NULL) != 0)
		buffer_clear(&note);
	json_key(json, "age_s");
	if (state == HEALTH_DOWN)
		json_null(json);
	else
		json_number(json, age_s);
	write_note(&note, json);
	buffer_free(&note);
	return state;
}
