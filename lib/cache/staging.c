#include "cache/staging.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/compress.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/hex.h"
#include "cache/pack.h"
#include "cache/verify.h"

struct staged {
	uint64_t hash;    /* of the name */
	size_t record_at; /* in `records` */
};

struct staging {
	int dir;
	int pack;
	uint64_t pack_bytes;   /* written so far */
	struct buffer records; /* their forms on disk */
	struct staged *staged;
	size_t count, capacity;
	struct hash *content; /* of the whole set, in the order of adding */
};

struct staging *staging_start(int site, struct error *err)
{
	struct staging *staging = calloc(1, sizeof(*staging));

	if (staging == NULL) {
		error_no_memory(err);
		return NULL;
	}
	staging->pack = -1;
	staging->dir = files_make_dir(site, LAYOUT_STAGING, err);
	if (staging->dir < 0)
		goto failed;
	staging->pack =
		openat(staging->dir, LAYOUT_PACK,
		       O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		       0644);
	if (staging->pack < 0) {
		error_set(err, EX_CANTCREAT, "cannot create %s: %s",
			  LAYOUT_PACK, strerror(errno));
		goto failed;
	}
	if (files_write(staging->pack, PACK_MAGIC, PACK_MAGIC_BYTES,
			LAYOUT_PACK, err) != 0)
		goto failed;
	staging->pack_bytes = PACK_MAGIC_BYTES;
	staging->content = hash_start(err);
	if (staging->content != NULL)
		return staging;
failed:
	staging_free(staging);
	return NULL;
}

void staging_free(struct staging *staging)
{
	if (staging == NULL)
		return;
	if (staging->pack >= 0)
		close(staging->pack);
	if (staging->dir >= 0)
		close(staging->dir);
	hash_discard(staging->content);
	buffer_free(&staging->records);
	free(staging->staged);
	free(staging);
}

/* A name that is also a file's must stay one, and out of the pack's way. */
static int check(const struct cache_representation *representation,
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
	if (representation->is_file &&
	    (strchr(name, '/') != NULL || name[0] == '.' ||
	     strcmp(name, LAYOUT_PACK) == 0))
		return error_set(err, EX_SOFTWARE, "%s is no plain file name",
				 name);
	return 0;
}

static int write_file(struct staging *staging, const char *name,
		      const char *suffix, const void *bytes, size_t length,
		      struct error *err)
{
	struct buffer path = BUFFER_EMPTY;
	int status;

	buffer_format(&path, "%s%s", name, suffix);
	status = buffer_check(&path, err);
	if (status == 0)
		status = files_create(staging->dir, path.data, bytes, length,
				      err);
	buffer_free(&path);
	return status;
}

/* Writes one coding of a body and describes it in `body`. */
static int write_body(struct staging *staging,
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
		return write_file(staging, representation->name,
				  pack_coding_suffixes[coding], bytes, length,
				  err);
	}
	body->offset = staging->pack_bytes;
	staging->pack_bytes += length;
	return files_write(staging->pack, bytes, length, LAYOUT_PACK, err);
}

/* Remembers where a record begins, for the slots. */
static int remember(struct staging *staging, const char *name,
		    struct error *err)
{
	struct staged *grown;
	size_t capacity;

	if (staging->count == staging->capacity) {
		capacity = staging->capacity != 0 ? 2 * staging->capacity : 64;
		grown = reallocarray(staging->staged, capacity, sizeof(*grown));
		if (grown == NULL)
			return error_no_memory(err);
		staging->staged = grown;
		staging->capacity = capacity;
	}
	staging->staged[staging->count].hash = pack_hash(name, strlen(name));
	staging->staged[staging->count].record_at = staging->records.length;
	staging->count++;
	return 0;
}

/* What makes two sets different: names, types, flags, bytes; not offsets. */
static void hash_record(struct hash *content, const struct pack_record *record)
{
	int i;

	hash_update_text(content, record->name, record->name_length);
	hash_update_text(content, record->media_type,
			 record->media_type_length);
	hash_update(content, record->flags & PACK_IS_FILE ? "f" : "p", 1);
	for (i = 0; i < PACK_CODINGS; i++)
		hash_update(content, record->bodies[i].tag, PACK_TAG_BYTES);
}

