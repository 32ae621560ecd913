/*
 * For LD_PRELOAD: brings a program into trouble that its own code does not
 * know. Files of the directory TROUBLE say which, and who is meant, by its pid:
 *
 *	hang	every openat(2) of that process never returns
 *	stick	the next openat(2) of that process does not, one thread's
 *	leak	every openat(2) of that process leaves a descriptor open
 *	silent	its sigtimedwait(2) never returns: the thread that gives signs
 *		of life gives none
 *	cut	it is killed when it has sent something for the first time, with
 *		write(2) or writev(2)
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

int __openat_2(int dir, const char *path, int flags);

/* Opens and reads by names that are not stood in for. */
static bool is_meant(const char *trouble)
{
	const char *directory = getenv("TROUBLE");
	char path[4096];
	FILE *file;
	int pid = 0;

	if (directory == NULL)
		return false;
	snprintf(path, sizeof(path), "%s/%s", directory, trouble);
	file = fopen(path, "re");
	if (file == NULL)
		return false;
	if (fscanf(file, "%d", &pid) != 1)
		pid = 0;
	fclose(file);
	return pid == getpid();
}

/* Whether it is this thread that took the trouble away. */
static bool is_first(const char *trouble)
{
	char path[4096];

	if (!is_meant(trouble))
		return false;
	snprintf(path, sizeof(path), "%s/%s", getenv("TROUBLE"), trouble);
	return unlink(path) == 0;
}

static void hang(void)
{
	for (;;)
		pause();
}

static void get_into_trouble(void)
{
	if (is_meant("hang") || is_first("stick"))
		hang();
	if (is_meant("leak") && dup(STDIN_FILENO) < 0)
		return; /* as many as there can be */
}

int openat(int dir, const char *path, int flags, ...)
{
	int (*real)(int, const char *, int, ...);
	mode_t mode = 0;
	va_list more;

	if ((flags & (O_CREAT | O_TMPFILE)) != 0) {
		va_start(more, flags);
		mode = va_arg(more, mode_t);
		va_end(more);
	}
	get_into_trouble();
	*(void **)&real = dlsym(RTLD_NEXT, "openat");
	return real(dir, path, flags, mode);
}

int __openat_2(int dir, const char *path, int flags)
{
	int (*real)(int, const char *, int);

	get_into_trouble();
	*(void **)&real = dlsym(RTLD_NEXT, "__openat_2");
	return real(dir, path, flags);
}

/* The log is none of it. Asked before something is sent: whoever has it may be
 * the one who makes the trouble then. */
static bool is_to_be_cut(int fd)
{
	return fd > STDERR_FILENO && is_meant("cut");
}

static void die_if(bool is_cut)
{
	if (is_cut)
		kill(getpid(), SIGKILL);
}

ssize_t write(int fd, const void *bytes, size_t length)
{
	ssize_t (*real)(int, const void *, size_t);
	ssize_t sent;
	bool is_cut = is_to_be_cut(fd);

	*(void **)&real = dlsym(RTLD_NEXT, "write");
	sent = real(fd, bytes, length);
	die_if(is_cut);
	return sent;
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
	ssize_t (*real)(int, const struct iovec *, int);
	ssize_t sent;
	bool is_cut = is_to_be_cut(fd);

	*(void **)&real = dlsym(RTLD_NEXT, "writev");
	sent = real(fd, parts, count);
	die_if(is_cut);
	return sent;
}

int sigtimedwait(const sigset_t *set, siginfo_t *info,
		 const struct timespec *timeout)
{
	int (*real)(const sigset_t *, siginfo_t *, const struct timespec *);

	if (is_meant("silent"))
		hang();
	*(void **)&real = dlsym(RTLD_NEXT, "sigtimedwait");
	return real(set, info, timeout);
}
