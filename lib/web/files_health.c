#include "web/files_health.h"

#include "base/clock.h"
#include "base/log.h"
#include "cache/cache_presence.h"
#include "cache/cache_reader.h"
#include "web/health_note.h"

/* Whether the note is of a service of which no process is left. What cannot be
 * told is not held against it. */
static bool is_gone(const char *cache_dir, const struct buffer *note)
{
	struct error err = {0};
	int found = 1;

	if (health_note_is(note, "runs", "service"))
		found = cache_presence_find(cache_dir, FILES_SITE, FILES_ALIVE,
					    &err);
	if (found < 0)
		log_event(LOG_LEVEL_WARN, "files.fcgi cannot be looked for",
			  "reason", err.message, NULL);
	return found == 0;
}

static enum health_state judge(const char *cache_dir, const struct buffer *note,
			       bool is_failed, long long failed_ms)
{
	long long recent_ms = (long long)FILES_FAILURE_RECENT_S * 1000;
	struct key_value ended;

	if (!health_note_is(note, "upstream", "configured"))
		return HEALTH_DISABLED;
	if (is_gone(cache_dir, note))
		return health_note_find(note, "ended", &ended) ? HEALTH_DISABLED
							       : HEALTH_DOWN;
	return is_failed && clock_wall_ms() - failed_ms < recent_ms
		       ? HEALTH_DEGRADED
		       : HEALTH_OK;
}

static void write_failure(const struct buffer *note, enum health_state state,
			  bool is_failed, long long failed_ms,
			  struct json_writer *json)
{
	char when[CLOCK_RFC3339_BYTES];

	if (is_failed)
		clock_rfc3339(failed_ms, when);
	json_member_text(json, "last_failure", is_failed ? when : NULL);
	if (state == HEALTH_DOWN)
		json_member_text(json, "last_error",
				 "files.fcgi is not running");
	else if (is_failed)
		health_note_text(note, "last_error", "error", json);
	else
		json_member_text(json, "last_error", NULL);
}

enum health_state files_health_report(const void *cache_dir,
				      struct json_writer *json)
{
	struct buffer note = BUFFER_EMPTY;
	enum health_state state;
	long long failed_ms = 0;
	bool is_failed;

	health_note_read(cache_dir, FILES_SITE, FILES_NOTE, &note);
	is_failed = health_note_has_failed(&note, &failed_ms);
	state = judge(cache_dir, &note, is_failed, failed_ms);
	health_note_text(&note, "upstream", "upstream", json);
	health_note_number(&note, "kept", json);
	health_note_text(&note, "started", "started", json);
	write_failure(&note, state, is_failed, failed_ms, json);
	buffer_free(&note);
	return state;
}
