#include "cache/cache_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"
#include "base/hex.h"
#include "cache/cache_adopt.h"
#include "cache/kept_bodies.h"
#include "cache/layout.h"
#include "cache/pack.h"
#include "cache/pack_footer.h"

_Static_assert((int)CACHE_CODINGS == (int)PACK_CODINGS, "one list of codings");

/* Slots read at once while a name is looked for; more only where names
 * collide. */
#define SLOTS_PER_READ 8

/* How often a generation that vanished while it was opened is given up for
 * the one that is current now. */
#define MAX_REOPENS 8

/* Opens <cache_dir>/<site>/<name>; -1 with errno. */
static int open_in_site(const char *cache_dir, const char *site,
			const char *name, int flags, struct error *err)
{
	struct buffer path = BUFFER_EMPTY;
	int fd = -1;

	buffer_format(&path, "%s/%s/%s", cache_dir, site, name);
	if (buffer_check(&path, err) == 0) {
		fd = open(path.data, flags | O_CLOEXEC);
		if (fd < 0)
			error_set(err, EX_IOERR, "cannot open %s: %s",
				  path.data, strerror(errno));
	} else {
		errno = ENOMEM;
	}
	buffer_free(&path);
	return fd;
}

static int broken_pack(struct error *err)
{
	return error_set(err, EX_DATAERR, "the pack cannot be read");
}

static int read_footer(struct cache_snapshot *snapshot, struct error *err)
{
	struct pack_footer footer;

	if (pack_footer_read(snapshot->pack, &footer) != 0)
		return broken_pack(err);
	snapshot->slots_at = footer.slots_at;
	snapshot->slot_count = footer.slot_count;
	return 0;
}

uint64_t cache_snapshot_coder(const struct cache_snapshot *snapshot)
{
	uint64_t at =
		snapshot->slots_at + snapshot->slot_count * PACK_SLOT_BYTES;
	unsigned char bytes[8];
	struct stat status;

	if (fstat(snapshot->pack, &status) != 0 ||
	    (uint64_t)status.st_size < at + sizeof(bytes) + PACK_FOOTER_BYTES ||
	    pack_read_at(snapshot->pack, bytes, sizeof(bytes), at) != 0)
		return 0;
	return pack_read_u64(bytes);
}

int cache_snapshot_adopt(struct cache_snapshot *snapshot, int pack,
			 struct error *err)
{
	struct stat status;

	*snapshot = (struct cache_snapshot){.dir = -1, .pack = pack};
	if (fstat(pack, &status) != 0) {
		broken_pack(err);
	} else {
		snapshot->published_at = status.st_mtime;
		if (read_footer(snapshot, err) == 0)
			return 0;
	}
	cache_snapshot_close(snapshot);
	return -1;
}

/* Opens what `current` leads to. CACHE_EMPTY where it leads nowhere: nothing
 * is published, or that generation was pruned just now. */
static int open_current(const char *cache_dir, const char *site,
			struct cache_snapshot *snapshot, struct error *err)
{
	struct stat status;

	snapshot->dir = open_in_site(cache_dir, site, LAYOUT_CURRENT,
				     O_RDONLY | O_DIRECTORY, err);
	if (snapshot->dir < 0)
		return errno == ENOENT ? CACHE_EMPTY : -1;
	snapshot->pack = openat(snapshot->dir, LAYOUT_PACK,
				O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (snapshot->pack < 0 || fstat(snapshot->dir, &status) != 0) {
		int reason = errno;

		cache_snapshot_close(snapshot);
		if (reason == ENOENT)
			return CACHE_EMPTY;
		return error_set(err, EX_IOERR, "cannot open %s: %s",
				 LAYOUT_PACK, strerror(reason));
	}
	snapshot->published_at = status.st_mtime;
	if (read_footer(snapshot, err) == 0)
		return 0;
	cache_snapshot_close(snapshot);
	return -1;
}

int cache_snapshot_open(const char *cache_dir, const char *site,
			struct cache_snapshot *snapshot, struct error *err)
{
	int status = CACHE_EMPTY, i;

