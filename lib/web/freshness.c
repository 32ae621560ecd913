#include "web/freshness.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/key_values.h"
#include "base/log.h"
#include "cache/cache_reader.h"

/* A browser may show a page a little longer while it fetches the next, and a
 * day while we are away. */
#define CACHE_CONTROL                                                          \
	"public, max-age=60, stale-while-revalidate=5, stale-if-error=86400"

/* The same of what never changes. Short of for ever, so that a file which is
 * forgotten is not shown for long; long enough that the microcache does not
 * write each of ten thousand files anew all the time. */
#define KEPT_MICROCACHE_S 300

#define KEPT_CACHE_CONTROL "public, max-age=31536000, immutable"

/* A token of RFC 8941 that stays plain wherever it is shown. */
static bool is_detail(const char *text, size_t length)
{
	size_t i;

	if (length == 0 || length >= FRESHNESS_DETAIL_BYTES)
		return false;
	for (i = 0; i < length; i++)
		if (!(text[i] >= 'a' && text[i] <= 'z') &&
		    (i == 0 ||
		     (!(text[i] >= '0' && text[i] <= '9') && text[i] != '-')))
			return false;
	return true;
}

static bool find(const struct buffer *note, const char *key,
		 struct key_value *pair)
{
	return note != NULL && note->data != NULL &&
	       key_values_find(note->data, note->length, key, pair);
}

static bool value_is(const struct key_value *pair, const char *value)
{
	return pair->value_length == strlen(value) &&
	       memcmp(pair->value, value, pair->value_length) == 0;
}

/* Whether the data is of a source that the upstream does not vouch for. */
static bool is_unvouched(const struct buffer *note, struct key_value *source)
{
	return find(note, "source", source) &&
	       (value_is(source, "bundled") || value_is(source, "rolled-back"));
}

static void set_detail(const struct key_value *pair,
		       struct freshness *freshness)
{
	if (is_detail(pair->value, pair->value_length))
		snprintf(freshness->detail, sizeof(freshness->detail), "%.*s",
			 (int)pair->value_length, pair->value);
}

static long long seconds_since(long long now_ms, long long then_ms)
{
	return now_ms > then_ms ? (now_ms - then_ms) / 1000 : 0;
}

void freshness_judge(const struct freshness_facts *facts,
		     struct freshness *freshness)
{
	struct key_value pair;
	bool is_vouched = !is_unvouched(facts->note, &pair);

	*freshness = (struct freshness){.at_s = facts->now_ms / 1000};
	freshness->age_s = seconds_since(
		facts->now_ms, facts->is_confirmed
				       ? facts->confirmed_ms
				       : (long long)facts->published_at * 1000);
	if (facts->is_confirmed)
		freshness->ttl_s = FRESHNESS_LIFETIME_S - freshness->age_s;
	else
		freshness->ttl_s = -freshness->age_s;
	freshness->is_stale =
		!facts->is_confirmed || !is_vouched || freshness->ttl_s < 0;
	if (!freshness->is_stale)
		return;
	if (freshness->ttl_s > -1)
		freshness->ttl_s = -1;
	snprintf(freshness->detail, sizeof(freshness->detail), "stale");
	if (!is_vouched || find(facts->note, "detail", &pair))
		set_detail(&pair, freshness);
}

/* A generation made current after the upstream was last asked is one that was
 * rolled back to, or the last run's own. */
static bool needs_note(const struct freshness_facts *facts)
{
	return !facts->is_confirmed ||
	       facts->published_at >= (time_t)(facts->confirmed_ms / 1000) ||
	       seconds_since(facts->now_ms, facts->confirmed_ms) >
		       FRESHNESS_LIFETIME_S;
}

void freshness_look(const char *cache_dir, const char *site,
		    time_t published_at, struct freshness *freshness,
		    struct error *why)
{
	long long second = clock_wall_ms() / 1000;
	struct freshness_facts facts = {.now_ms = (second + 1) * 1000,
					.published_at = published_at};
	struct buffer note = BUFFER_EMPTY;
	struct error err = {0};
	struct timespec when;
	int status = cache_checked_at(cache_dir, site, &when, &err);

	if (status == 0) {
		facts.is_confirmed = true;
		facts.confirmed_ms =
			(long long)when.tv_sec * 1000 + when.tv_nsec / 1000000;
	}
	if (status >= 0 && needs_note(&facts)) {
		status = cache_read_note(cache_dir, site, FRESHNESS_NOTE, &note,
					 &err);
		facts.note = &note;
	}
	if (status < 0)
		log_event(LOG_LEVEL_WARN, "freshness is unknown", "reason",
			  err.message, NULL);
	if (status < 0 && why != NULL)
		*why = err;
	freshness_judge(&facts, freshness);
	buffer_free(&note);
}

void freshness_add_headers(const struct freshness *freshness,
			   struct web_response *response)
{
	char status[80], shown_until[32];

	snprintf(shown_until, sizeof(shown_until), "@%lld",
		 freshness->at_s - 1);
	snprintf(status, sizeof(status), "marquee; hit; ttl=%lld%s%s",
		 freshness->ttl_s, freshness->is_stale ? "; detail=" : "",
		 freshness->detail);
	web_response_header_number(response, "Age", freshness->age_s);
	web_response_header(response, "Cache-Status", status);
	web_response_header(response, "Cache-Control", CACHE_CONTROL);
	web_response_header(response, "X-Accel-Expires", shown_until);
}

void freshness_add_kept_headers(time_t kept_at, const char *cache_status,
				struct web_response *response)
{
	bool is_hit = strcmp(cache_status, FRESHNESS_KEPT_HIT) == 0;

	web_response_header_number(response, "Age",
				   seconds_since(clock_wall_ms(),
						 (long long)kept_at * 1000));
	web_response_header(response, "Cache-Status", cache_status);
	web_response_header(response, "Cache-Control", KEPT_CACHE_CONTROL);
	web_response_header_number(response, "X-Accel-Expires",
				   is_hit ? KEPT_MICROCACHE_S : 0);
}
