#include "cache/new_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"
#include "base/hex.h"
#include "cache/layout.h"

/* Another run may remove a file between its creation and its lock; more often
 * than this it is no coincidence. */
#define MAX_TRIES 16

#define RANDOM_BYTES 16

static int cannot_create(struct error *err)
{
	return error_set(err, EX_CANTCREAT, "cannot create a file: %s",
			 strerror(errno));
}

/* Whoever writes a file holds its lock. This takes it over, so that a file is
 * removed only while nobody else can be at it. */
static void remove_if_left(int staging, const char *name)
{
	int fd = openat(staging, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		unlinkat(staging, name, 0);
	close(fd);
}

/* A leftover costs room on disk and nothing else: no failure of this run. */
static void remove_leftovers(int staging)
{
	int fd = openat(staging, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *entries = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (entries == NULL) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((entry = readdir(entries)) != NULL)
		if (entry->d_name[0] != '.')
			remove_if_left(staging, entry->d_name);
	closedir(entries);
}

static int choose_name(struct new_file *file, struct error *err)
{
	unsigned char bytes[RANDOM_BYTES];

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return cannot_create(err);
	hex_encode(bytes, sizeof(bytes), file->name);
	return 0;
}

/* Creates and locks one. Returns 0; 1 where somebody removed it in between;
 * -1. */
static int try_staged(struct new_file *file, struct error *err)
{
	struct stat status;

	if (choose_name(file, err) != 0)
		return -1;
	file->fd = openat(file->staging, file->name,
			  O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			  0644);
	if (file->fd < 0)
		return cannot_create(err);
	if (flock(file->fd, LOCK_EX) == 0 && fstat(file->fd, &status) == 0 &&
	    status.st_nlink == 1)
		return 0;
	close(file->fd);
	file->fd = -1;
	return 1;
}

int new_file_open_staged(struct new_file *file, int site, struct error *err)
{
	int status = 1, i;

	*file = (struct new_file){.fd = -1};
	file->staging = files_make_dir(site, LAYOUT_KEEPING, err);
	if (file->staging < 0)
		return -1;
	remove_leftovers(file->staging);
	for (i = 0; i < MAX_TRIES && status > 0; i++)
		status = try_staged(file, err);
	if (status == 0)
		return 0;
	close(file->staging);
	if (status > 0)
		error_set(err, EX_CANTCREAT,
			  "cannot create a file: each one is removed");
	return -1;
}

int new_file_open(struct new_file *file, int site, int dir, struct error *err)
{
	*file = (struct new_file){.staging = -1};
	file->fd = openat(dir, ".", O_RDWR | O_TMPFILE | O_CLOEXEC, 0644);
	if (file->fd >= 0)
		return 0;
	if (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)
		return new_file_open_staged(file, site, err);
	return cannot_create(err);
}

int new_file_link(struct new_file *file, int dir, const char *name,
		  struct error *err)
{
	char path[32];
	int status;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", file->fd);
	if (file->staging >= 0)
		status = linkat(file->staging, file->name, dir, name, 0);
	else
		status = linkat(AT_FDCWD, path, dir, name, AT_SYMLINK_FOLLOW);
	if (status == 0)
		return 1;
	if (errno == EEXIST)
		return 0;
	return error_set(err, EX_CANTCREAT, "cannot link %s: %s", name,
			 strerror(errno));
}

void new_file_close(struct new_file *file)
{
	if (file->staging >= 0) {
		unlinkat(file->staging, file->name, 0);
		close(file->staging);
	}
	close(file->fd);
	file->fd = file->staging = -1;
}
