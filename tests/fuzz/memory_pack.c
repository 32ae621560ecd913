#include "memory_pack.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>

static struct {
	const char *bytes;
	size_t size;
	unsigned closed;
} pack;

void memory_pack_set(const void *bytes, size_t size)
{
	pack.bytes = bytes;
	pack.size = size;
	pack.closed = 0;
}

unsigned memory_pack_closed(void)
{
	return pack.closed;
}

ssize_t __real_pread(int fd, void *bytes, size_t size, off_t at);
ssize_t __wrap_pread(int fd, void *bytes, size_t size, off_t at);
ssize_t __wrap_pread(int fd, void *bytes, size_t size, off_t at)
{
	if (fd != MEMORY_PACK)
		return __real_pread(fd, bytes, size, at);
	if (at < 0 || (size_t)at >= pack.size)
		return at < 0 ? -1 : 0;
	if (size > pack.size - (size_t)at)
		size = pack.size - (size_t)at;
	memcpy(bytes, pack.bytes + at, size);
	return (ssize_t)size;
}

int __real_fstat(int fd, struct stat *status);
int __wrap_fstat(int fd, struct stat *status);
int __wrap_fstat(int fd, struct stat *status)
{
	if (fd != MEMORY_PACK)
		return __real_fstat(fd, status);
	*status = (struct stat){.st_mode = S_IFREG | 0644,
				.st_size = (off_t)pack.size};
	return 0;
}

int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_close(int fd)
{
	if (fd != MEMORY_PACK)
		return __real_close(fd);
	pack.closed++;
	return 0;
}
