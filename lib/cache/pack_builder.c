#include "cache/pack_builder.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/compress.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/hex.h"
#include "cache/pack.h"
#include "cache/verify.h"

struct added {
	uint64_t hash;    /* of the name */
	size_t record_at; /* in `records` */
};

struct pack_builder {
	int dir; /* for plain files; borrowed, as is the pack */
	int pack;
	uint64_t pack_bytes;   /* written so far */
	struct buffer records; /* their forms on disk */
	struct added *added;
	size_t count, capacity;
	struct hash *content; /* of the whole set, in the order of adding */
};

struct pack_builder *pack_builder_start(int dir, int pack, struct error *err)
{
	struct pack_builder *builder = calloc(1, sizeof(*builder));

	if (builder == NULL) {
		error_no_memory(err);
		return NULL;
	}
	builder->dir = dir;
	builder->pack = pack;
	builder->pack_bytes = PACK_MAGIC_BYTES;
	if (files_write(pack, PACK_MAGIC, PACK_MAGIC_BYTES, LAYOUT_PACK, err) ==
	    0)
		builder->content = hash_start(err);
	if (builder->content != NULL)
		return builder;
	pack_builder_free(builder);
	return NULL;
}

void pack_builder_free(struct pack_builder *builder)
{
	if (builder == NULL)
		return;
	hash_discard(builder->content);
	buffer_free(&builder->records);
	free(builder->added);
	free(builder);
}

/* A name that is also a file's must stay one, and out of the pack's way. */
static int check(const struct pack_builder *builder,
		 const struct cache_representation *representation,
		 struct error *err)
{
	const char *name = representation->name;
	size_t length = strlen(name);

	if (length == 0 || length > PACK_MAX_NAME_BYTES)
		return error_set(err, EX_SOFTWARE,
				 "a representation's name has %zu bytes, "
				 "1 to %d are allowed",
				 length, PACK_MAX_NAME_BYTES);
	if (strlen(representation->media_type) > PACK_MAX_MEDIA_TYPE_BYTES)
		return error_set(err, EX_SOFTWARE,
				 "the media type of %s is longer than %d bytes",
				 name, PACK_MAX_MEDIA_TYPE_BYTES);
	if (representation->is_file && builder->dir < 0)
		return error_set(err, EX_SOFTWARE,
				 "%s has no directory to be a file in", name);
	if (representation->is_file &&
	    (strchr(name, '/') != NULL || name[0] == '.' ||
	     strcmp(name, LAYOUT_PACK) == 0))
		return error_set(err, EX_SOFTWARE, "%s is no plain file name",
				 name);
	return 0;
}

static int write_file(struct pack_builder *builder, const char *name,
		      const char *suffix, const void *bytes, size_t length,
		      struct error *err)
{
	struct buffer path = BUFFER_EMPTY;
	int status;

	buffer_format(&path, "%s%s", name, suffix);
	status = buffer_check(&path, err);
	if (status == 0)
		status = files_create(builder->dir, path.data, bytes, length,
				      err);
	buffer_free(&path);
	return status;
}

/* Writes one coding of a body and describes it in `body`. */
static int write_body(struct pack_builder *builder,
		      const struct cache_representation *representation,
		      enum pack_coding coding, const void *bytes, size_t length,
		      struct pack_body *body, struct error *err)
{
	unsigned char digest[HASH_BYTES];

	if (hash_bytes(bytes, length, digest, err) != 0)
		return -1;
	memcpy(body->tag, digest, PACK_TAG_BYTES);
	body->length = length;
	if (representation->is_file) {
		body->offset = 1;
		return write_file(builder, representation->name,
				  pack_coding_suffixes[coding], bytes, length,
				  err);
	}
	body->offset = builder->pack_bytes;
	builder->pack_bytes += length;
	return files_write(builder->pack, bytes, length, LAYOUT_PACK, err);
}

/* Remembers where a record begins, for the slots. */
static int remember(struct pack_builder *builder, const char *name,
		    struct error *err)
{
	struct added *grown;
	size_t capacity;

	if (builder->count == builder->capacity) {
		capacity = builder->capacity != 0 ? 2 * builder->capacity : 64;
		grown = reallocarray(builder->added, capacity, sizeof(*grown));
		if (grown == NULL)
			return error_no_memory(err);
		builder->added = grown;
		builder->capacity = capacity;
	}
	builder->added[builder->count].hash = pack_hash(name, strlen(name));
	builder->added[builder->count].record_at = builder->records.length;
	builder->count++;
	return 0;
}

/* What is a file is what everybody asks for; in the pack alone stand the many,
 * each of them asked for now and then. */
static int compress(const struct cache_representation *representation,
		    struct buffer coded[PACK_CODINGS], struct error *err)
{
	enum compress_effort effort =
		representation->is_file ? COMPRESS_WELL : COMPRESS_QUICKLY;

