#include "cache/cache_import.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/files.h"
#include "cache/cache_staged.h"
#include "cache/layout.h"
#include "cache/pack_check.h"

struct cache_import {
	struct cache_writer *writer;
	int dir;            /* staging */
	int fd;             /* of the file at hand; -1: none */
	struct buffer name; /* its name */
};

struct cache_import *cache_import_start(struct cache_writer *writer,
					struct error *err)
{
	struct cache_import *import = calloc(1, sizeof(*import));

	if (import == NULL) {
		error_no_memory(err);
		return NULL;
	}
	import->writer = writer;
	import->fd = -1;
	import->dir = files_make_dir(cache_writer_directory(writer),
				     LAYOUT_STAGING, err);
	if (import->dir >= 0)
		return import;
	free(import);
	return NULL;
}

/* The file at hand is whole. */
static int end_file(struct cache_import *import, struct error *err)
{
	int status = 0;

	if (import->fd < 0)
		return 0;
	status = files_sync(import->fd, import->name.data, err);
	close(import->fd);
	import->fd = -1;
	return status;
}

static int begin_file(struct cache_import *import, const char *name,
		      struct error *err)
{
	if (name[0] == '\0' || name[0] == '.' || strchr(name, '/') != NULL)
		return error_set(err, EX_DATAERR, "%s is no plain file name",
				 name);
	buffer_clear(&import->name);
	buffer_text(&import->name, name);
	if (buffer_check(&import->name, err) != 0)
		return -1;
	import->fd =
		openat(import->dir, name,
		       O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		       0644);
	if (import->fd < 0)
		return error_set(err, EX_CANTCREAT, "cannot create %s: %s",
				 name, strerror(errno));
	return 0;
}

int cache_import_write(struct cache_import *import, const char *name,
		       const void *bytes, size_t length, struct error *err)
{
	if ((import->fd < 0 || strcmp(import->name.data, name) != 0) &&
	    (end_file(import, err) != 0 || begin_file(import, name, err) != 0))
		return -1;
	return files_write(import->fd, bytes, length, name, err);
}

static int check(struct cache_import *import, const char *generation,
		 struct error *err)
{
	char name[LAYOUT_GENERATION_DIGITS + 1];
	size_t records;
	int status, pack;

	pack = openat(import->dir, LAYOUT_PACK,
		      O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (pack < 0)
		return error_set(err, EX_DATAERR, "there is no pack");
	status = pack_check(import->dir, pack, name, &records, err);
	close(pack);
	if (status == 0 && strcmp(name, generation) != 0)
		status = error_set(err, EX_DATAERR,
				   "the content is that of another generation");
	return status;
}

int cache_import_commit(struct cache_import *import, const char *generation,
			struct error *err)
{
	if (end_file(import, err) != 0 || check(import, generation, err) != 0 ||
	    files_sync(import->dir, LAYOUT_STAGING, err) != 0)
		return -1;
	return cache_writer_publish(import->writer, generation, err);
}

void cache_import_free(struct cache_import *import)
{
	if (import == NULL)
		return;
	if (import->fd >= 0)
		close(import->fd);
	close(import->dir);
	files_remove_tree(cache_writer_directory(import->writer),
			  LAYOUT_STAGING, NULL);
	buffer_free(&import->name);
	free(import);
}