int staging_add(struct staging *staging,
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

	if (check(representation, err) != 0 ||
	    compress_gzip(&coded[PACK_GZIP], representation->body, length,
			  err) != 0 ||
	    compress_brotli(&coded[PACK_BROTLI], representation->body, length,
			    err) != 0 ||
	    write_body(staging, representation, PACK_IDENTITY,
		       representation->body, length,
		       &record.bodies[PACK_IDENTITY], err) != 0)
		goto out;
	for (i = PACK_GZIP; i < PACK_CODINGS; i++)
		if (coded[i].length < length &&
		    write_body(staging, representation, (enum pack_coding)i,
			       coded[i].data, coded[i].length,
			       &record.bodies[i], err) != 0)
			goto out;
	if (remember(staging, representation->name, err) != 0)
		goto out;
	pack_write_record(&staging->records, &record);
	hash_record(staging->content, &record);
	status = buffer_check(&staging->records, err);
out:
	for (i = 0; i < PACK_CODINGS; i++)
		buffer_free(&coded[i]);
	return status;
}

static struct pack_record record_at(const struct staging *staging, size_t at)
{
	struct pack_record record = {0};

	pack_read_record((const unsigned char *)staging->records.data + at,
			 staging->records.length - at, &record);
	return record;
}

/* Puts every record into its slot; two of one name are refused. */
static int fill_slots(const struct staging *staging, struct staged **slots,
		      size_t slot_count, struct error *err)
{
	size_t i, slot;

	for (i = 0; i < staging->count; i++) {
		struct staged *staged = &staging->staged[i];
		struct pack_record mine = record_at(staging, staged->record_at);

		slot = staged->hash & (slot_count - 1);
		for (; slots[slot] != NULL; slot = (slot + 1) % slot_count) {
			struct pack_record other =
				record_at(staging, slots[slot]->record_at);

			if (mine.name_length == other.name_length &&
			    memcmp(mine.name, other.name, mine.name_length) ==
				    0)
				return error_set(err, EX_SOFTWARE,
						 "%.*s was added twice",
						 (int)mine.name_length,
						 mine.name);
		}
		slots[slot] = staged;
	}
	return 0;
}

/* Writes records, slots and footer behind the bodies. */
static int write_index(struct staging *staging, struct error *err)
{
	uint64_t records_at = staging->pack_bytes;
	struct buffer tail = BUFFER_EMPTY;
	size_t slot_count = 16, i;
	struct staged **slots;
	int status = -1;

	while (slot_count < 2 * staging->count)
		slot_count *= 2;
	slots = calloc(slot_count, sizeof(struct staged *));
	if (slots == NULL)
		return error_no_memory(err);
	if (fill_slots(staging, slots, slot_count, err) != 0)
		goto out;
	for (i = 0; i < slot_count; i++) {
		pack_write_u64(&tail, slots[i] != NULL ? slots[i]->hash : 0);
		pack_write_u64(&tail, slots[i] != NULL
					      ? records_at + slots[i]->record_at
					      : 0);
	}
	pack_write_u64(&tail, records_at + staging->records.length);
	pack_write_u64(&tail, slot_count);
	pack_write_u64(&tail, staging->count);
	buffer_append(&tail, PACK_MAGIC, PACK_MAGIC_BYTES);
	if (buffer_check(&tail, err) != 0 ||
	    files_write(staging->pack, staging->records.data,
			staging->records.length, LAYOUT_PACK, err) != 0 ||
	    files_write(staging->pack, tail.data, tail.length, LAYOUT_PACK,
			err) != 0)
		goto out;
	status = files_sync(staging->pack, LAYOUT_PACK, err);
out:
	buffer_free(&tail);
	free(slots);
	return status;
}

int staging_finish(struct staging *staging,
		   char name[LAYOUT_GENERATION_DIGITS + 1], struct error *err)
{
	unsigned char digest[HASH_BYTES];
	struct hash *content = staging->content;

	if (write_index(staging, err) != 0 ||
	    verify_bodies(staging->dir, staging->pack, &staging->records,
			  err) != 0 ||
	    files_sync(staging->dir, LAYOUT_STAGING, err) != 0)
		return -1;
	staging->content = NULL;
	if (hash_finish(content, digest, err) != 0)
		return -1;
	hex_encode(digest, sizeof(digest), name);
	return 0;
}
