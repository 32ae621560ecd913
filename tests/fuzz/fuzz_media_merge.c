/* media/media_merge.h and media_segments.h: an entry, details and segments of
 * one file become one object. Lines of the input: the entry, the details, then
 * a segment each. */
#include "fuzz.h"
#include "json_oracle.h"
#include "media/media_merge.h"

#define MAX_BYTES 768
#define SEGMENTS 16

/* The members of the object are those of both, each once, and the segments. */
static void check_merged(const struct buffer *out,
			 const struct media_entry *entry,
			 const struct object_members *details,
			 const struct media_segments *segments)
{
	static struct json_parts parts;
	struct object_members list, merged;
	const struct object_member *found;
	size_t i, expected;

	FUZZ_CHECK(object_cut(out->data, out->length, &merged, NULL) == 0);
	FUZZ_CHECK(object_cut(entry->text, entry->length, &list, NULL) == 0);
	expected = list.count + 1 -
		   (object_members_find(&list, "segments") != NULL);
	for (i = 0; i < details->count; i++) {
		const struct object_member *mine = &details->list[i];

		found = object_members_same(&merged, details, mine);
		FUZZ_CHECK(found != NULL);
		if (object_members_same(&list, details, mine) == NULL &&
		    mine != object_members_find(details, "segments"))
			expected++;
	}
	FUZZ_CHECK(merged.count == expected);
	FUZZ_CHECK(media_id_agrees(&merged, entry->id));
	found = object_members_find(&merged, "segments");
	FUZZ_CHECK(found != NULL);
	FUZZ_CHECK(json_oracle(found->value, found->value_length, '[',
			       &parts) == JSON_WHOLE);
	FUZZ_CHECK(parts.count == segments->count);
	object_members_free(&list);
	object_members_free(&merged);
}

/* Returns how many bytes the segments that were taken have. */
static size_t add_segments(struct media_segments *segments,
			   struct fuzz_span rest)
{
	static char room[MAX_BYTES];
	size_t bytes = 0, i;

	for (i = 0; i < SEGMENTS && rest.size > 0; i++) {
		struct fuzz_span line = fuzz_take(&rest, '\n');
		const char *text =
			fuzz_bytes(room, sizeof(room), line.data, line.size);

		if (media_segments_add(segments, text, line.size, NULL) == 0)
			bytes += line.size;
	}
	return bytes;
}

static void merge(const struct media_entry *entry,
		  const struct object_members *details, struct fuzz_span rest)
{
	struct media_segments segments = MEDIA_SEGMENTS(entry->id);
	static struct buffer out, again;
	size_t bytes = add_segments(&segments, rest);

	buffer_clear(&out);
	buffer_clear(&again);
	FUZZ_CHECK(media_segments_sort(&segments, NULL) == 0);
	media_segments_write(&segments, &out);
	FUZZ_CHECK(out.length ==
		   bytes + 2 + (segments.count > 0 ? segments.count - 1 : 0));
	/* What is in order stays as it is. */
	FUZZ_CHECK(media_segments_sort(&segments, NULL) == 0);
	media_segments_write(&segments, &again);
	FUZZ_CHECK(again.length == out.length &&
		   memcmp(again.data, out.data, out.length) == 0);
	buffer_clear(&out);
	FUZZ_CHECK(media_merge(entry, details, &segments, &out, NULL) == 0);
	check_merged(&out, entry, details, &segments);
	media_segments_free(&segments);
}

FUZZ_TARGET(media_merge, MAX_BYTES)
{
	static char rooms[2][MAX_BYTES];
	struct fuzz_span rest = {data, size};
	struct fuzz_span first = fuzz_take(&rest, '\n');
	struct fuzz_span second = fuzz_take(&rest, '\n');
	struct media_entry *entry = NULL;
	struct object_members details;

	if (media_entry_read(fuzz_bytes(rooms[0], MAX_BYTES, first.data,
					first.size),
			     first.size, &entry, NULL) != 0 ||
	    entry == NULL)
		return;
	if (object_cut(fuzz_bytes(rooms[1], MAX_BYTES, second.data,
				  second.size),
		       second.size, &details, NULL) == 0) {
		if (media_id_agrees(&details, entry->id))
			merge(entry, &details, rest);
		object_members_free(&details);
	}
	free(entry);
}
