/* events/event.h: a message of the queue that is read is written and read as
 * the same event. */
#include "events/event.h"

#include "base/json_string.h"
#include "base/object_cutter.h"
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

/* A member that is a string is the event's text; any other is none. */
static void check_text(const struct object_members *members, const char *name,
		       const char *text)
{
	const struct object_member *member = object_members_find(members, name);

	FUZZ_CHECK((member != NULL && member->value[0] == '"') ==
		   (text != NULL));
	if (text != NULL)
		FUZZ_CHECK(json_string_equals(member->value,
					      member->value_length, text));
}

static void check_texts(const char *text, size_t size,
			const struct event *event)
{
	struct object_members members;

	FUZZ_CHECK(object_cut(text, size, &members, NULL) == 0);
	check_text(&members, "event_id", event->id);
	check_text(&members, "user_id", event->user_id);
	check_text(&members, "description", event->description);
	check_text(&members, "status", event_status_name(event->status));
	check_text(&members, "last_error", event->last_error);
	object_members_free(&members);
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
	check_texts(text, size, &event);
	buffer_clear(&out);
	event_write(&event, &json);
	FUZZ_CHECK(event_read(out.data, out.length, &again, &err) == 0);
	check_same(&event, &again);
	event_free(&event);
	event_free(&again);
}
