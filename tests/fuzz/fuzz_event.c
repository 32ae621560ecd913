/* events/event.h: a message of the queue that is read is written and read as
 * the same event. */
#include "events/event.h"
#include "fuzz.h"
#include "json_oracle.h"

#define MAX_BYTES 640

static bool is_same(const char *text, const char *other)
{
	if (text == NULL || other == NULL)
		return text == other;
	return strcmp(text, other) == 0;
}

static void check_same(const struct event *event, const struct event *other)
{
	FUZZ_CHECK(strcmp(event->id, other->id) == 0);
	FUZZ_CHECK(is_same(event->user_id, other->user_id));
	FUZZ_CHECK(is_same(event->description, other->description));
	FUZZ_CHECK(event->status == other->status);
	FUZZ_CHECK(event->attempts == other->attempts);
	FUZZ_CHECK(is_same(event->last_error, other->last_error));
	/* Years before 1000 and a leap second of 9999 are written as the
	 * nearest time that has four digits. */
	if (event->created_ms > -30610224000000 &&
	    event->created_ms < 253402300800000)
		FUZZ_CHECK(event->created_ms == other->created_ms);
}

FUZZ_TARGET(event, MAX_BYTES)
{
	static char room[MAX_BYTES];
	static struct buffer out;
	const char *text = fuzz_bytes(room, sizeof(room), data, size);
	struct json_writer json = JSON_WRITER(&out);
	struct event event, again;
	struct error err = {0};

	if (event_read(text, size, &event, &err) != 0) {
		FUZZ_CHECK(err.code == EX_DATAERR);
		return;
	}
	FUZZ_CHECK(json_oracle_is_json(text, size));
	FUZZ_CHECK(event_id_is(event.id, strlen(event.id)));
	buffer_clear(&out);
	event_write(&event, &json);
	FUZZ_CHECK(event_read(out.data, out.length, &again, &err) == 0);
	check_same(&event, &again);
	event_free(&event);
	event_free(&again);
}