	for (i = 0; i < MAX_REOPENS && status == CACHE_EMPTY; i++) {
		memset(snapshot, 0, sizeof(*snapshot));
		snapshot->dir = snapshot->pack = -1;
		status = open_current(cache_dir, site, snapshot, err);
	}
	return status;
}

void cache_snapshot_close(struct cache_snapshot *snapshot)
{
	if (snapshot->pack >= 0)
		close(snapshot->pack);
	if (snapshot->dir >= 0)
		close(snapshot->dir);
	snapshot->pack = snapshot->dir = -1;
}

static void describe_body(const struct pack_body *from,
			  struct cache_entry_body *to)
{
	char hex[2 * PACK_TAG_BYTES + 1];

	to->is_present = from->offset != 0;
	to->offset = from->offset;
	to->length = from->length;
	hex_encode(from->tag, PACK_TAG_BYTES, hex);
	snprintf(to->etag, sizeof(to->etag), "\"%s\"", hex);
}

/* Reads the record at `at`. Returns 1 and fills `entry` when it is `name`'s,
 * 0 when it is another one's, -1. */
static int match_record(const struct cache_snapshot *snapshot, uint64_t at,
			const char *name, size_t length,
			struct cache_entry *entry, struct error *err)
{
	unsigned char bytes[PACK_RECORD_HEAD_BYTES + PACK_MAX_NAME_BYTES +
			    PACK_MAX_MEDIA_TYPE_BYTES];
	struct pack_record record;
	uint64_t room;
	int i;

	if (at >= snapshot->slots_at)
		return broken_pack(err);
	room = snapshot->slots_at - at;
	if (room > sizeof(bytes))
		room = sizeof(bytes);
	if (pack_read_at(snapshot->pack, bytes, (size_t)room, at) != 0 ||
	    pack_read_record(bytes, (size_t)room, &record) == 0 ||
	    record.media_type_length > PACK_MAX_MEDIA_TYPE_BYTES)
		return broken_pack(err);
	if (record.name_length != length ||
	    memcmp(record.name, name, length) != 0)
		return 0;
	memset(entry, 0, sizeof(*entry));
	memcpy(entry->media_type, record.media_type, record.media_type_length);
	entry->is_file = (record.flags & PACK_IS_FILE) != 0;
	entry->flags = record.flags;
	for (i = 0; i < PACK_CODINGS; i++)
		describe_body(&record.bodies[i], &entry->bodies[i]);
	return 1;
}

static int find_in_pack(const struct cache_snapshot *snapshot, const char *name,
			struct cache_entry *entry, struct error *err)
{
	unsigned char slots[SLOTS_PER_READ * PACK_SLOT_BYTES];
	size_t length = strlen(name);
	uint64_t hash = pack_hash(name, length);
	uint64_t mask = snapshot->slot_count - 1;
	uint64_t looked_at = 0, slot = hash & mask, count, i;
	int found;

	if (length > PACK_MAX_NAME_BYTES)
		return 0;
	while (looked_at < snapshot->slot_count) {
		count = snapshot->slot_count - slot;
		if (count > SLOTS_PER_READ)
			count = SLOTS_PER_READ;
		if (pack_read_at(snapshot->pack, slots,
				 (size_t)count * PACK_SLOT_BYTES,
				 snapshot->slots_at + slot * PACK_SLOT_BYTES))
			return broken_pack(err);
		for (i = 0; i < count; i++) {
			uint64_t key = pack_read_u64(slots + i * 16);
			uint64_t at = pack_read_u64(slots + i * 16 + 8);

			if (at == 0)
				return 0;
			if (key != hash)
				continue;
			found = match_record(snapshot, at, name, length, entry,
					     err);
			if (found != 0)
				return found;
		}
		looked_at += count;
		slot = (slot + count) & mask;
	}
	return 0;
}

int cache_snapshot_find(const struct cache_snapshot *snapshot, const char *name,
			struct cache_entry *entry, struct error *err)
{
	int status;

