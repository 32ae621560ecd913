#include "web/movies_health.h"

#include <string.h>

#include "web/movies_facts.h"

/* What is shown of the publisher's note. */
static const struct {
	const char *key;
	bool is_number;
} shown[] = {
	{"films", true},       {"people", true},    {"source", false},
	{"generation", false}, {"last_run", false}, {"failures", true},
};

static void write_text(const struct movies_facts *facts, const char *name,
		       const char *key, struct json_writer *json)
{
	struct key_value pair;

	json_key(json, name);
	if (movies_facts_text(facts, key, &pair))
		json_text_bytes(json, pair.value, pair.value_length);
	else
		json_null(json);
}

static void write_number(const struct movies_facts *facts, const char *key,
			 struct json_writer *json)
{
	long long number;

	json_key(json, key);
	if (movies_facts_number(facts, key, &number))
		json_number(json, number);
	else
		json_null(json);
}

static bool has_failed(const struct movies_facts *facts)
{
	struct key_value pair;

	return movies_facts_text(facts, "result", &pair) &&
	       pair.value_length == 6 && memcmp(pair.value, "failed", 6) == 0;
}

static void write_note(const struct movies_facts *facts,
		       struct json_writer *json)
{
	size_t i;

	for (i = 0; i < sizeof(shown) / sizeof(*shown); i++)
		if (shown[i].is_number)
			write_number(facts, shown[i].key, json);
		else
			write_text(facts, shown[i].key, shown[i].key, json);
	if (has_failed(facts)) {
		write_text(facts, "last_error", "error", json);
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

enum health_state movies_health_report(const void *cache_dir,
				       struct json_writer *json)
{
	struct movies_facts facts;
	enum health_state state;

	movies_facts_read(cache_dir, &facts);
	state = judge(&facts);
	json_key(json, "age_s");
	if (facts.is_published)
		json_number(json, facts.freshness.age_s);
	else
		json_null(json);
	write_note(&facts, json);
	movies_facts_free(&facts);
	return state;
}
