#include "web/movies_health.h"

#include "base/clock.h"
#include "base/count.h"
#include "web/health_note.h"
#include "web/movies_facts.h"

/* What is shown of the publisher's note. */
static const struct {
	const char *key;
	enum { SHOWN_TEXT, SHOWN_NUMBER, SHOWN_LAST_RUN } kind;
} shown[] = {
	{"films", SHOWN_NUMBER},      {"people", SHOWN_NUMBER},
	{"source", SHOWN_TEXT},       {"generation", SHOWN_TEXT},
	{"last_run", SHOWN_LAST_RUN}, {"failures", SHOWN_NUMBER},
};

static void write_time(const char *key, time_t at, struct json_writer *json)
{
	char text[CLOCK_RFC3339_BYTES];

	clock_rfc3339((long long)at * 1000, text);
	json_member_text(json, key, text);
}

/* Only a run that fails writes its time; one that goes well confirms. */
static void write_last_run(const struct movies_facts *facts,
			   struct json_writer *json)
{
	struct key_value pair;

	if (health_note_find(&facts->note, "last_run", &pair) ||
	    !facts->is_confirmed) {
		health_note_text(&facts->note, "last_run", "last_run", json);
		return;
	}
	write_time("last_run", facts->confirmed_at, json);
}

static void write_note(const struct movies_facts *facts,
		       struct json_writer *json)
{
	const struct buffer *note = &facts->note;
	size_t i;

	for (i = 0; i < COUNT(shown); i++)
		if (shown[i].kind == SHOWN_NUMBER)
			health_note_number(note, shown[i].key, json);
		else if (shown[i].kind == SHOWN_LAST_RUN)
			write_last_run(facts, json);
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

static enum health_state judge(const struct movies_facts *facts)
{
	if (!facts->is_published)
		return HEALTH_DOWN;
	return facts->freshness.is_stale ? HEALTH_DEGRADED : HEALTH_OK;
}

static void write_times(const struct movies_facts *facts,
			struct json_writer *json)
{
	json_key(json, "age_s");
	if (movies_facts_have_age(facts))
		json_number(json, facts->freshness.age_s);
	else
		json_null(json);
	if (facts->is_published) {
		write_time("published", facts->published_at, json);
	} else {
		json_key(json, "published");
		json_null(json);
	}
}

enum health_state movies_health_report(const void *cache_dir,
				       struct json_writer *json)
{
	struct movies_facts facts;
	enum health_state state;

	movies_facts_read(cache_dir, &facts);
	state = judge(&facts);
	write_times(&facts, json);
	write_note(&facts, json);
	movies_facts_free(&facts);
	return state;
}
