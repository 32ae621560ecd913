/*
 * A disk that fails when it is told to: what SQLite calls to write and to fsync.
 * The program's own functions are found before those of the C library. Include
 * it in one file of a test program.
 */
#ifndef MARQUEE_TESTS_EVENT_FAULTS_H
#define MARQUEE_TESTS_EVENT_FAULTS_H

#include <errno.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static struct {
	atomic_int write_errno;  /* 0: writing works */
	atomic_bool only_growth; /* as on a full disk: what is there can be
				    written again */
	atomic_int sync_errno;
	atomic_int sync_ms; /* how long an fsync takes */
	atomic_int syncs;
} faults;

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t at)
{
	struct stat file;

	if (faults.write_errno != 0 &&
	    (!faults.only_growth ||
	     (fstat(fd, &file) == 0 && at + (off64_t)length > file.st_size))) {
		errno = faults.write_errno;
		return -1;
	}
	return syscall(SYS_pwrite64, fd, bytes, length, at);
}

int fdatasync(int fd)
{
	const struct timespec pause = {0, faults.sync_ms * 1000000L};

	faults.syncs++;
	if (faults.sync_ms > 0)
		nanosleep(&pause, NULL);
	if (faults.sync_errno != 0) {
		errno = faults.sync_errno;
		return -1;
	}
	return (int)syscall(SYS_fdatasync, fd);
}

#endif
