/*
 * What an intruder (intruder.c) tries with files. Each act returns what its call
 * does, -1 with errno.
 */
#ifndef MARQUEE_TESTS_INTRUDER_FILES_H
#define MARQUEE_TESTS_INTRUDER_FILES_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static const char *given(const char *name)
{
	const char *value = getenv(name);

	return value != NULL ? value : "";
}

/* Of tries that come one after another only. */
static const char *below(const char *name, const char *rest)
{
	static char path[4096];

	snprintf(path, sizeof(path), "%s/%s", given(name), rest);
	return path;
}

static long open_at(const char *path, int flags)
{
	long fd = syscall(SYS_openat, AT_FDCWD, path, flags, 0600);

	if (fd >= 0)
		syscall(SYS_close, fd);
	return fd;
}

static long read_passwords(void)
{
	return open_at("/etc/passwd", O_RDONLY);
}

static long read_outside(void)
{
	return open_at(below("INTRUDER_OUTSIDE", "secret"), O_RDONLY);
}

static long list_outside(void)
{
	return open_at(given("INTRUDER_OUTSIDE"), O_RDONLY | O_DIRECTORY);
}

static long list_root(void)
{
	return open_at("/", O_RDONLY | O_DIRECTORY);
}

static long climb_out(void)
{
	return open_at(below("INTRUDER_CACHE", "../outside/secret"), O_RDONLY);
}

static long follow_a_link_out(void)
{
	return open_at(below("INTRUDER_CACHE", "way-out"), O_RDONLY);
}

static long read_the_environment_of_another(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%s/environ",
		 given("INTRUDER_VICTIM"));
	return open_at(path, O_RDONLY);
}

static long write_outside(void)
{
	return open_at(below("INTRUDER_OUTSIDE", "mark"), O_WRONLY | O_CREAT);
}

static long write_over_a_file_outside(void)
{
	return open_at(below("INTRUDER_OUTSIDE", "secret"), O_WRONLY);
}

static long cut_a_file_outside(void)
{
	return syscall(SYS_truncate, below("INTRUDER_OUTSIDE", "secret"), 3L);
}

static long write_into_tmp(void)
{
	return open_at("/tmp", O_TMPFILE | O_RDWR);
}

static long remove_outside(void)
{
	return syscall(SYS_unlinkat, AT_FDCWD,
		       below("INTRUDER_OUTSIDE", "to-remove"), 0);
}

static long move_out_of_the_cache(void)
{
	char from[4096];

	snprintf(from, sizeof(from), "%s", below("INTRUDER_CACHE", "to-move"));
	return syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD,
		       below("INTRUDER_OUTSIDE", "moved"));
}

static long link_into_the_cache(void)
{
	char from[4096];

	snprintf(from, sizeof(from), "%s", below("INTRUDER_OUTSIDE", "secret"));
	return syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD,
		       below("INTRUDER_CACHE", "linked"), 0);
}

static long change_modes_outside(void)
{
	return syscall(SYS_fchmodat, AT_FDCWD,
		       below("INTRUDER_OUTSIDE", "secret"), 0666);
}

static long make_a_device(void)
{
	return syscall(SYS_mknodat, AT_FDCWD, below("INTRUDER_CACHE", "device"),
		       S_IFCHR | 0600, makedev(1, 3));
}

static long read_the_cache(void)
{
	return open_at(below("INTRUDER_CACHE", "to-read"), O_RDONLY);
}

static long write_into_the_cache(void)
{
	return open_at(below("INTRUDER_CACHE", "mark"), O_WRONLY | O_CREAT);
}

static long remove_from_the_cache(void)
{
	return syscall(SYS_unlinkat, AT_FDCWD,
		       below("INTRUDER_CACHE", "to-remove"), 0);
}

static long link_a_name_in_the_cache(void)
{
	return syscall(SYS_symlinkat, "/etc", AT_FDCWD,
		       below("INTRUDER_CACHE", "symbolic"));
}

#endif
