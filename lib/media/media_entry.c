#include "media/media_entry.h"

#include <stdlib.h>
#include <string.h>

#include "base/count.h"
#include "base/json_string.h"
#include "base/text.h"

/* Words that say that nothing will come of it, whatever stands around them. */
static const char *const last_words[] = {
	"FAIL", "ERROR", "CANCEL", "ABORT", "REJECT", "DELETED", "INVALID",
};

bool media_is_null(const struct object_member *member)
{
	return member->value_length == 4 &&
	       memcmp(member->value, "null", 4) == 0;
}

static bool is_number(const struct object_member *member)
{
	return member->value[0] == '-' ||
	       (member->value[0] >= '0' && member->value[0] <= '9');
}

bool media_id_agrees(const struct object_members *members, const char *id)
{
	const struct object_member *member =
		object_members_find(members, "fileId");

	if (member == NULL || media_is_null(member))
		return true;
	if (is_number(member))
		return strlen(id) == member->value_length &&
		       memcmp(id, member->value, member->value_length) == 0;
	return json_string_equals(member->value, member->value_length, id);
}

bool media_status_read(const struct object_members *members,
		       char status[MEDIA_STATUS_BYTES])
{
	const struct object_member *member =
		object_members_find(members, "processingStatus");
	struct buffer word = BUFFER_EMPTY;
	size_t length = 0, step;

	status[0] = '\0';
	if (member == NULL || media_is_null(member))
		return false;
	json_string_decode(&word, member->value, member->value_length);
	/* What is no word is named as it stands: a number, an empty string. */
	if (word.length == 0 || word.data[0] == '\0') {
		buffer_clear(&word);
		buffer_append(&word, member->value, member->value_length);
	}
	if (!word.has_failed) {
		while (length < word.length && word.data[length] != '\0') {
			step = text_utf8_step(word.data + length,
					      word.length - length);
			if (step == 0 || length + step >= MEDIA_STATUS_BYTES)
				break;
			length += step;
		}
		if (length > 0)
			memcpy(status, word.data, length);
		status[length] = '\0';
	}
	buffer_free(&word);
	return json_string_equals(member->value, member->value_length,
				  "FINISHED");
}

bool media_status_may_finish(const char *status)
{
	size_t i;

	for (i = 0; i < COUNT(last_words); i++)
		if (strcasestr(status, last_words[i]) != NULL)
			return false;
	return true;
}

/* Appends the id, and nothing where there is none that anybody could ask
 * for. */
static void read_id(const struct object_members *members, struct buffer *id)
{
	const struct object_member *member =
		object_members_find(members, "fileId");

	if (member == NULL)
		return;
	if (is_number(member))
		buffer_append(id, member->value, member->value_length);
	else
		json_string_decode(id, member->value, member->value_length);
	if (id->length > 0 && memchr(id->data, '\0', id->length) != NULL)
		buffer_clear(id);
}

static struct media_entry *make_entry(const char *id, size_t id_length,
				      const char *text, size_t length,
				      struct error *err)
{
	struct media_entry *entry =
		calloc(1, sizeof(*entry) + id_length + 1 + length);

	if (entry == NULL) {
		error_no_memory(err);
		return NULL;
	}
	memcpy(entry->bytes, id, id_length);
	memcpy(entry->bytes + id_length + 1, text, length);
	entry->id = entry->bytes;
	entry->text = entry->bytes + id_length + 1;
	entry->length = length;
	return entry;
}

int media_entry_read(const char *text, size_t length,
		     struct media_entry **entry, struct error *err)
{
	struct object_members members;
	struct buffer id = BUFFER_EMPTY;
	int status;

	*entry = NULL;
	if (object_cut(text, length, &members, err) != 0)
		return -1;
	read_id(&members, &id);
	status = buffer_check(&id, err);
	if (status == 0 && id.length > 0) {
		*entry = make_entry(id.data, id.length, text, length, err);
		status = *entry == NULL ? -1 : 0;
	}
	if (*entry != NULL)
		(*entry)->is_finished =
			media_status_read(&members, (*entry)->status);
	buffer_free(&id);
	object_members_free(&members);
	return status;
}

struct media_entry *media_entry_copy(const struct media_entry *entry,
				     struct error *err)
{
	struct media_entry *copy = make_entry(entry->id, strlen(entry->id),
					      entry->text, entry->length, err);

	if (copy == NULL)
		return NULL;
	copy->is_finished = entry->is_finished;
	memcpy(copy->status, entry->status, sizeof(copy->status));
	return copy;
}

size_t media_entry_bytes(const struct media_entry *entry)
{
	return sizeof(*entry) + strlen(entry->id) + 1 + entry->length;
}
