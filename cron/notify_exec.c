#include "notify_exec.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/json_writer.h"

/* A command that runs. */
struct child {
	pid_t pid; /* also its process group */
	int pidfd;
	int input; /* the end of the pipe that is ours; -1: closed */
	struct buffer event;
	size_t written;
	bool is_killed;
};

/* What the command finds, whatever was done to these for notify: a process
 * group of its own, so that a Ctrl-C is notify's to deal with and a timeout ends
 * all of it; no signal ignored. */
static int spawn(pid_t *pid, const char *command, int input)
{
	char *const words[] = {(char[]){"sh"}, (char[]){"-c"}, strdupa(command),
			       NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, ignored;
	int status;

	sigemptyset(&none);
	sigemptyset(&ignored);
	sigaddset(&ignored, SIGPIPE);
	sigaddset(&ignored, SIGXFSZ);
	status = posix_spawn_file_actions_init(&actions);
	if (status != 0)
		return status;
	status = posix_spawnattr_init(&attributes);
	if (status != 0) {
		posix_spawn_file_actions_destroy(&actions);
		return status;
	}
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP |
						      POSIX_SPAWN_SETSIGDEF |
						      POSIX_SPAWN_SETSIGMASK);
	posix_spawnattr_setpgroup(&attributes, 0);
	posix_spawnattr_setsigdefault(&attributes, &ignored);
	posix_spawnattr_setsigmask(&attributes, &none);
	status =
		posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
	if (status == 0) /* libcurl's connections are not closed by exec */
		status = posix_spawn_file_actions_addclosefrom_np(
			&actions, STDERR_FILENO + 1);
	if (status == 0)
		status = posix_spawn(pid, "/bin/sh", &actions, &attributes,
				     words, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return status;
}

static int start(const char *command, struct child *child, struct error *err)
{
	int ends[2];
	int status;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return error_set(err, EX_OSERR, "cannot make a pipe: %s",
				 strerror(errno));
	child->input = ends[1];
	fcntl(child->input, F_SETFL, O_NONBLOCK);
	status = spawn(&child->pid, command, ends[0]);
	close(ends[0]);
	if (status != 0)
		return error_set(err, EX_OSERR,
				 "the command cannot be started: %s",
				 strerror(status));
	child->pidfd = pidfd_open(child->pid, 0);
	if (child->pidfd >= 0)
		return 0;
	error_set(err, EX_OSERR, "the command cannot be watched: %s",
		  strerror(errno));
	kill(-child->pid, SIGKILL);
	while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR)
		;
	return -1;
}

static void close_input(struct child *child)
{
	if (child->input >= 0)
		close(child->input);
	child->input = -1;
}

/* A command that does not want the event closes its end: no failure. */
static void feed(struct child *child)
{
	ssize_t written =
		write(child->input, child->event.data + child->written,
		      child->event.length - child->written);

	if (written > 0)
		child->written += (size_t)written;
	else if (written < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (written < 0 || child->written == child->event.length)
		close_input(child);
}

static int limit_ms(const struct child *child, long long deadline_ms,
		    const struct notify_hold *hold)
{
	long long left_ms = deadline_ms - clock_monotonic_ms();
	long long keep_ms = notify_hold_left_ms(hold);

	if (child->is_killed || keep_ms < left_ms)
		left_ms = keep_ms;
	return left_ms > INT_MAX ? INT_MAX : left_ms > 0 ? (int)left_ms : 0;
}

/* Until it has ended. What it leaves behind in its group may live on. */
static void attend(struct child *child, long long timeout_ms,
		   struct notify_hold *hold)
{
	long long deadline_ms = clock_monotonic_ms() + timeout_ms;
	struct pollfd fds[2];

	do {
		if (!child->is_killed && clock_monotonic_ms() >= deadline_ms) {
			kill(-child->pid, SIGKILL);
			child->is_killed = true;
		}
		fds[0] = (struct pollfd){.fd = child->pidfd, .events = POLLIN};
		fds[1] = (struct pollfd){.fd = child->input, .events = POLLOUT};
		if (poll(fds, 2, limit_ms(child, deadline_ms, hold)) < 0)
			fds[0].revents = fds[1].revents = 0;
		if (fds[1].revents != 0)
			feed(child);
		notify_hold_keep(hold);
	} while (fds[0].revents == 0);
}

static int judge(const struct child *child, long long timeout_ms,
		 struct error *err)
{
	siginfo_t end = {0};

	while (waitid(P_PIDFD, (id_t)child->pidfd, &end, WEXITED) != 0)
		if (errno != EINTR)
			return error_set(err, EX_OSERR,
					 "the command's end is unknown: %s",
					 strerror(errno));
	if (child->is_killed)
		return error_set(err, EX_UNAVAILABLE, "timed out after %lld s",
				 timeout_ms / 1000);
	if (end.si_code != CLD_EXITED)
		return error_set(err, EX_UNAVAILABLE, "killed by signal %d",
				 end.si_status);
	if (end.si_status != 0)
		return error_set(err, EX_UNAVAILABLE, "exit status %d",
				 end.si_status);
	return 0;
}

int notify_exec(const char *command, long long timeout_ms,
		struct notify_hold *hold, struct error *err)
{
	struct child child = {.pidfd = -1, .input = -1};
	struct json_writer json = JSON_WRITER(&child.event);
	int status;

	event_write(&hold->delivery->event, &json);
	buffer_char(&child.event, '\n');
	status = buffer_check(&child.event, err);
	if (status == 0)
		status = start(command, &child, err);
	if (status == 0) {
		attend(&child, timeout_ms, hold);
		status = judge(&child, timeout_ms, err);
	}
	close_input(&child);
	if (child.pidfd >= 0)
		close(child.pidfd);
	buffer_free(&child.event);
	return status;
}
