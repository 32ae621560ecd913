#include "web/events_health.h"

#include "base/clock.h"
#include "cache/cache_presence.h"
#include "cache/cache_reader.h"
#include "web/health_note.h"

/* What the entry says went wrong last. */
struct trouble {
	const struct buffer *note; /* that tells of it; NULL: nothing did */
	long long failed_ms;
	bool is_now;
};

/* The store's before the broker's: nothing is accepted. */
static struct trouble find_trouble(const struct events_facts *facts)
{
	long long recent_ms = (long long)EVENTS_FAILURE_RECENT_S * 1000;
	struct trouble trouble = {0};

	if (health_note_has_failed(&facts->note, &trouble.failed_ms)) {
		trouble.note = &facts->note;
		trouble.is_now =
			clock_wall_ms() - trouble.failed_ms < recent_ms;
	}
	if (!trouble.is_now &&
	    health_note_is(&facts->note, "queue", "rabbitmq") &&
	    health_note_has_failed(&facts->relay, &trouble.failed_ms)) {
		trouble.note = &facts->relay;
		trouble.is_now = true;
	}
	return trouble;
}

/* -1: none waits, or nobody knows. */
static long long oldest_age_s(const struct buffer *note)
{
	long long oldest_ms, age_ms;

	if (!health_note_get(note, "oldest_ms", &oldest_ms) || oldest_ms == 0)
		return -1;
	age_ms = clock_wall_ms() - oldest_ms;
	return age_ms > 0 ? age_ms / 1000 : 0;
}

static void write_trouble(const struct events_facts *facts,
			  const struct trouble *trouble,
			  struct json_writer *json)
{
	char when[CLOCK_RFC3339_BYTES];

	if (trouble->note == NULL) {
		json_member_text(json, "last_failure", NULL);
	} else {
		clock_rfc3339(trouble->failed_ms, when);
		json_member_text(json, "last_failure", when);
	}
	if (facts->note.length > 0 && !facts->is_alive)
		json_member_text(json, "last_error",
				 "events.fcgi does not run");
	else if (trouble->note != NULL)
		health_note_text(trouble->note, "last_error", "error", json);
	else
		json_member_text(json, "last_error", NULL);
}

enum health_state events_health_write(const struct events_facts *facts,
				      struct json_writer *json)
{
	struct trouble trouble = find_trouble(facts);
	long long age_s = oldest_age_s(&facts->note);

	health_note_number(&facts->note, "waiting", json);
	health_note_number(&facts->note, "unsent", json);
	health_note_number(&facts->note, "failed", json);
	json_key(json, "oldest_age_s");
	if (age_s >= 0)
		json_number(json, age_s);
	else
		json_null(json);
	health_note_text(&facts->note, "queue", "queue", json);
	health_note_text(&facts->note, "started", "started", json);
	write_trouble(facts, &trouble, json);
	if (facts->note.length == 0)
		return HEALTH_DISABLED;
	if (!facts->is_alive)
		return HEALTH_DOWN;
	return trouble.is_now || age_s > EVENTS_WAIT_MAX_S ? HEALTH_DEGRADED
							   : HEALTH_OK;
}

/* Where that cannot be told, nobody does; but for want of memory the note has
 * failed. */
static bool is_alive(const char *cache_dir, struct buffer *note)
{
	struct error err = {0};
	int found =
		cache_presence_find(cache_dir, EVENTS_SITE, EVENTS_ALIVE, &err);

	if (found < 0 && err.code == EX_OSERR)
		note->has_failed = true;
	return found == 1;
}

void events_health_read_relay(const char *cache_dir, struct buffer *relay)
{
	health_note_read(cache_dir, EVENTS_SITE, EVENTS_RELAY_NOTE, relay);
}

enum health_state events_health_report(const void *cache_dir,
				       struct json_writer *json)
{
	struct events_facts facts = {.note = BUFFER_EMPTY};
	enum health_state state;

	health_note_read(cache_dir, EVENTS_SITE, EVENTS_NOTE, &facts.note);
	events_health_read_relay(cache_dir, &facts.relay);
	facts.is_alive = is_alive(cache_dir, &facts.note);
	if (facts.relay.has_failed)
		facts.note.has_failed = true;
	state = events_health_write(&facts, json);
	buffer_free(&facts.note);
	buffer_free(&facts.relay);
	return state;
}
