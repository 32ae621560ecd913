#include "media/media_merge.h"

#include <stdbool.h>
#include <string.h>

static void write_member(struct buffer *out, const struct object_member *key,
			 const struct object_member *value)
{
	buffer_append(out, key->key, key->key_length);
	buffer_char(out, ':');
	buffer_append(out, value->value, value->value_length);
	buffer_char(out, ',');
}

static bool is(const struct object_members *members,
	       const struct object_member *member, const char *name)
{
	return member == object_members_find(members, name);
}

/* Those two fields decide about a file: a null takes neither away. */
static bool wins(const struct object_members *list,
		 const struct object_member *mine,
		 const struct object_member *other)
{
	if (other == NULL)
		return false;
	return !media_is_null(other) || (!is(list, mine, "fileId") &&
					 !is(list, mine, "processingStatus"));
}

static void write_list_fields(struct buffer *out,
			      const struct object_members *list,
			      const struct object_members *details)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		const struct object_member *mine = &list->list[i];
		const struct object_member *other =
			object_members_same(details, list, mine);

		if (is(list, mine, "segments"))
			continue;
		write_member(out, mine, wins(list, mine, other) ? other : mine);
	}
}

static void write_other_fields(struct buffer *out,
			       const struct object_members *list,
			       const struct object_members *details)
{
	size_t i;

	for (i = 0; i < details->count; i++) {
		const struct object_member *mine = &details->list[i];

		if (!is(details, mine, "segments") &&
		    object_members_same(list, details, mine) == NULL)
			write_member(out, mine, mine);
	}
}

int media_merge(const struct media_entry *entry,
		const struct object_members *details,
		const struct media_segments *segments, struct buffer *out,
		struct error *err)
{
	struct object_members list;

	if (object_cut(entry->text, entry->length, &list, err) != 0)
		return -1;
	buffer_char(out, '{');
	write_list_fields(out, &list, details);
	write_other_fields(out, &list, details);
	buffer_text(out, "\"segments\":");
	media_segments_write(segments, out);
	buffer_char(out, '}');
	object_members_free(&list);
	return buffer_check(out, err);
}
