/* A note of the cache as /health and the headers show it (web/health_note.h,
 * web/freshness.h): whatever stands in the file, JSON and headers stay whole. */
#include "base/text.h"
#include "fuzz.h"
#include "json_oracle.h"
#include "web/freshness.h"
#include "web/health_note.h"

#define MAX_BYTES 256

/* The detail is our own word, or the whole value of `source` or `detail`. */
static void check_detail(const char *detail, const struct buffer *note)
{
	static const char *const keys[] = {"source", "detail"};
	struct key_value pair;
	size_t length = strlen(detail), i;
	bool is_told = strcmp(detail, "stale") == 0;

	FUZZ_CHECK(length > 0 && length < FRESHNESS_DETAIL_BYTES);
	FUZZ_CHECK(detail[strspn(detail, "abcdefghijklmnopqrstuvwxyz"
					 "0123456789-")] == '\0');
	for (i = 0; i < 2; i++)
		is_told |= key_values_find(note->data, note->length, keys[i],
					   &pair) &&
			   pair.value_length == length &&
			   memcmp(pair.value, detail, length) == 0;
	FUZZ_CHECK(is_told);
}

static void check_freshness(const struct buffer *note, bool is_old)
{
	const struct freshness_facts facts = {
		.now_ms = 1700000100000,
		.published_at = 1700000000,
		.is_confirmed = true,
		.confirmed_ms = is_old ? 1700000000000 : 1700000090000,
		.note = note,
	};
	struct freshness freshness;

	freshness_judge(&facts, &freshness);
	FUZZ_CHECK(freshness.age_s == (is_old ? 100 : 10));
	FUZZ_CHECK(freshness.is_stale == (freshness.ttl_s < 0));
	FUZZ_CHECK(freshness.is_stale || !is_old);
	FUZZ_CHECK(freshness.is_stale == (freshness.detail[0] != '\0'));
	if (freshness.is_stale)
		check_detail(freshness.detail, note);
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
	check_freshness(&note, fuzz_seed(data, size) % 2 == 0);
	check_json(&note, &out);
}
