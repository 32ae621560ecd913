#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "events/event_outbox.h"

/* How often a server is asked where nothing tells of its changes. */
#define EVERY_MS 500

struct event_watch {
	int fd;
};

/* What it tells is that it may be time to look. */
static int open_timer(struct error *err)
{
	const struct timespec step = {0, EVERY_MS * 1000000L};
	const struct itimerspec every = {step, step};
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);

	if (fd >= 0 && timerfd_settime(fd, 0, &every, NULL) == 0)
		return fd;
	error_set(err, EX_OSERR, "cannot set a timer: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

struct event_watch *event_watch_open(const char *directory, struct error *err)
{
	struct event_watch *watch = calloc(1, sizeof(*watch));

	if (watch == NULL) {
		error_no_memory(err);
		return NULL;
	}
	if (directory == NULL) {
		watch->fd = open_timer(err);
		if (watch->fd >= 0)
			return watch;
		free(watch);
		return NULL;
	}
	watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (watch->fd >= 0 &&
	    inotify_add_watch(watch->fd, directory,
			      IN_ATTRIB | IN_CREATE | IN_MOVED_TO) >= 0)
		return watch;
	error_set(err, EX_OSERR, "cannot watch %s: %s", directory,
		  strerror(errno));
	event_watch_close(watch);
	return NULL;
}

int event_watch_fd(const struct event_watch *watch)
{
	return watch->fd;
}

/* Takes what is there, whatever it says: the reader looks for itself. */
static int drain(struct event_watch *watch, struct error *err)
{
	char changes[16 * (sizeof(struct inotify_event) + NAME_MAX + 1)];
	ssize_t got;

	do
		got = read(watch->fd, changes, sizeof(changes));
	while (got > 0 || (got < 0 && errno == EINTR));
	if (got < 0 && errno != EAGAIN)
		return error_set(err, EX_OSERR, "cannot read the watch: %s",
				 strerror(errno));
	return 0;
}

int event_watch_wait(struct event_watch *watch, long long timeout_ms,
		     struct error *err)
{
	struct pollfd wanted = {.fd = watch->fd, .events = POLLIN};
	int ready;

	if (timeout_ms < 0)
		timeout_ms = 0;
	ready = poll(&wanted, 1,
		     timeout_ms < INT_MAX ? (int)timeout_ms : INT_MAX);
	if (ready > 0)
		return drain(watch, err);
	if (ready < 0 && errno != EINTR)
		return error_set(err, EX_OSERR, "cannot wait: %s",
				 strerror(errno));
	return 0;
}

/* The time of the database file says nothing to anyone; opening and closing the
 * file instead would end the locks that this process has on it (POSIX). One who
 * misses it looks again later. */
void event_watch_ring(const char *path)
{
	utimensat(AT_FDCWD, path, NULL, 0);
}

void event_watch_close(struct event_watch *watch)
{
	if (watch == NULL)
		return;
	if (watch->fd >= 0)
		close(watch->fd);
	free(watch);
}
