#include "cache/pack_check.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "cache/pack.h"
#include "cache/pack_footer.h"
#include "cache/verify.h"

/* Slots read at once. */
#define SLOTS_PER_READ 4096

#define RECORD_MAX_BYTES                                                       \
	(PACK_RECORD_HEAD_BYTES + PACK_MAX_NAME_BYTES +                        \
	 PACK_MAX_MEDIA_TYPE_BYTES)

struct index {
	int dir, pack;
	uint64_t slots_at, slot_count;
	uint64_t *records; /* where each one is, in the order of adding */
	size_t count;
	size_t expected; /* what the footer says */
};

static int broken(struct error *err)
{
	return error_set(err, EX_DATAERR, "the pack is not whole");
}

static int read_footer(struct index *index, struct error *err)
{
	unsigned char head[PACK_MAGIC_BYTES];
	struct pack_footer footer;

	if (pack_footer_read(index->pack, &footer) != 0 ||
	    pack_read_at(index->pack, head, sizeof(head), 0) != 0 ||
	    memcmp(head, PACK_MAGIC, PACK_MAGIC_BYTES) != 0 ||
	    footer.record_count == 0 || footer.record_count > footer.slot_count)
		return broken(err);
	index->slots_at = footer.slots_at;
	index->slot_count = footer.slot_count;
	index->expected = (size_t)footer.record_count;
	return 0;
}

static int note_slots(struct index *index, const unsigned char *slots,
		      uint64_t count)
{
	uint64_t at, i;

	for (i = 0; i < count; i++) {
		at = pack_read_u64(slots + i * PACK_SLOT_BYTES + 8);
		if (at == 0)
			continue;
		if (index->count == index->expected || at >= index->slots_at)
			return -1;
		index->records[index->count++] = at;
	}
	return 0;
}

static int by_place(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* There are as many slots taken as records, each by another one. */
static int read_slots(struct index *index, struct error *err)
{
	unsigned char *slots = malloc((size_t)SLOTS_PER_READ * PACK_SLOT_BYTES);
	uint64_t done = 0, count;
	bool is_whole;
	size_t i;

	/* One more: clang-tidy does not see that there is one at least. */
	index->records = calloc(index->expected + 1, sizeof(*index->records));
	is_whole = slots != NULL && index->records != NULL;
	for (; is_whole && done < index->slot_count; done += count) {
		count = index->slot_count - done;
		if (count > SLOTS_PER_READ)
			count = SLOTS_PER_READ;
		is_whole = pack_read_at(index->pack, slots,
					(size_t)count * PACK_SLOT_BYTES,
					index->slots_at +
						done * PACK_SLOT_BYTES) == 0 &&
			   note_slots(index, slots, count) == 0;
	}
	free(slots);
	if (slots == NULL || index->records == NULL)
		return error_no_memory(err);
	if (!is_whole || index->count != index->expected)
		return broken(err);
	qsort(index->records, index->count, sizeof(*index->records), by_place);
	for (i = 1; i < index->count; i++)
		if (index->records[i] == index->records[i - 1])
			return broken(err);
	return 0;
}

static bool is_sound(const struct index *index,
		     const struct pack_record *record)
{
	bool is_file = (record->flags & PACK_IS_FILE) != 0;

	return record->name_length > 0 &&
	       record->name_length <= PACK_MAX_NAME_BYTES &&
	       record->media_type_length <= PACK_MAX_MEDIA_TYPE_BYTES &&
	       memchr(record->name, '\0', record->name_length) == NULL &&
	       record->bodies[PACK_IDENTITY].offset != 0 &&
	       (!is_file ||
		(index->dir >= 0 && record->name[0] != '.' &&
		 memchr(record->name, '/', record->name_length) == NULL));
}

static int check_record(const struct index *index, uint64_t at,
			struct hash *content, struct error *err)
{
	unsigned char bytes[RECORD_MAX_BYTES];
	uint64_t room = index->slots_at - at;
	struct pack_record record;
	size_t length;

	if (room > sizeof(bytes))
		room = sizeof(bytes);
	if (pack_read_at(index->pack, bytes, (size_t)room, at) != 0)
		return broken(err);
	length = pack_read_record(bytes, (size_t)room, &record);
	if (length == 0 || !is_sound(index, &record))
		return broken(err);
	pack_hash_record(content, &record);
	if (verify_record(index->dir, index->pack, &record, err) == 0)
		return 0;
	if (err != NULL)
		err->code = EX_DATAERR;
	return -1;
}

static int check_all(struct index *index, struct hash *content,
		     struct error *err)
{
	size_t i;

	for (i = 0; i < index->count; i++)
		if (check_record(index, index->records[i], content, err) != 0)
			return -1;
	return 0;
}

int pack_check(int dir, int pack, char name[LAYOUT_GENERATION_DIGITS + 1],
	       size_t *records, struct error *err)
{
	struct index index = {.dir = dir, .pack = pack};
	struct hash *content = NULL;
	int status = -1;

	if (read_footer(&index, err) == 0 && read_slots(&index, err) == 0)
		content = hash_start(err);
	if (content != NULL && check_all(&index, content, err) == 0) {
		status = hash_finish_hex(content, name, err);
		content = NULL;
	}
	hash_discard(content);
	free(index.records);
	if (status != 0)
		return -1;
	*records = index.count;
	return 0;
}
