#include "cache/pack.h"

#include <string.h>

const char *const pack_coding_suffixes[PACK_CODINGS] = {"", ".gz", ".br"};

/* FNV-1a (RFC draft-eastlake-fnv), folded once more so that the low bits,
 * which choose the slot, depend on all of it. The names are the publisher's
 * own: nobody outside can choose colliding ones at will without also being
 * found out by the name that is compared in the end. */
uint64_t pack_hash(const char *name, size_t length)
{
	uint64_t hash = 0xcbf29ce484222325u;
	size_t i;

	for (i = 0; i < length; i++)
		hash = (hash ^ (unsigned char)name[i]) * 0x100000001b3u;
	hash ^= hash >> 32;
	return hash != 0 ? hash : 1;
}

static void write_number(struct buffer *out, uint64_t value, int bytes)
{
	for (; bytes > 0; bytes--, value >>= 8)
		buffer_char(out, (char)(value & 0xff));
}

static uint64_t read_number(const unsigned char *bytes, int count)
{
	uint64_t value = 0;

	while (count-- > 0)
		value = value << 8 | bytes[count];
	return value;
}

void pack_write_u64(struct buffer *out, uint64_t value)
{
	write_number(out, value, 8);
}

uint64_t pack_read_u64(const unsigned char *bytes)
{
	return read_number(bytes, 8);
}

void pack_write_record(struct buffer *out, const struct pack_record *record)
{
	int i;

	write_number(out, record->name_length, 2);
	write_number(out, record->media_type_length, 2);
	write_number(out, record->flags, 4);
	for (i = 0; i < PACK_CODINGS; i++) {
		pack_write_u64(out, record->bodies[i].offset);
		pack_write_u64(out, record->bodies[i].length);
		buffer_append(out, record->bodies[i].tag, PACK_TAG_BYTES);
	}
	buffer_append(out, record->name, record->name_length);
	buffer_append(out, record->media_type, record->media_type_length);
}

size_t pack_read_record(const unsigned char *bytes, size_t length,
			struct pack_record *record)
{
	const unsigned char *at = bytes + 8;
	size_t whole;
	int i;

	if (length < PACK_RECORD_HEAD_BYTES)
		return 0;
	record->name_length = (size_t)read_number(bytes, 2);
	record->media_type_length = (size_t)read_number(bytes + 2, 2);
	record->flags = (uint32_t)read_number(bytes + 4, 4);
	whole = PACK_RECORD_HEAD_BYTES + record->name_length +
		record->media_type_length;
	if (whole > length)
		return 0;
	for (i = 0; i < PACK_CODINGS; i++) {
		record->bodies[i].offset = pack_read_u64(at);
		record->bodies[i].length = pack_read_u64(at + 8);
		memcpy(record->bodies[i].tag, at + 16, PACK_TAG_BYTES);
		at += 16 + PACK_TAG_BYTES;
	}
	record->name = (const char *)at;
	record->media_type = (const char *)at + record->name_length;
	return whole;
}
