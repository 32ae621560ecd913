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
#include "cache/pack_index.h"
#include "cache/pack_reuse.h"
#include "cache/pack_stream.h"
#include "cache/verify.h"

/* What is written to the pack at a time. */
#define WRITE_BYTES ((size_t)256 << 10)

struct pack_builder {
	int dir; /* for plain files; borrowed, as are the next two */
	int pack;
	const struct pack_reuse *reuse; /* NULL: nothing */
	struct buffer unwritten;        /* of the pack */
	uint64_t pack_bytes;            /* what is unwritten included */
	struct pack_index index;
	struct pack_stream *stream; /* of the body that comes in pieces */
	struct hash *content; /* of the whole set, in the order of adding */
};

static int flush(struct pack_builder *builder, struct error *err)
{
	struct buffer *bytes = &builder->unwritten;
	int status = buffer_check(bytes, err);

	if (status == 0)
		status = files_write(builder->pack, bytes->data, bytes->length,
				     LAYOUT_PACK, err);
	buffer_clear(bytes);
	return status;
}

static int write_pack(struct pack_builder *builder, const void *bytes,
		      size_t length, struct error *err)
{
	buffer_append(&builder->unwritten, bytes, length);
	builder->pack_bytes += length;
	if (builder->unwritten.length < WRITE_BYTES &&
	    !builder->unwritten.has_failed)
		return 0;
	return flush(builder, err);
}

struct pack_builder *pack_builder_start(int dir, int pack,
					const struct pack_reuse *reuse,
					struct error *err)
{
	struct pack_builder *builder = calloc(1, sizeof(*builder));

	if (builder == NULL) {
		error_no_memory(err);
		return NULL;
	}
	builder->dir = dir;
	builder->pack = pack;
	builder->reuse = reuse;
	if (write_pack(builder, PACK_MAGIC, PACK_MAGIC_BYTES, err) == 0)
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
	pack_stream_free(builder->stream);
	pack_index_free(&builder->index);
	buffer_free(&builder->unwritten);
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
	if (representation->has_more && !representation->is_file)
		return error_set(err, EX_SOFTWARE,
				 "%s comes in pieces and is no file", name);
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

/* Writes one coding of a body, unless its file is linked, and says where it
 * is. */
static int write_body(struct pack_builder *builder,
		      const struct cache_representation *representation,
		      enum pack_coding coding, const void *bytes, size_t length,
		      bool is_linked, struct pack_body *body, struct error *err)
{
	body->length = length;
	if (representation->is_file) {
		body->offset = 1;
		if (is_linked)
			return 0;
		return write_file(builder, representation->name,
				  pack_coding_suffixes[coding], bytes, length,
				  err);
	}
	body->offset = builder->pack_bytes;
	return write_pack(builder, bytes, length, err);
}

static int tag_body(struct pack_body *body, const void *bytes, size_t length,
		    struct error *err)
{
	unsigned char digest[HASH_BYTES];

	if (hash_bytes(bytes, length, digest, err) != 0)
		return -1;
	memcpy(body->tag, digest, PACK_TAG_BYTES);
	body->length = length;
	return 0;
}

/* Puts the record behind its bodies. */
static int write_record(struct pack_builder *builder,
			const struct pack_record *record, struct error *err)
{
	size_t before = builder->unwritten.length;

	if (pack_index_add(&builder->index, record->name, builder->pack_bytes,
			   err) != 0)
		return -1;
	pack_write_record(&builder->unwritten, record);
	builder->pack_bytes += builder->unwritten.length - before;
	pack_hash_record(builder->content, record);
	return buffer_check(&builder->unwritten, err);
}

/* Codes the body, or takes over what it was coded to before; then its files,
 * where it has some, are linked if they can be, and `is_linked` says whether. */
static int code(const struct pack_builder *builder,
		const struct cache_representation *representation,
		const struct pack_record *record,
		struct buffer coded[PACK_CODINGS], bool *is_linked,
		struct error *err)
{
	if (representation->effort == COMPRESS_NOT)
		return 0;
	if (pack_reuse_take(builder->reuse, record, coded)) {
		*is_linked =
			representation->is_file &&
			pack_reuse_link(builder->reuse, record, builder->dir);
		return 0;
	}
	if (compress_gzip(&coded[PACK_GZIP], representation->body,
			  representation->body_bytes, representation->effort,
			  err) != 0)
		return -1;
	return compress_brotli(&coded[PACK_BROTLI], representation->body,
			       representation->body_bytes,
			       representation->effort, err);
}

static int add_whole(struct pack_builder *builder,
		     const struct cache_representation *representation,
		     struct pack_record *record, struct error *err)
{
	struct buffer coded[PACK_CODINGS] = {{0}};
	size_t length = representation->body_bytes;
	bool is_linked = false;
	int status = -1, i;

