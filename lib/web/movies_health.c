#include "web/movies_health.h"

#include "cache/cache_reader.h"
#include "web/freshness.h"
#include "web/health_note.h"

/* What is shown of the publisher's note. */
static const struct {
	const char *key;
	bool is_number;
} shown[] = {
	{"films", true},       {"people", true},    {"source", false},
	{"generation", false}, {"last_run", false}, {"failures", true},
};

static void write_note(const struct buffer *note, struct json_writer *json)
{
	size_t i;

	for (i = 0; i < sizeof(shown) / sizeof(*shown); i++)
		if (shown[i].is_number)
			health_note_number(note, shown[i].key, json);
		else
			health_note_text(note, shown[i].key, shown[i].key,
					 json);
	if (health_note_is(note, "result", "failed")) {
		health_note_text(note, "last_error", "error", json);
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
