/* media/media_entry.h: what the list says of a file, kept byte for byte. */
#include "base/text.h"
#include "fuzz.h"
#include "json_oracle.h"
#include "media/media_entry.h"

#define MAX_BYTES 384

static void check_entry(const struct media_entry *entry, const char *text,
			size_t size)
{
	struct object_members members;

	FUZZ_CHECK(entry->id[0] != '\0');
	FUZZ_CHECK(entry->length == size);
	FUZZ_CHECK(memcmp(entry->text, text, size) == 0);
	FUZZ_CHECK(strlen(entry->status) < MEDIA_STATUS_BYTES);
	FUZZ_CHECK(text_is_utf8(entry->status, strlen(entry->status)));
	FUZZ_CHECK(entry->is_finished ==
		   (strcmp(entry->status, "FINISHED") == 0));
	FUZZ_CHECK(object_cut(text, size, &members, NULL) == 0);
	FUZZ_CHECK(media_id_agrees(&members, entry->id));
	object_members_free(&members);
}

FUZZ_TARGET(media_entry, MAX_BYTES)
{
	static char room[MAX_BYTES];
	const char *text = fuzz_bytes(room, sizeof(room), data, size);
	struct media_entry *entry = NULL;
	int status = media_entry_read(text, size, &entry, NULL);

	FUZZ_CHECK(status == 0 || entry == NULL);
	FUZZ_CHECK(status != 0 || json_oracle_is_json(text, size));
	if (entry != NULL)
		check_entry(entry, text, size);
	free(entry);
}
