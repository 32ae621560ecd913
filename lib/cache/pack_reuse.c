#include "cache/pack_reuse.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/compress.h"
#include "base/hash.h"
#include "base/hex.h"
#include "cache/cache_adopt.h"
#include "cache/layout.h"

struct pack_reuse {
	struct cache_snapshot live;
};

struct pack_reuse *pack_reuse_open(int site)
{
	struct pack_reuse *reuse = calloc(1, sizeof(*reuse));
	int dir = openat(site, LAYOUT_CURRENT,
			 O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int pack = dir < 0 ? -1
			   : openat(dir, LAYOUT_PACK,
				    O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (reuse != NULL && pack >= 0 &&
	    cache_snapshot_adopt(&reuse->live, pack, NULL) == 0) {
		reuse->live.dir = dir;
		if (cache_snapshot_coder(&reuse->live) == compress_coder())
			return reuse;
		pack_reuse_close(reuse);
		return NULL;
	}
	/* What adopts a pack closes it, also where it is none. */
	if (reuse == NULL && pack >= 0)
		close(pack);
	if (dir >= 0)
		close(dir);
	free(reuse);
	return NULL;
}

void pack_reuse_close(struct pack_reuse *reuse)
{
	if (reuse == NULL)
		return;
	cache_snapshot_close(&reuse->live);
	free(reuse);
}

/* Whether the bytes have the tag; `etag` is it in hexadecimal, with quotes. */
static bool has_tag(const struct buffer *bytes, const char *etag)
{
	unsigned char digest[HASH_BYTES];
	char hex[2 * PACK_TAG_BYTES + 1];

	if (hash_bytes(bytes->data, bytes->length, digest, NULL) != 0)
		return false;
	hex_encode(digest, PACK_TAG_BYTES, hex);
	return strlen(etag) == 2 * PACK_TAG_BYTES + 2 &&
	       memcmp(etag + 1, hex, 2 * PACK_TAG_BYTES) == 0;
}

/* A plain file must end where its body ends, or it fails the set that it is
 * linked into. */
static bool ends_there(const struct cache_body *body)
{
	struct stat status;

	return !body->is_fd_own || (fstat(body->fd, &status) == 0 &&
				    (uint64_t)status.st_size == body->length);
}

static bool read_coding(const struct pack_reuse *reuse, const char *name,
			const struct cache_entry *entry,
			enum cache_coding coding, struct buffer *out)
{
	uint64_t length = entry->bodies[coding].length;
	struct cache_body body;
	ssize_t got = -1;

	/* One that is kept is smaller than the identity, which is held. */
	if (length > entry->bodies[CACHE_IDENTITY].length ||
	    buffer_reserve(out, (size_t)length) != 0 ||
	    cache_body_open(&reuse->live, name, entry, coding, &body, NULL))
		return false;
	if (ends_there(&body))
		got = cache_body_read(&body, 0, out->data + out->length,
				      (size_t)length, NULL);
	cache_body_close(&body);
	if (got != (ssize_t)length)
		return false;
	out->length += (size_t)length;
	out->data[out->length] = '\0';
	return has_tag(out, entry->bodies[coding].etag);
}

static bool is_same_body(const struct cache_entry *entry,
			 const struct pack_record *record)
{
	const struct pack_body *body = &record->bodies[PACK_IDENTITY];
	char hex[2 * PACK_TAG_BYTES + 1];

	hex_encode(body->tag, PACK_TAG_BYTES, hex);
	return entry->flags == record->flags &&
	       entry->bodies[CACHE_IDENTITY].length == body->length &&
	       memcmp(entry->bodies[CACHE_IDENTITY].etag + 1, hex,
		      sizeof(hex) - 1) == 0;
}

/* Finds the live representation that has the record's identity. */
static bool find_same(const struct pack_reuse *reuse,
		      const struct pack_record *record,
		      struct cache_entry *entry)
{
	return reuse != NULL &&
	       cache_snapshot_find(&reuse->live, record->name, entry, NULL) ==
		       1 &&
	       is_same_body(entry, record);
}

bool pack_reuse_take(const struct pack_reuse *reuse,
		     const struct pack_record *record,
		     struct buffer coded[PACK_CODINGS])
{
	struct cache_entry entry;
	bool is_whole;
	int i;

	if (!find_same(reuse, record, &entry))
		return false;
	is_whole = true;
	for (i = PACK_GZIP; i < PACK_CODINGS && is_whole; i++)
		if (entry.bodies[i].is_present)
			is_whole = read_coding(reuse, record->name, &entry,
					       (enum cache_coding)i, &coded[i]);
	for (i = PACK_GZIP; i < PACK_CODINGS && !is_whole; i++)
		buffer_free(&coded[i]);
	return is_whole;
}

/* Links the file of one coding, or unlinks it. */
static int set_link(const struct pack_reuse *reuse, const char *name,
		    enum pack_coding coding, int dir, bool is_wanted)
{
	struct buffer path = BUFFER_EMPTY;
	int status = -1;

	buffer_format(&path, "%s%s", name, pack_coding_suffixes[coding]);
	if (buffer_check(&path, NULL) == 0)
		status = is_wanted ? linkat(reuse->live.dir, path.data, dir,
					    path.data, 0)
				   : unlinkat(dir, path.data, 0);
	buffer_free(&path);
	return status;
}

bool pack_reuse_link(const struct pack_reuse *reuse,
		     const struct pack_record *record, int dir)
{
	struct buffer identity = BUFFER_EMPTY;
	struct cache_entry entry;
	bool is_linked;
	int i = 0;

	if (!find_same(reuse, record, &entry) || !entry.is_file)
		return false;
	is_linked = read_coding(reuse, record->name, &entry, CACHE_IDENTITY,
				&identity);
	buffer_free(&identity);
	while (is_linked && i < PACK_CODINGS) {
		if (entry.bodies[i].is_present)
			is_linked =
				set_link(reuse, record->name,
					 (enum pack_coding)i, dir, true) == 0;
		i += is_linked;
	}
	while (!is_linked && i-- > 0)
		if (entry.bodies[i].is_present)
			set_link(reuse, record->name, (enum pack_coding)i, dir,
				 false);
	return is_linked;
}

bool pack_reuse_has(const struct pack_reuse *reuse,
		    const struct pack_record *record)
{
	struct cache_entry entry;

	return find_same(reuse, record, &entry);
}

bool pack_reuse_read(const struct pack_reuse *reuse, const char *name,
		     struct cache_entry *entry, struct buffer *body)
{
	return reuse != NULL &&
	       cache_snapshot_find(&reuse->live, name, entry, NULL) == 1 &&
	       read_coding(reuse, name, entry, CACHE_IDENTITY, body);
}
