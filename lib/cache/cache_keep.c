#include "cache/cache_keep.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/count.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/hex.h"
#include "base/log.h"
#include "cache/cache_adopt.h"
#include "cache/new_file.h"
#include "cache/pack_builder.h"
#include "cache/pack_check.h"

#define DIR_DIGITS 2
#define FILE_DIGITS (HASH_HEX_BYTES - 1 - DIR_DIGITS)

/* Where a name is kept. */
struct place {
	char dir[DIR_DIGITS + 1];
	char file[FILE_DIGITS + 1];
};

static int find_place(const char *name, struct place *place, struct error *err)
{
	char hex[HASH_HEX_BYTES];

	if (hash_bytes_hex(name, strlen(name), hex, err) != 0)
		return -1;
	memcpy(place->dir, hex, DIR_DIGITS);
	place->dir[DIR_DIGITS] = '\0';
	memcpy(place->file, hex + DIR_DIGITS, FILE_DIGITS + 1);
	return 0;
}

/* Opens the two-digit directory of a place, or the site where it is NULL.
 * Returns it, -1 where it is missing (with `is_missing`) or out of reach. */
static int open_dir(const char *cache_dir, const char *site,
		    const struct place *place, bool *is_missing,
		    struct error *err)
{
	struct buffer path = BUFFER_EMPTY;
	int fd = -1;

	*is_missing = false;
	buffer_format(&path, "%s/%s/%s", cache_dir, site,
		      place != NULL ? place->dir : "");
	if (buffer_check(&path, err) == 0) {
		fd = open(path.data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		*is_missing = fd < 0 && (errno == ENOENT || errno == ENOTDIR);
		if (fd < 0)
			error_set(err, EX_IOERR, "cannot open %s: %s",
				  path.data, strerror(errno));
	}
	buffer_free(&path);
	return fd;
}

int cache_keep_open(const char *cache_dir, const char *site, const char *name,
		    struct cache_snapshot *snapshot, struct error *err)
{
	struct buffer path = BUFFER_EMPTY;
	struct place place;
	int fd = -1, status = -1;

