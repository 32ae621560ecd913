#include <string.h>

#include "base/hex.h"
#include "cache/cache_reader.h"
#include "movies_record.h"

/* The name that the body of the collection at a path has in the set. */
#define NAME "upstream%s"

static int add_body(struct cache_writer *writer,
		    const struct upstream_collection *collection,
		    struct error *err)
{
	struct cache_representation representation = {
		.media_type = "application/json",
		.body = collection->body.data,
		.body_bytes = collection->body.length,
		.is_aside = true,
		.effort = COMPRESS_NOT,
	};
	struct buffer name = BUFFER_EMPTY;
	int status;

	buffer_format(&name, NAME, collection->path);
	representation.name = name.data;
	status = buffer_check(&name, err);
	if (status == 0)
		status = cache_writer_add(writer, &representation, err);
	buffer_free(&name);
	return status;
}

int movies_bodies_add(
	struct cache_writer *writer,
	const struct upstream_collection collections[MOVIES_COLLECTIONS],
	struct movies_record *record, struct error *err)
{
	int i;

	for (i = 0; i < MOVIES_COLLECTIONS; i++) {
		record->bodies[i][0] = '\0';
		if (collections[i].body.length != 0 &&
		    (add_body(writer, &collections[i], err) != 0 ||
		     hash_bytes_hex(collections[i].body.data,
				    collections[i].body.length,
				    record->bodies[i], err) != 0))
			return -1;
	}
	return 0;
}

static bool read_body(const struct cache_snapshot *snapshot, const char *name,
		      struct buffer *out)
{
	struct cache_entry entry;
	struct cache_body body;
	size_t length;
	ssize_t got;

	if (cache_snapshot_find(snapshot, name, &entry, NULL) != 1 ||
	    entry.bodies[CACHE_IDENTITY].length > UPSTREAM_MAX_KEPT_BYTES)
		return false;
	length = (size_t)entry.bodies[CACHE_IDENTITY].length;
	if (buffer_reserve(out, length) != 0 ||
	    cache_body_open(snapshot, name, &entry, CACHE_IDENTITY, &body,
			    NULL) != 0)
		return false;
	got = cache_body_read(&body, 0, out->data, length, NULL);
	cache_body_close(&body);
	out->length = got > 0 ? (size_t)got : 0;
	out->data[out->length] = '\0';
	return got == (ssize_t)length;
}

/* Whether the record speaks of exactly these bytes. */
static bool is_known(const struct movies_record *record,
		     const struct buffer *body)
{
	char digest[HASH_HEX_BYTES];
	int i;

	if (hash_bytes_hex(body->data, body->length, digest, NULL) != 0)
		return false;
	for (i = 0; i < MOVIES_COLLECTIONS; i++)
		if (strcmp(digest, record->bodies[i]) == 0)
			return true;
	return false;
}

int movies_body_read(const char *cache_dir, const struct movies_record *record,
		     const char *path, struct buffer *body)
{
	struct cache_snapshot snapshot;
	struct buffer name = BUFFER_EMPTY;
	bool is_read = false;

	buffer_format(&name, NAME, path);
	if (buffer_check(&name, NULL) == 0 &&
	    cache_snapshot_open(cache_dir, MOVIES_SITE, &snapshot, NULL) == 0) {
		is_read = read_body(&snapshot, name.data, body) &&
			  is_known(record, body);
		cache_snapshot_close(&snapshot);
	}
	buffer_free(&name);
	return is_read;
}
