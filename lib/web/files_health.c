#include "web/files_health.h"

#include "base/clock.h"
#include "base/text.h"
#include "cache/cache_reader.h"
#include "web/health_note.h"

/* Sets when the last fetch failed. Returns whether it did. */
static bool has_failed(const struct buffer *note, long long *failed_ms)
{
	struct key_value pair;

	return health_note_is(note, "result", "failed") &&
	       health_note_find(note, "failed_ms", &pair) &&
	       text_number(pair.value, pair.value_length, failed_ms) == 0;
}

static enum health_state judge(const struct buffer *note, bool is_failed,
			       long long failed_ms)
{
	long long recent_ms = (long long)FILES_FAILURE_RECENT_S * 1000;

	if (!health_note_is(note, "upstream", "configured"))
		return HEALTH_DISABLED;
	return is_failed && clock_wall_ms() - failed_ms < recent_ms
		       ? HEALTH_DEGRADED
		       : HEALTH_OK;
}

static void write_failure(const struct buffer *note, bool is_failed,
			  long long failed_ms, struct json_writer *json)
{
	char when[CLOCK_RFC3339_BYTES];

	if (is_failed) {
		clock_rfc3339(failed_ms, when);
		json_member_text(json, "last_failure", when);
		health_note_text(note, "last_error", "error", json);
	} else {
		json_member_text(json, "last_failure", NULL);
		json_member_text(json, "last_error", NULL);
	}
}

enum health_state files_health_report(const void *cache_dir,
				      struct json_writer *json)
{
	struct buffer note = BUFFER_EMPTY;
	enum health_state state;
	long long failed_ms = 0;
	bool is_failed;

	if (cache_read_note(cache_dir, FILES_SITE, FILES_NOTE, &note, NULL) !=
	    0)
		buffer_clear(&note);
	is_failed = has_failed(&note, &failed_ms);
	state = judge(&note, is_failed, failed_ms);
	health_note_text(&note, "upstream", "upstream", json);
	health_note_number(&note, "kept", json);
	health_note_text(&note, "started", "started", json);
	write_failure(&note, is_failed, failed_ms, json);
	buffer_free(&note);
	return state;
}
