/* cache/pack_check.h: whatever comes from elsewhere, what is taken for a whole
 * pack has a name and records. The input is a pack without its magic numbers and
 * its footer: the last eight bytes say where the slots are and how many there
 * are of them. */
#include "cache/pack_check.h"

#include "cache/pack.h"
#include "fuzz.h"
#include "memory_pack.h"

#define MAX_BYTES 512

static uint64_t small_number(const uint8_t *bytes)
{
	return (uint64_t)bytes[0] | (uint64_t)bytes[1] << 8 |
	       (uint64_t)bytes[2] << 16 | (uint64_t)bytes[3] << 56;
}

FUZZ_TARGET(pack_check, MAX_BYTES)
{
	static struct buffer pack;
	char name[LAYOUT_GENERATION_DIGITS + 1];
	struct error err = {0};
	size_t records = 0;

	if (size < 8)
		return;
	buffer_clear(&pack);
	buffer_append(&pack, PACK_MAGIC, PACK_MAGIC_BYTES);
	buffer_append(&pack, data, size - 8);
	pack_write_u64(&pack, small_number(data + size - 8));
	pack_write_u64(&pack, data[size - 4]);
	pack_write_u64(&pack, data[size - 3]);
	buffer_append(&pack, PACK_MAGIC, PACK_MAGIC_BYTES);
	memory_pack_set(pack.data, pack.length);
	if (pack_check(-1, MEMORY_PACK, name, &records, &err) != 0) {
		FUZZ_CHECK(err.code == EX_DATAERR);
		return;
	}
	FUZZ_CHECK(records == data[size - 3] && records > 0);
	FUZZ_CHECK(strspn(name, "0123456789abcdef") == 64);
}
