/*
 * The pack: any number of representations in one file, found by name in three
 * reads, whether there are fifty or half a million.
 *
 *	magic		"marquee pack 1\n" and a NUL, 16 bytes
 *	bodies		one after another, each in up to three codings, and
 *			behind those of a representation its record, see
 *			struct pack_record
 *	slots		a hash table: a power of two of slots of 16 bytes,
 *			u64 hash of the name, u64 offset of the record
 *			(0: free); linear probing
 *	coder		u64, compress_coder() of who coded the bodies; older
 *			packs have none
 *	footer		PACK_FOOTER_BYTES: u64 offset of slots, u64 number of
 *			slots, u64 number of records, magic
 *
 * Numbers are little-endian. A record on disk:
 *
 *	u16 length of name, u16 length of media type, u32 flags
 *	3 × { u64 offset, u64 length, 16 bytes of tag }   identity, gzip, br
 *	name, media type
 *
 * A coding that was not worth keeping has offset 0. With PACK_IS_FILE the
 * bodies stand in the files <name>, <name>.gz, <name>.br beside the pack, and
 * offsets count from 1 (that is, from each file's first byte). (Older packs have
 * all records behind all bodies; no reader minds.)
 *
 * This header is the room's own: others use cache_writer.h and cache_reader.h.
 */
#ifndef MARQUEE_CACHE_PACK_H
#define MARQUEE_CACHE_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/hash.h"

#define PACK_MAGIC "marquee pack 1\n"
#define PACK_MAGIC_BYTES 16
#define PACK_FOOTER_BYTES (3 * 8 + PACK_MAGIC_BYTES)
#define PACK_SLOT_BYTES 16
#define PACK_TAG_BYTES 16
#define PACK_MAX_NAME_BYTES 1024
#define PACK_MAX_MEDIA_TYPE_BYTES 127

enum pack_coding { PACK_IDENTITY, PACK_GZIP, PACK_BROTLI, PACK_CODINGS };

/* What a coding's file adds to the name of its representation. */
extern const char *const pack_coding_suffixes[PACK_CODINGS];

enum pack_flag {
	PACK_IS_FILE = 1,
	PACK_IS_ASIDE = 2,
	PACK_EFFORT = 0xff00, /* enum compress_effort, shifted */
};
#define PACK_EFFORT_SHIFT 8

struct pack_body {
	uint64_t offset; /* 0: there is no body in this coding */
	uint64_t length; /* bytes */
	unsigned char tag[PACK_TAG_BYTES]; /* first half of its SHA-256 */
};

struct pack_record {
	const char *name; /* borrowed, `name_length` bytes */
	size_t name_length;
	const char *media_type; /* borrowed, `media_type_length` bytes */
	size_t media_type_length;
	uint32_t flags;
	struct pack_body bodies[PACK_CODINGS];
};

/* The hash that orders the slots: 64 bits, never 0. */
uint64_t pack_hash(const char *name, size_t length);

#define PACK_RECORD_HEAD_BYTES (8 + PACK_CODINGS * (16 + PACK_TAG_BYTES))

/* Appends the record's form on disk. */
void pack_write_record(struct buffer *out, const struct pack_record *record);

/* Reads a record from `length` bytes, of which it keeps pointers. Returns the
 * bytes it takes, or 0 where they hold no whole record. */
size_t pack_read_record(const unsigned char *bytes, size_t length,
			struct pack_record *record);

/* Adds to the digest of a set what makes it different from others: names, types,
 * flags, bytes; not offsets, and nothing of what stands aside. A generation's
 * name is that of all its records in their order. */
void pack_hash_record(struct hash *content, const struct pack_record *record);

void pack_write_u64(struct buffer *out, uint64_t value);
uint64_t pack_read_u64(const unsigned char *bytes);

#endif
