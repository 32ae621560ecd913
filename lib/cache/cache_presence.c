#include "cache/cache_presence.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/files.h"

static int lock_shared(int fd, const char *name, struct error *err)
{
	struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET};

	if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
		return 0;
	return error_set(err, EX_IOERR, "cannot lock %s: %s", name,
			 strerror(errno));
}

int cache_presence_claim(const char *cache_dir, const char *site,
			 const char *name, struct error *err)
{
	int cache = files_make_dirs(cache_dir, err);
	int dir, fd;

	if (cache < 0)
		return -1;
	dir = files_make_dir(cache, site, err);
	close(cache);
	if (dir < 0)
		return -1;
	fd = openat(dir, name, O_RDONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
		    0644);
	if (fd < 0)
		error_set(err, EX_CANTCREAT, "cannot open %s: %s", name,
			  strerror(errno));
	close(dir);
	if (fd < 0 || lock_shared(fd, name, err) == 0)
		return fd;
	close(fd);
	return -1;
}

int cache_presence_find(const char *cache_dir, const char *site,
			const char *name, struct error *err)
{
	/* Asks whether this lock could be had; it is not taken. */
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	struct buffer path = BUFFER_EMPTY;
	int fd = -1, status = -1;

	buffer_format(&path, "%s/%s/%s", cache_dir, site, name);
	if (buffer_check(&path, err) == 0) {
		fd = open(path.data,
			  O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
		if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
			status = 0;
		else if (fd >= 0 && fcntl(fd, F_OFD_GETLK, &lock) == 0)
			status = lock.l_type != F_UNLCK;
		else
			error_set(err, EX_IOERR, "cannot look at %s: %s",
				  path.data, strerror(errno));
	}
	if (fd >= 0)
		close(fd);
	buffer_free(&path);
	return status;
}