	if (tag_body(&record->bodies[PACK_IDENTITY], representation->body,
		     length, err) != 0 ||
	    code(builder, representation, record, coded, &is_linked, err) !=
		    0 ||
	    write_body(builder, representation, PACK_IDENTITY,
		       representation->body, length, is_linked,
		       &record->bodies[PACK_IDENTITY], err) != 0)
		goto out;
	for (i = PACK_GZIP; i < PACK_CODINGS; i++)
		if (coded[i].length > 0 && coded[i].length < length &&
		    (tag_body(&record->bodies[i], coded[i].data,
			      coded[i].length, err) != 0 ||
		     write_body(builder, representation, (enum pack_coding)i,
				coded[i].data, coded[i].length, is_linked,
				&record->bodies[i], err) != 0))
			goto out;
	status = 0;
out:
	for (i = 0; i < PACK_CODINGS; i++)
		buffer_free(&coded[i]);
	return status;
}

/* Returns 1 where more is to come, 0 where the body is whole, -1. */
static int add_piece(struct pack_builder *builder,
		     const struct cache_representation *representation,
		     struct pack_record *record, struct error *err)
{
	int status;

	if (builder->stream == NULL)
		builder->stream = pack_stream_start(builder->dir,
						    representation->name, err);
	if (builder->stream == NULL ||
	    pack_stream_write(builder->stream, representation->body,
			      representation->body_bytes, err) != 0)
		return -1;
	if (representation->has_more)
		return 1;
	status = pack_stream_finish(builder->stream, record->bodies, err);
	pack_stream_free(builder->stream);
	builder->stream = NULL;
	return status;
}

static uint32_t flags_of(const struct cache_representation *representation)
{
	return (representation->is_file ? PACK_IS_FILE : 0u) |
	       (representation->is_aside ? PACK_IS_ASIDE : 0u) |
	       (uint32_t)representation->effort << PACK_EFFORT_SHIFT;
}

int pack_builder_add(struct pack_builder *builder,
		     const struct cache_representation *representation,
		     struct error *err)
{
	struct pack_record record = {
		.name = representation->name,
		.name_length = strlen(representation->name),
		.media_type = representation->media_type,
		.media_type_length = strlen(representation->media_type),
		.flags = flags_of(representation),
	};
	bool is_in_pieces = representation->has_more || builder->stream != NULL;
	int status = check(builder, representation, err);

	if (status == 0)
		status = (is_in_pieces ? add_piece : add_whole)(
			builder, representation, &record, err);
	if (status == 0)
		return write_record(builder, &record, err);
	return status > 0 ? 0 : -1;
}

int pack_builder_repeat(struct pack_builder *builder, const char *name,
			size_t *body_bytes, struct error *err)
{
	struct buffer body = BUFFER_EMPTY;
	struct cache_entry entry;
	struct cache_representation representation = {.name = name};
	int status = 0;

	if (pack_reuse_read(builder->reuse, name, &entry, &body)) {
		representation.media_type = entry.media_type;
		representation.body = body.data;
		representation.body_bytes = *body_bytes = body.length;
		representation.is_file = entry.is_file;
		representation.is_aside = (entry.flags & PACK_IS_ASIDE) != 0;
		representation.effort = (enum compress_effort)(
			(entry.flags & PACK_EFFORT) >> PACK_EFFORT_SHIFT);
		status = pack_builder_add(builder, &representation, err) == 0
				 ? 1
				 : -1;
	}
	buffer_free(&body);
	return status;
}

bool pack_builder_is_live(const struct pack_builder *builder,
			  const struct cache_representation *representation)
{
	struct pack_record record = {
		.name = representation->name,
		.flags = flags_of(representation),
	};

	return tag_body(&record.bodies[PACK_IDENTITY], representation->body,
			representation->body_bytes, NULL) == 0 &&
	       pack_reuse_has(builder->reuse, &record);
}

/* Writes slots, coder and footer behind the records. */
static int write_index(struct pack_builder *builder, struct error *err)
{
	if (builder->stream != NULL)
		return error_set(err, EX_SOFTWARE,
				 "a body has not come to its end");
	/* Records of one name's hash are read back. */
	if (flush(builder, err) != 0 ||
	    pack_index_write(&builder->index, builder->pack,
			     builder->pack_bytes, &builder->unwritten,
			     err) != 0 ||
	    flush(builder, err) != 0)
		return -1;
	return files_sync(builder->pack, LAYOUT_PACK, err);
}

static int verify_all(const struct pack_builder *builder, struct error *err)
{
	struct buffer bytes = BUFFER_EMPTY;
	struct pack_record record;
	int status = 0;
	size_t i;

	for (i = 0; i < builder->index.count && status == 0; i++) {
		status = pack_index_read(builder->pack,
					 builder->index.entries[i].at, &bytes,
					 &record, err);
		if (status == 0)
			status = verify_record(builder->dir, builder->pack,
					       &record, err);
	}
	buffer_free(&bytes);
	return status;
}

int pack_builder_finish(struct pack_builder *builder,
			char name[LAYOUT_GENERATION_DIGITS + 1],
			struct error *err)
{
	struct hash *content = builder->content;

	if (write_index(builder, err) != 0 || verify_all(builder, err) != 0)
		return -1;
	builder->content = NULL;
	return hash_finish_hex(content, name, err);
}
