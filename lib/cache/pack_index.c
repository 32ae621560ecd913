#include "cache/pack_index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/compress.h"

/* Longest form of a record on disk. */
#define RECORD_BYTES                                                           \
	(PACK_RECORD_HEAD_BYTES + PACK_MAX_NAME_BYTES +                        \
	 PACK_MAX_MEDIA_TYPE_BYTES)

int pack_index_add(struct pack_index *index, const char *name, uint64_t at,
		   struct error *err)
{
	size_t capacity = index->capacity != 0 ? 2 * index->capacity : 64;
	struct pack_index_entry *grown;

	if (index->count == index->capacity) {
		grown = reallocarray(index->entries, capacity, sizeof(*grown));
		if (grown == NULL)
			return error_no_memory(err);
		index->entries = grown;
		index->capacity = capacity;
	}
	index->entries[index->count++] = (struct pack_index_entry){
		.hash = pack_hash(name, strlen(name)), .at = at};
	return 0;
}

void pack_index_free(struct pack_index *index)
{
	free(index->entries);
	*index = PACK_INDEX_EMPTY;
}

int pack_index_read(int pack, uint64_t at, struct buffer *bytes,
		    struct pack_record *record, struct error *err)
{
	ssize_t got;

	buffer_clear(bytes);
	if (buffer_reserve(bytes, RECORD_BYTES) != 0)
		return error_no_memory(err);
	do
		got = pread(pack, bytes->data, RECORD_BYTES, (off_t)at);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return error_set(err, EX_IOERR, "cannot read back: %s",
				 strerror(errno));
	bytes->length = (size_t)got;
	if (pack_read_record((const unsigned char *)bytes->data, (size_t)got,
			     record) == 0)
		return error_set(err, EX_IOERR,
				 "cannot read back: bytes are missing");
	return 0;
}

/* Whether two records whose names have one hash have one name; -1. */
static int is_same_name(int pack, uint64_t a, uint64_t b, struct error *err)
{
	struct buffer bytes[2] = {BUFFER_EMPTY, BUFFER_EMPTY};
	struct pack_record records[2] = {{.name = ""}, {.name = ""}};
	int status = -1;

	if (pack_index_read(pack, a, &bytes[0], &records[0], err) == 0 &&
	    pack_index_read(pack, b, &bytes[1], &records[1], err) == 0)
		status = records[0].name_length == records[1].name_length &&
			 memcmp(records[0].name, records[1].name,
				records[0].name_length) == 0;
	if (status == 1)
		error_set(err, EX_SOFTWARE, "%.*s was added twice",
			  (int)records[0].name_length, records[0].name);
	buffer_free(&bytes[0]);
	buffer_free(&bytes[1]);
	return status;
}

/* Puts every entry into its slot; two of one name are refused. A slot holds the
 * entry's number from 1; 0 is free. */
static int fill_slots(const struct pack_index *index, int pack, uint32_t *slots,
		      size_t slot_count, struct error *err)
{
	size_t i, slot;

	for (i = 0; i < index->count; i++) {
		const struct pack_index_entry *mine = &index->entries[i];

		slot = mine->hash & (slot_count - 1);
		for (; slots[slot] != 0; slot = (slot + 1) % slot_count) {
			const struct pack_index_entry *other =
				&index->entries[slots[slot] - 1];

			if (other->hash == mine->hash &&
			    is_same_name(pack, other->at, mine->at, err) != 0)
				return -1;
		}
		slots[slot] = (uint32_t)(i + 1);
	}
	return 0;
}

int pack_index_write(const struct pack_index *index, int pack, uint64_t end,
		     struct buffer *out, struct error *err)
{
	static const struct pack_index_entry free_slot = {0, 0};
	const struct pack_index_entry *entry;
	size_t slot_count = 16, i;
	uint32_t *slots;

	if (index->count > UINT32_MAX / 4)
		return error_set(err, EX_SOFTWARE,
				 "%zu representations are too many",
				 index->count);
	while (slot_count < 2 * index->count)
		slot_count *= 2;
	slots = calloc(slot_count, sizeof(*slots));
	if (slots == NULL)
		return error_no_memory(err);
	if (fill_slots(index, pack, slots, slot_count, err) != 0) {
		free(slots);
		return -1;
	}
	for (i = 0; i < slot_count; i++) {
		entry = slots[i] != 0 ? &index->entries[slots[i] - 1]
				      : &free_slot;
		pack_write_u64(out, entry->hash);
		pack_write_u64(out, entry->at);
	}
	free(slots);
	pack_write_u64(out, compress_coder());
	pack_write_u64(out, end);
	pack_write_u64(out, slot_count);
	pack_write_u64(out, index->count);
	buffer_append(out, PACK_MAGIC, PACK_MAGIC_BYTES);
	return buffer_check(out, err);
}
