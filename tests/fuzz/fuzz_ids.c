/* The ids of events (events/event_id.h) and of media files (media/media.h):
 * nothing that is one can leave its place in a URL, a file's name or a
 * header. */
#include "events/event_id.h"
#include "fuzz.h"
#include "media/media.h"

#define MAX_BYTES 160

static void check_event_id(const char *id, size_t length)
{
	size_t i;

	FUZZ_CHECK(length == EVENT_ID_BYTES - 1);
	for (i = 0; i < length; i++) {
		bool is_hyphen = i == 8 || i == 13 || i == 18 || i == 23;

		FUZZ_CHECK(is_hyphen
				   ? id[i] == '-'
				   : strchr("0123456789abcdef", id[i]) != NULL);
	}
	FUZZ_CHECK(memchr(id, '\0', length) == NULL);
}

static void check_media_id(const char *id)
{
	FUZZ_CHECK(id[0] != '\0' && strlen(id) <= MEDIA_MAX_ID_BYTES);
	FUZZ_CHECK(strcmp(id, ".") != 0 && strcmp(id, "..") != 0);
	FUZZ_CHECK(id[strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "abcdefghijklmnopqrstuvwxyz"
				 "0123456789-_.")] == '\0');
}

FUZZ_TARGET(ids, MAX_BYTES)
{
	static char room[MAX_BYTES], text_room[MAX_BYTES + 1];
	const char *bytes = fuzz_bytes(room, sizeof(room), data, size);
	const char *text = fuzz_text(text_room, sizeof(text_room), data, size);

	if (event_id_is(bytes, size))
		check_event_id(bytes, size);
	if (media_is_id(text))
		check_media_id(text);
}