	if (snapshot->kept != NULL &&
	    kept_bodies_find(snapshot->kept, name, entry))
		return 1;
	status = find_in_pack(snapshot, name, entry, err);
	if (status == 1 && snapshot->kept != NULL && entry->is_file)
		kept_bodies_add(snapshot->kept, name, entry);
	return status;
}

static int open_file(const struct cache_snapshot *snapshot, const char *name,
		     enum cache_coding coding, struct cache_body *body,
		     struct error *err)
{
	struct buffer path = BUFFER_EMPTY;

	buffer_format(&path, "%s%s", name, pack_coding_suffixes[coding]);
	if (buffer_check(&path, err) != 0) {
		buffer_free(&path);
		return -1;
	}
	body->fd = openat(snapshot->dir, path.data,
			  O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	body->is_fd_own = true;
	body->offset = 0;
	if (body->fd < 0)
		error_set(err, EX_IOERR, "cannot open %s: %s", path.data,
			  strerror(errno));
	buffer_free(&path);
	return body->fd < 0 ? -1 : 0;
}

int cache_body_open(const struct cache_snapshot *snapshot, const char *name,
		    const struct cache_entry *entry, enum cache_coding coding,
		    struct cache_body *body, struct error *err)
{
	const struct cache_entry_body *from = &entry->bodies[coding];

	*body = (struct cache_body){.fd = snapshot->pack,
				    .offset = from->offset,
				    .length = from->length};
	if (!entry->is_file)
		return 0;
	if (entry->kept != NULL)
		body->bytes = kept_bodies_bytes(entry->kept, coding);
	if (body->bytes != NULL)
		return 0;
	if (open_file(snapshot, name, coding, body, err) != 0)
		return -1;
	if (entry->kept != NULL)
		body->bytes = kept_bodies_read(snapshot->kept, entry->kept,
					       coding, body);
	return 0;
}

ssize_t cache_body_read(const struct cache_body *body, uint64_t at, void *bytes,
			size_t size, struct error *err)
{
	uint64_t left = at < body->length ? body->length - at : 0;

	if (size > left)
		size = (size_t)left;
	if (body->bytes != NULL && size > 0)
		memcpy(bytes, body->bytes + at, size);
	else if (pack_read_at(body->fd, bytes, size, body->offset + at) != 0)
		return error_set(err, EX_IOERR,
				 "a published body is cut short");
	return (ssize_t)size;
}

void cache_body_close(struct cache_body *body)
{
	if (body->is_fd_own && body->fd >= 0)
		close(body->fd);
	body->fd = -1;
}

int cache_checked_at(const char *cache_dir, const char *site,
		     struct timespec *when, struct error *err)
{
	struct buffer path = BUFFER_EMPTY;
	struct stat status;
	int result = -1;

	buffer_format(&path, "%s/%s/%s", cache_dir, site, LAYOUT_CHECKED);
	if (buffer_check(&path, err) != 0)
		goto out;
	if (stat(path.data, &status) == 0) {
		*when = status.st_mtim;
		result = 0;
	} else if (errno == ENOENT) {
		result = CACHE_EMPTY;
	} else {
		error_set(err, EX_IOERR, "cannot look at %s: %s", path.data,
			  strerror(errno));
	}
out:
	buffer_free(&path);
	return result;
}

int cache_read_note(const char *cache_dir, const char *site, const char *name,
		    struct buffer *note, struct error *err)
{
	struct buffer path = BUFFER_EMPTY;
	struct error reason = {0};
	int result = -1;

	buffer_format(&path, "%s/%s/%s", cache_dir, site, name);
	if (buffer_check(&path, err) != 0)
		goto out;
	if (files_read(AT_FDCWD, path.data, LAYOUT_NOTE_MAX_BYTES, note,
		       &reason) == 0)
		result = 0;
	else if (reason.code == EX_NOINPUT)
		result = CACHE_EMPTY;
	else
		error_set(err, reason.code, "%s", reason.message);
out:
	buffer_free(&path);
	return result;
}
