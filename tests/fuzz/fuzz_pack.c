/* cache/cache_reader.h and pack.h: whatever stands in the file, what is found
 * has that name and its body lies in the pack; what is written is found. The
 * input is a pack without its footer: the last eight bytes say where the slots
 * are and how many. */
#include "cache/pack.h"

#include "cache/cache_adopt.h"
#include "fuzz.h"
#include "memory_pack.h"

#define MAX_BYTES 512
#define NAME "a"

static void check_entry(const struct cache_snapshot *snapshot,
			const struct cache_entry *entry, size_t pack_bytes)
{
	struct cache_body body;
	char bytes[64];
	ssize_t got;

	FUZZ_CHECK(strlen(entry->media_type) < CACHE_MEDIA_TYPE_BYTES);
	FUZZ_CHECK(strlen(entry->bodies[0].etag) == 34);
	if (entry->is_file)
		return; /* its bodies stand beside the pack */
	FUZZ_CHECK(cache_body_open(snapshot, NAME, entry, CACHE_GZIP, &body,
				   NULL) == 0);
	got = cache_body_read(&body, 0, bytes, sizeof(bytes), NULL);
	FUZZ_CHECK(got <= (ssize_t)sizeof(bytes));
	if (got > 0) {
		FUZZ_CHECK((uint64_t)got <= body.length);
		FUZZ_CHECK(body.offset + (uint64_t)got <= pack_bytes);
	}
	cache_body_close(&body);
}

/* A record read from anywhere is written as the same bytes. */
static void check_record(const uint8_t *data, size_t size)
{
	static struct buffer out;
	struct pack_record record;
	size_t taken = pack_read_record(data, size, &record);

	FUZZ_CHECK(taken <= size);
	if (taken == 0)
		return;
	buffer_clear(&out);
	pack_write_record(&out, &record);
	FUZZ_CHECK(out.length == taken);
	FUZZ_CHECK(memcmp(out.data, data, taken) == 0);
}

static uint64_t small_number(const uint8_t *bytes)
{
	return (uint64_t)bytes[0] | (uint64_t)bytes[1] << 8 |
	       (uint64_t)bytes[2] << 16 | (uint64_t)bytes[3] << 56;
}

FUZZ_TARGET(pack, MAX_BYTES)
{
	static struct buffer pack;
	struct cache_snapshot snapshot;
	struct cache_entry entry;
	struct error err = {0};
	int found;

	check_record(data, size);
	if (size < 8)
		return;
	buffer_clear(&pack);
	buffer_append(&pack, data, size - 8);
	pack_write_u64(&pack, small_number(data + size - 8));
	pack_write_u64(&pack, small_number(data + size - 4));
	pack_write_u64(&pack, 1);
	buffer_append(&pack, PACK_MAGIC, PACK_MAGIC_BYTES);
	memory_pack_set(pack.data, pack.length);
	if (cache_snapshot_adopt(&snapshot, MEMORY_PACK, &err) != 0) {
		FUZZ_CHECK(err.code == EX_DATAERR);
		FUZZ_CHECK(memory_pack_closed() == 1);
		return;
	}
	found = cache_snapshot_find(&snapshot, NAME, &entry, &err);
	if (found == 1)
		check_entry(&snapshot, &entry, pack.length);
	else
		FUZZ_CHECK(found == 0 || err.code == EX_DATAERR);
	cache_snapshot_close(&snapshot);
	FUZZ_CHECK(memory_pack_closed() == 1);
}
