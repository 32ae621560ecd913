/* A note of the cache as /health and the headers show it (web/health_note.h,
 * web/freshness.h): whatever stands in the file, JSON and headers stay whole. */
#include "base/text.h"
#include "fuzz.h"
#include "json_oracle.h"
#include "web/freshness.h"
#include "web/health_note.h"

#define MAX_BYTES 256

static void check_detail(const char *detail)
{
	FUZZ_CHECK(strlen(detail) < FRESHNESS_DETAIL_BYTES);
	FUZZ_CHECK(detail[strspn(detail, "abcdefghijklmnopqrstuvwxyz"
					 "0123456789-")] == '\0');
}

static void check_freshness(const struct buffer *note)
{
	const struct freshness_facts facts = {
		.now_ms = 1700000100000,
		.published_at = 1700000000,
		.is_confirmed = true,
		.confirmed_ms = 1700000090000,
		.note = note,
	};
	struct freshness freshness;

	freshness_judge(&facts, &freshness);
	FUZZ_CHECK(freshness.age_s == 10);
	FUZZ_CHECK(freshness.is_stale == (freshness.ttl_s < 0));
	FUZZ_CHECK(freshness.is_stale == (freshness.detail[0] != '\0'));
	check_detail(freshness.detail);
}

static void check_json(const struct buffer *note, struct buffer *out)
{
	struct json_writer json = JSON_WRITER(out);

	json_begin_object(&json);
	health_note_text(note, "result", "result", &json);
	health_note_number(note, "films", &json);
	json_end_object(&json);
	FUZZ_CHECK(json_oracle_is_json(out->data, out->length));
}

FUZZ_TARGET(note, MAX_BYTES)
{
	static char room[MAX_BYTES];
	static struct buffer out;
	char *bytes = room + sizeof(room) - size;
	struct buffer note = {.data = bytes, .length = size};

	fuzz_bytes(room, sizeof(room), data, size);
	buffer_clear(&out);
	check_freshness(&note);
	check_json(&note, &out);
}
