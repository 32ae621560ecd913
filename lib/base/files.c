#include "base/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int files_write(int fd, const void *bytes, size_t length, const char *name,
		struct error *err)
{
	const char *at = bytes;
	ssize_t written;

	while (length > 0) {
		written = write(fd, at, length);
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return error_set(err, EX_IOERR, "cannot write %s: %s",
					 name, strerror(errno));
		at += written;
		length -= (size_t)written;
	}
	return 0;
}

int files_sync(int fd, const char *name, struct error *err)
{
	if (fsync(fd) != 0)
		return error_set(err, EX_IOERR, "cannot fsync %s: %s", name,
				 strerror(errno));
	return 0;
}

int files_create(int dir, const char *name, const void *bytes, size_t length,
		 struct error *err)
{
	int fd, status;

	fd = openat(dir, name,
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return error_set(err, EX_CANTCREAT, "cannot create %s: %s",
				 name, strerror(errno));
	status = files_write(fd, bytes, length, name, err);
	if (status == 0)
		status = files_sync(fd, name, err);
	if (close(fd) != 0 && status == 0)
		status = error_set(err, EX_IOERR, "cannot close %s: %s", name,
				   strerror(errno));
	return status;
}

int files_replace(int dir, const char *name, const void *bytes, size_t length,
		  struct error *err)
{
	struct buffer beside = BUFFER_EMPTY;
	int status = -1;

	buffer_format(&beside, "%s" FILES_BESIDE, name);
	if (buffer_check(&beside, err) != 0)
		goto out;
	if (unlinkat(dir, beside.data, 0) != 0 && errno != ENOENT) {
		error_set(err, EX_CANTCREAT, "cannot remove %s: %s",
			  beside.data, strerror(errno));
		goto out;
	}
	status = files_create(dir, beside.data, bytes, length, err);
	if (status == 0 && renameat(dir, beside.data, dir, name) != 0)
		status = error_set(err, EX_CANTCREAT, "cannot rename %s: %s",
				   beside.data, strerror(errno));
	/* What is left of a full disk's file would keep the disk full. */
	if (status != 0)
		unlinkat(dir, beside.data, 0);
	else
		status = files_sync(dir, name, err);
out:
	buffer_free(&beside);
	return status;
}

static bool is_beside(const char *name)
{
	const size_t end = sizeof(FILES_BESIDE) - 1;
	size_t length = strlen(name);

	return length > end && strcmp(name + length - end, FILES_BESIDE) == 0;
}

void files_remove_beside(int dir)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *entries = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (entries == NULL) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((entry = readdir(entries)) != NULL)
		if (is_beside(entry->d_name))
			unlinkat(dir, entry->d_name, 0);
	closedir(entries);
}

int files_read_all(int fd, const char *name, size_t max_bytes,
		   struct buffer *out, struct error *err)
{
	size_t length_before = out->length;
	char block[16384];
	int status = 0;
	ssize_t got;

	while (status == 0) {
		got = read(fd, block, sizeof(block));
		if (got < 0 && errno == EINTR)
			continue;
		if (got == 0)
			return buffer_check(out, err);
		if (got < 0)
			status = error_set(err, EX_IOERR, "cannot read %s: %s",
					   name, strerror(errno));
		else if ((size_t)got >
			 max_bytes - (out->length - length_before))
			status = error_set(err, EX_DATAERR,
					   "%s is larger than %zu bytes", name,
					   max_bytes);
		else
			buffer_append(out, block, (size_t)got);
		if (status == 0)
			status = buffer_check(out, err);
	}
	out->length = length_before;
	if (out->data != NULL)
		out->data[length_before] = '\0';
	return status;
}

/* Whether an open that failed so says nothing of what is there. */
static bool is_passing(int reason)
{
	return reason == EMFILE || reason == ENFILE || reason == ENOMEM ||
	       reason == EINTR || reason == EIO;
}

int files_read(int dir, const char *name, size_t max_bytes, struct buffer *out,
	       struct error *err)
{
	int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	struct stat status;
	int fd, result;