	if (compress_gzip(&coded[PACK_GZIP], representation->body,
			  representation->body_bytes, effort, err) != 0)
		return -1;
	return compress_brotli(&coded[PACK_BROTLI], representation->body,
			       representation->body_bytes, effort, err);
}

int pack_builder_add(struct pack_builder *builder,
		     const struct cache_representation *representation,
		     struct error *err)
{
	struct buffer coded[PACK_CODINGS] = {{0}};
	struct pack_record record = {
		.name = representation->name,
		.name_length = strlen(representation->name),
		.media_type = representation->media_type,
		.media_type_length = strlen(representation->media_type),
		.flags = representation->is_file ? PACK_IS_FILE : 0,
	};
	size_t length = representation->body_bytes;
	int status = -1, i;

	if (check(builder, representation, err) != 0 ||
	    compress(representation, coded, err) != 0 ||
	    write_body(builder, representation, PACK_IDENTITY,
		       representation->body, length,
		       &record.bodies[PACK_IDENTITY], err) != 0)
		goto out;
	for (i = PACK_GZIP; i < PACK_CODINGS; i++)
		if (coded[i].length < length &&
		    write_body(builder, representation, (enum pack_coding)i,
			       coded[i].data, coded[i].length,
			       &record.bodies[i], err) != 0)
			goto out;
	if (remember(builder, representation->name, err) != 0)
		goto out;
	pack_write_record(&builder->records, &record);
	pack_hash_record(builder->content, &record);
	status = buffer_check(&builder->records, err);
out:
	for (i = 0; i < PACK_CODINGS; i++)
		buffer_free(&coded[i]);
	return status;
}

static struct pack_record record_at(const struct pack_builder *builder,
				    size_t at)
{
	struct pack_record record = {0};

	pack_read_record((const unsigned char *)builder->records.data + at,
			 builder->records.length - at, &record);
	return record;
}

/* Puts every record into its slot; two of one name are refused. */
static int fill_slots(const struct pack_builder *builder, struct added **slots,
		      size_t slot_count, struct error *err)
{
	size_t i, slot;

	for (i = 0; i < builder->count; i++) {
		struct added *added = &builder->added[i];
		struct pack_record mine = record_at(builder, added->record_at);

		slot = added->hash & (slot_count - 1);
		for (; slots[slot] != NULL; slot = (slot + 1) % slot_count) {
			struct pack_record other =
				record_at(builder, slots[slot]->record_at);

			if (mine.name_length == other.name_length &&
			    memcmp(mine.name, other.name, mine.name_length) ==
				    0)
				return error_set(err, EX_SOFTWARE,
						 "%.*s was added twice",
						 (int)mine.name_length,
						 mine.name);
		}
		slots[slot] = added;
	}
	return 0;
}

/* Writes records, slots and footer behind the bodies. */
static int write_index(struct pack_builder *builder, struct error *err)
{
	uint64_t records_at = builder->pack_bytes;
	struct buffer tail = BUFFER_EMPTY;
	size_t slot_count = 16, i;
	struct added **slots;
	int status = -1;

	while (slot_count < 2 * builder->count)
		slot_count *= 2;
	slots = calloc(slot_count, sizeof(struct added *));
	if (slots == NULL)
		return error_no_memory(err);
	if (fill_slots(builder, slots, slot_count, err) != 0)
		goto out;
	for (i = 0; i < slot_count; i++) {
		pack_write_u64(&tail, slots[i] != NULL ? slots[i]->hash : 0);
		pack_write_u64(&tail, slots[i] != NULL
					      ? records_at + slots[i]->record_at
					      : 0);
	}
	pack_write_u64(&tail, records_at + builder->records.length);
	pack_write_u64(&tail, slot_count);
	pack_write_u64(&tail, builder->count);
	buffer_append(&tail, PACK_MAGIC, PACK_MAGIC_BYTES);
	if (buffer_check(&tail, err) != 0 ||
	    files_write(builder->pack, builder->records.data,
			builder->records.length, LAYOUT_PACK, err) != 0 ||
	    files_write(builder->pack, tail.data, tail.length, LAYOUT_PACK,
			err) != 0)
		goto out;
	status = files_sync(builder->pack, LAYOUT_PACK, err);
out:
	buffer_free(&tail);
	free(slots);
	return status;
}

int pack_builder_finish(struct pack_builder *builder,
			char name[LAYOUT_GENERATION_DIGITS + 1],
			struct error *err)
{
	unsigned char digest[HASH_BYTES];
	struct hash *content = builder->content;

	if (write_index(builder, err) != 0 ||
	    verify_bodies(builder->dir, builder->pack, &builder->records,
			  err) != 0)
		return -1;
	builder->content = NULL;
	if (hash_finish(content, digest, err) != 0)
		return -1;
	hex_encode(digest, sizeof(digest), name);
	return 0;
}