	if (find_place(name, &place, err) != 0)
		return -1;
	buffer_format(&path, "%s/%s/%s/%s", cache_dir, site, place.dir,
		      place.file);
	if (buffer_check(&path, err) == 0) {
		fd = open(path.data, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0)
			status = errno == ENOENT || errno == ENOTDIR
					 ? CACHE_EMPTY
					 : -1;
		if (fd < 0)
			error_set(err, EX_IOERR, "cannot open %s: %s",
				  path.data, strerror(errno));
	}
	if (fd >= 0) {
		status = cache_snapshot_adopt(snapshot, fd, err);
		if (status != 0)
			error_context(err, "%s", path.data);
	}
	buffer_free(&path);
	return status;
}

/* The directories that lead to a place, made where they are missing. */
struct way {
	int cache, site, dir;
};

static void close_way(const struct way *way)
{
	const int fds[] = {way->cache, way->site, way->dir};
	size_t i;

	for (i = 0; i < COUNT(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

static int open_way(const char *cache_dir, const char *site,
		    const struct place *place, struct way *way,
		    struct error *err)
{
	*way = (struct way){-1, -1, -1};
	way->cache = files_make_dirs(cache_dir, err);
	if (way->cache >= 0)
		way->site = files_make_dir(way->cache, site, err);
	if (way->site >= 0)
		way->dir = files_make_dir(way->site, place->dir, err);
	if (way->dir >= 0)
		return 0;
	close_way(way);
	return -1;
}

/* Whoever made a directory may not have come to fsync its parent, so all of
 * them are: for those on disk already it costs nothing. */
static int sync_way(const struct way *way, struct error *err)
{
	if (files_sync(way->dir, "the directory of a kept file", err) != 0 ||
	    files_sync(way->site, "the site's directory", err) != 0)
		return -1;
	return files_sync(way->cache, "the cache's directory", err);
}

/* What is to be kept: a representation, or a pack of it that is there. */
struct kept {
	const char *name;
	const struct cache_representation *made; /* NULL: the pack */
	const void *pack;
	size_t pack_bytes;
};

static int write_pack(int fd, const struct cache_representation *representation,
		      struct error *err)
{
	struct pack_builder *builder = pack_builder_start(-1, fd, NULL, err);
	char name[LAYOUT_GENERATION_DIGITS + 1];
	int status = -1;

	if (builder != NULL &&
	    pack_builder_add(builder, representation, err) == 0)
		status = pack_builder_finish(builder, name, err);
	pack_builder_free(builder);
	return status;
}

/* A pack from elsewhere, checked as it lies here. */
static int write_import(int fd, const struct kept *kept, struct error *err)
{
	char hash[LAYOUT_GENERATION_DIGITS + 1];
	struct cache_snapshot snapshot;
	struct cache_entry entry;
	size_t records;
	int copy, found;

	if (files_write(fd, kept->pack, kept->pack_bytes, "a kept file", err) !=
		    0 ||
	    files_sync(fd, "a kept file", err) != 0 ||
	    pack_check(-1, fd, hash, &records, err) != 0)
		return -1;
	copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (copy < 0)
		return error_set(err, EX_IOERR, "cannot read back: %s",
				 strerror(errno));
	if (cache_snapshot_adopt(&snapshot, copy, err) != 0)
		return -1;
	found = cache_snapshot_find(&snapshot, kept->name, &entry, err);
	cache_snapshot_close(&snapshot);
	if (records == 1 && found == 1)
		return 0;
	return error_set(err, EX_DATAERR, "the pack is another file's");
}

/* After an fsync that failed nobody knows what is on disk: the file goes. */
static int put(const struct way *way, const struct place *place,
	       const struct kept *kept, struct error *err)
{
	struct new_file file;
	int status;

	if (new_file_open(&file, way->site, way->dir, err) != 0)
		return -1;
	status = kept->made != NULL ? write_pack(file.fd, kept->made, err)
				    : write_import(file.fd, kept, err);
	if (status == 0)
		status = new_file_link(&file, way->dir, place->file, err);
	new_file_close(&file);
	if (status < 0 || sync_way(way, err) == 0)
		return status;
	if (status == 1)
		unlinkat(way->dir, place->file, 0);
	return -1;
}

/* Whether a whole one is kept. One that cannot be read (a disk that lost what
 * it had promised to keep) would be in the way for ever: it goes. */
static bool is_kept(const char *cache_dir, const char *site, const char *name)
{
	struct cache_snapshot snapshot;
	struct error err = {0};
	int status = cache_keep_open(cache_dir, site, name, &snapshot, &err);

	if (status == 0)
		cache_snapshot_close(&snapshot);
	if (status >= 0 || err.code != EX_DATAERR)
		return status == 0;
	log_event(LOG_LEVEL_WARN, "a kept file is broken and is replaced",
		  "error", err.message, NULL);
	cache_keep_forget(cache_dir, site, name, NULL);
	return false;
}

static int keep(const char *cache_dir, const char *site,
		const struct kept *kept, struct error *err)
{
	struct place place;
	struct way way;
	int status;

	if (find_place(kept->name, &place, err) != 0)
		return -1;
	if (is_kept(cache_dir, site, kept->name))
		return 0;
	if (open_way(cache_dir, site, &place, &way, err) != 0)
		return error_context(err, "%s/%s", cache_dir, site);
	status = put(&way, &place, kept, err);
	close_way(&way);
	if (status < 0)
		error_context(err, "%s/%s", cache_dir, site);
	return status;
}

int cache_keep_put(const char *cache_dir, const char *site,
		   const struct cache_representation *representation,
		   struct error *err)
{
	return keep(cache_dir, site,
		    &(struct kept){.name = representation->name,
				   .made = representation},
		    err);
}

int cache_keep_import(const char *cache_dir, const char *site, const char *name,
		      const void *pack, size_t length, struct error *err)
{
	return keep(cache_dir, site,
		    &(struct kept){
			    .name = name, .pack = pack, .pack_bytes = length},
		    err);
}

_Static_assert(CACHE_KEEP_FILE_BYTES == FILE_DIGITS + 1, "the rest of a hash");

int cache_keep_locate(const char *cache_dir, const char *site, const char *name,
		      char file[CACHE_KEEP_FILE_BYTES], off_t *length,
		      struct error *err)
{
	struct place place;
	struct stat status;
	bool is_missing;
	int dir;

	if (find_place(name, &place, err) != 0)
		return -1;
	dir = open_dir(cache_dir, site, &place, &is_missing, err);
	if (dir < 0)
		return -1;
	if (fstatat(dir, place.file, &status, AT_SYMLINK_NOFOLLOW) != 0) {
		error_set(err, EX_IOERR, "cannot look at %s/%s: %s", place.dir,
			  place.file, strerror(errno));
		close(dir);
		return -1;
	}
	memcpy(file, place.file, sizeof(place.file));
	*length = status.st_size;
	return dir;
}

int cache_keep_forget(const char *cache_dir, const char *site, const char *name,
		      struct error *err)
{
	struct place place;
	bool is_missing;
	int status = 1, dir;

	if (find_place(name, &place, err) != 0)
		return -1;
	dir = open_dir(cache_dir, site, &place, &is_missing, err);
	if (dir < 0)
		return is_missing ? 0 : -1;
	if (unlinkat(dir, place.file, 0) == 0)
		status = files_sync(dir, place.dir, err) == 0 ? 1 : -1;
	else if (errno == ENOENT)
		status = 0;
	else
		status = error_set(err, EX_IOERR, "cannot remove %s/%s: %s",
				   place.dir, place.file, strerror(errno));
	close(dir);
	return status;
}

static bool is_digits(const char *name, size_t digits)
{
	return strlen(name) == digits &&
	       strspn(name, "0123456789abcdef") == digits;
}

/* Calls `entry` for each name of `digits` digits in the directory, which it
 * closes. */
static int each_entry(int dir, size_t digits,
		      int (*entry)(int dir, const char *name,
				   unsigned long long *count,
				   struct error *err),
		      unsigned long long *count, struct error *err)
{
	DIR *entries = fdopendir(dir);
	const struct dirent *found;
	int status = 0;

	if (entries == NULL) {
		error_set(err, EX_IOERR, "cannot list the kept files: %s",
			  strerror(errno));
		close(dir);
		return -1;
	}
	while (status == 0 && (found = files_next_entry(entries)) != NULL)
		if (is_digits(found->d_name, digits))
			status = entry(dir, found->d_name, count, err);
	if (status == 0 && errno != 0)
		status = error_set(err, EX_IOERR,
				   "cannot list the kept files: %s",
				   strerror(errno));
	closedir(entries);
	return status;
}

static int count_file(int dir, const char *name, unsigned long long *count,
		      struct error *err)
{
	(void)dir;
	(void)name;
	(void)err;
	(*count)++;
	return 0;
}

static int count_dir(int site, const char *name, unsigned long long *count,
		     struct error *err)
{
	int dir = openat(site, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return error_set(err, EX_IOERR, "cannot open %s: %s", name,
				 strerror(errno));
	return each_entry(dir, FILE_DIGITS, count_file, count, err);
}

int cache_keep_count(const char *cache_dir, const char *site,
		     unsigned long long *count, struct error *err)
{
	unsigned long long found = 0;
	bool is_missing;
	int fd = open_dir(cache_dir, site, NULL, &is_missing, err);

	if (fd < 0 && !is_missing)
		return -1;
	if (fd >= 0 && each_entry(fd, DIR_DIGITS, count_dir, &found, err) != 0)
		return -1;
	*count = found;
	return 0;
}
