#include "cache/presence.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/files.h"

static int open_and_lock(int dir, const char *path, struct error *err)
{
	struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
	int fd = openat(dir, PRESENCE_FILE,
			O_RDONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);

	if (fd < 0)
		return error_set(err, EX_CANTCREAT, "cannot open %s/%s: %s",
				 path, PRESENCE_FILE, strerror(errno));
	if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
		return fd;
	error_set(err, EX_CANTCREAT, "cannot lock %s/%s: %s", path,
		  PRESENCE_FILE, strerror(errno));
	close(fd);
	return -1;
}

int presence_hold(const char *cache_dir, const char *site, struct error *err)
{
	struct buffer path = BUFFER_EMPTY;
	int dir = -1, fd = -1;

	buffer_format(&path, "%s/%s", cache_dir, site);
	if (buffer_check(&path, err) != 0)
		goto out;
	dir = files_make_dirs(path.data, err);
	if (dir < 0)
		goto out;
	fd = open_and_lock(dir, path.data, err);
	close(dir);
out:
	buffer_free(&path);
	return fd;
}

void presence_end(int presence)
{
	if (presence >= 0)
		close(presence);
}

bool presence_is_held(const char *cache_dir, const char *site)
{
	/* What would be in the way of a lock of one's own. */
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	struct buffer path = BUFFER_EMPTY;
	bool is_held = false;
	int fd = -1;

	buffer_format(&path, "%s/%s/%s", cache_dir, site, PRESENCE_FILE);
	if (buffer_check(&path, NULL) == 0)
		fd = open(path.data, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0) {
		is_held = fcntl(fd, F_OFD_GETLK, &lock) == 0 &&
			  lock.l_type != F_UNLCK;
		close(fd);
	}
	buffer_free(&path);
	return is_held;
}