	fd = openat(dir, name, dir == AT_FDCWD ? flags : flags | O_NOFOLLOW);
	if (fd < 0)
		return error_set(err, is_passing(errno) ? EX_IOERR : EX_NOINPUT,
				 "cannot open %s: %s", name, strerror(errno));
	if (fstat(fd, &status) != 0)
		result = error_set(err, EX_IOERR, "cannot look at %s: %s", name,
				   strerror(errno));
	else if (!S_ISREG(status.st_mode))
		result = error_set(err, EX_NOINPUT, "%s is not a plain file",
				   name);
	else
		result = files_read_all(fd, name, max_bytes, out, err);
	close(fd);
	return result;
}

/* A new directory outlives a power cut once its parent is on disk. One that may
 * be written but not read cannot be fsynced. */
static int sync_parent(int dir, const char *name, struct error *err)
{
	const char *slash = strrchr(name, '/');
	struct buffer parent = BUFFER_EMPTY;
	int fd, status;

	if (slash == NULL)
		buffer_text(&parent, ".");
	else
		buffer_append(&parent, name,
			      slash == name ? 1 : (size_t)(slash - name));
	status = buffer_check(&parent, err);
	if (status == 0) {
		fd = openat(dir, parent.data,
			    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd >= 0) {
			status = files_sync(fd, parent.data, err);
			close(fd);
		} else if (errno != EACCES) {
			status = error_set(err, EX_IOERR, "cannot open %s: %s",
					   parent.data, strerror(errno));
		}
	}
	buffer_free(&parent);
	return status;
}

static int ensure_dir(int dir, const char *name, struct error *err)
{
	if (mkdirat(dir, name, 0755) == 0)
		return sync_parent(dir, name, err);
	if (errno == EEXIST)
		return 0;
	return error_set(err, EX_CANTCREAT, "cannot create %s: %s", name,
			 strerror(errno));
}

int files_make_dir(int dir, const char *name, struct error *err)
{
	int fd;

	if (ensure_dir(dir, name, err) != 0)
		return -1;
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_set(err, EX_CANTCREAT, "cannot open %s: %s", name,
				 strerror(errno));
	return fd;
}

int files_make_dirs(const char *path, struct error *err)
{
	char *copy = strdup(path);
	char *slash = copy;
	int status = 0;

	if (copy == NULL)
		return error_no_memory(err);
	/* Those on the way are not opened: they need not be readable. */
	while (status == 0 && *slash != '\0' &&
	       (slash = strchr(slash + 1, '/')) != NULL) {
		*slash = '\0';
		status = ensure_dir(AT_FDCWD, copy, err);
		*slash = '/';
	}
	free(copy);
	return status == 0 ? files_make_dir(AT_FDCWD, path, err) : -1;
}

struct dirent *files_next_entry(DIR *entries)
{
	errno = 0;
	return readdir(entries);
}

/* Empties the directory `fd` and closes it. */
static int remove_entries(int fd, const char *name, struct error *err)
{
	DIR *entries = fdopendir(fd);
	struct dirent *entry;
	int status = 0;

	if (entries == NULL) {
		error_set(err, EX_IOERR, "cannot list %s: %s", name,
			  strerror(errno));
		close(fd);
		return -1;
	}
	while (status == 0 && (entry = files_next_entry(entries)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0)
			status = files_remove_tree(dirfd(entries),
						   entry->d_name, err);
	if (status == 0 && errno != 0)
		status = error_set(err, EX_IOERR, "cannot list %s: %s", name,
				   strerror(errno));
	closedir(entries);
	return status;
}

int files_remove_tree(int dir, const char *name, struct error *err)
{
	int fd;

	if (unlinkat(dir, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return error_set(err, EX_IOERR, "cannot remove %s: %s", name,
				 strerror(errno));
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_set(err, EX_IOERR, "cannot open %s: %s", name,
				 strerror(errno));
	if (remove_entries(fd, name, err) != 0)
		return -1;
	if (unlinkat(dir, name, AT_REMOVEDIR) != 0)
		return error_set(err, EX_IOERR, "cannot remove %s: %s", name,
				 strerror(errno));
	return 0;
}
