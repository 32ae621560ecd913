/*
 * keep-running [OPTION…] PROGRAM [ARGUMENT…]: runs PROGRAM and runs it
 * again whenever it ends.
 *
 * The FastCGI socket comes in as descriptor 0 and stays open here, so a client
 * that connects between two runs waits a moment and is not refused. With
 * --watch-ms PROGRAM is to give signs of life (supervisor.h) and is replaced
 * where it is silent for that long: what systemd does with WatchdogSec=. TERM
 * or INT ends PROGRAM and then keep-running, with 0.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"

/* What --watch-ms may be. */
#define WATCH_MIN_MS 10
#define WATCH_MAX_MS 600000

/* How long a program may take to be ready, and to end when it says that it is
 * about to; more where it asks for more, up to a limit. */
#define START_MS 30000
#define STOP_MS 25000
#define EXTENSION_MAX_MS 86400000

/* One that cannot start is tried once in this time. */
#define START_EVERY_MS 1000

/* How often one that is to end is told again. */
#define END_EVERY_MS 1000

/* A datagram is longer than this only where it says nothing of what counts. */
#define SIGN_BYTES 256

/* What execvp(3) leads to where there is no such program, as in a shell. */
#define CANNOT_RUN 127

struct keeper {
	char **command;
	long long watch_ms; /* 0: nobody looks for signs of life */
	int signals;        /* TERM, INT and CHLD, as a signalfd(2) */
	int signs;          /* the socket that they come to; -1: none */
	char socket_name[sizeof(((struct sockaddr_un *)0)->sun_path)];
	pid_t child; /* 0: it does not run */
	long long started_ms;
	long long deadline_ms; /* of the next sign of life; 0: none */
	bool is_ending;
};

/* A socket with an abstract name that the kernel picks (unix(7), autobind):
 * there is no path that could be too long or be left behind. */
static int open_socket(struct keeper *keeper)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	socklen_t length = offsetof(struct sockaddr_un, sun_path);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int yes = 1;

	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &yes, sizeof(yes)) != 0 ||
	    bind(fd, (struct sockaddr *)&address, length) != 0)
		return -1;
	length = sizeof(address);
	if (getsockname(fd, (struct sockaddr *)&address, &length) != 0)
		return -1;
	length -= (socklen_t)offsetof(struct sockaddr_un, sun_path);
	memcpy(keeper->socket_name, address.sun_path, length);
	keeper->socket_name[0] = '@';
	keeper->signs = fd;
	return 0;
}

static int prepare(struct keeper *keeper)
{
	sigset_t watched;

	sigemptyset(&watched);
	sigaddset(&watched, SIGTERM);
	sigaddset(&watched, SIGINT);
	sigaddset(&watched, SIGCHLD);
	sigprocmask(SIG_BLOCK, &watched, NULL);
	signal(SIGCHLD, SIG_DFL); /* who started this may ignore it */
	keeper->signs = -1;
	keeper->signals = signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
	if (keeper->signals < 0)
		return -1;
	return keeper->watch_ms > 0 ? open_socket(keeper) : 0;
}

/* --- The child ------------------------------------------------------------- */

static void put_number(const char *name, long long number)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", number);
	setenv(name, text, 1);
}

/* The signal at the parent's death is for the case that this process is killed
 * and cannot tell. */
static void become_program(const struct keeper *keeper, pid_t parent)
{
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(EX_OK);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (keeper->watch_ms > 0) {
		setenv("NOTIFY_SOCKET", keeper->socket_name, 1);
		put_number("WATCHDOG_USEC", keeper->watch_ms * 1000);
		put_number("WATCHDOG_PID", getpid());
	}
	execvp(keeper->command[0], keeper->command);
	log_event(LOG_LEVEL_ERROR, "cannot run", "what", keeper->command[0],
		  "reason", strerror(errno), NULL);
	_exit(CANNOT_RUN);
}

static void start(struct keeper *keeper)
{
	pid_t self = getpid();

	keeper->started_ms = clock_monotonic_ms();
	keeper->deadline_ms =
		keeper->watch_ms > 0 ? keeper->started_ms + START_MS : 0;
	keeper->child = fork();
	if (keeper->child == 0)
		become_program(keeper, self);
	if (keeper->child > 0)
		return;
	keeper->child = 0;
	log_event(LOG_LEVEL_ERROR, "cannot fork", "reason", strerror(errno),
		  NULL);
}

static void note_end(struct keeper *keeper)
{
	int status;

	if (keeper->child == 0 ||
	    waitpid(keeper->child, &status, WNOHANG) != keeper->child)
		return;
	keeper->child = 0;
	if (keeper->is_ending)
		return;
	log_event(LOG_LEVEL_WARN, "it has ended, running it again", "what",
		  keeper->command[0], WIFSIGNALED(status) ? "signal" : "status",
		  WIFSIGNALED(status) ? strsignal(WTERMSIG(status))
				      : LOG_INT(WEXITSTATUS(status)),
		  NULL);
}

/* CONT comes once, for one that is stopped: at its end a program built with
 * sanitizers stops its threads to look for leaks, and CONT would undo that. */
static void begin_end(struct keeper *keeper)
{
	if (!keeper->is_ending && keeper->child > 0) {
		kill(keeper->child, SIGCONT);
		if (keeper->watch_ms > 0)
			keeper->deadline_ms = clock_monotonic_ms() + STOP_MS;
	}
	keeper->is_ending = true;
}

static void take_signals(struct keeper *keeper)
{
	struct signalfd_siginfo info;

	while (read(keeper->signals, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_signo != SIGCHLD)
			begin_end(keeper);
	note_end(keeper);
	if (keeper->is_ending && keeper->child > 0)
		kill(keeper->child, SIGTERM);
}

/* --- Signs of life --------------------------------------------------------- */

/* What follows `name`, with its equals sign, in the line that begins so; -1:
 * there is none. */
static long long value_of(const char *text, const char *name)
{
	size_t length = strlen(name);
	long long value;
	const char *end;

	for (; *text != '\0'; text = *end != '\0' ? end + 1 : end) {
		end = strchrnul(text, '\n');
		if (strncmp(text, name, length) == 0 &&
		    text_number(text + length, (size_t)(end - text) - length,
				&value) == 0)
			return value;
	}
	return -1;
}

/* Sets when the next sign is due, by what this one says. */
static void obey(struct keeper *keeper, const char *text)
{
	long long more_ms = value_of(text, "EXTEND_TIMEOUT_USEC=") / 1000;
	long long now_ms = clock_monotonic_ms();

	if (more_ms > 0 && more_ms <= EXTENSION_MAX_MS)
		keeper->deadline_ms = now_ms + more_ms;
	else if (value_of(text, "STOPPING=") == 1)
		keeper->deadline_ms = now_ms + STOP_MS;
	else if (value_of(text, "READY=") == 1 ||
		 value_of(text, "WATCHDOG=") == 1)
		keeper->deadline_ms = now_ms + keeper->watch_ms;
}

/* Returns the bytes of a datagram that the child itself has sent; 0: of somebody
 * else's, whom the name is no secret from; -1: there is none. */
static ssize_t take_datagram(const struct keeper *keeper, char *text,
			     size_t size)
{
	union {
		char bytes[CMSG_SPACE(sizeof(struct ucred))];
		struct cmsghdr alignment;
	} control;
	struct iovec place = {.iov_base = text, .iov_len = size};
	struct msghdr message = {.msg_iov = &place,
				 .msg_iovlen = 1,
				 .msg_control = control.bytes,
				 .msg_controllen = sizeof(control.bytes)};
	ssize_t length = recvmsg(keeper->signs, &message, MSG_CMSG_CLOEXEC);
	const struct cmsghdr *first = CMSG_FIRSTHDR(&message);
	struct ucred sender = {0};

	if (length < 0)
		return -1;
	if (first != NULL && first->cmsg_level == SOL_SOCKET &&
	    first->cmsg_type == SCM_CREDENTIALS)
		memcpy(&sender, CMSG_DATA(first), sizeof(sender));
	return keeper->child > 0 && sender.pid == keeper->child ? length : 0;
}

static void take_signs(struct keeper *keeper)
{
	char text[SIGN_BYTES + 1];
	ssize_t length;

	while ((length = take_datagram(keeper, text, SIGN_BYTES)) >= 0) {
		text[length] = '\0';
		obey(keeper, text);
	}
}

/* --- The watch ------------------------------------------------------------- */

/* When something is due, by the monotonic clock in ms; 0: nothing is. */
static long long next_due_ms(const struct keeper *keeper)
{
	if (keeper->is_ending)
		return clock_monotonic_ms() + END_EVERY_MS;
	if (keeper->child > 0)
		return keeper->deadline_ms;
	return keeper->started_ms + START_EVERY_MS;
}

/* What was silent for so long does nothing of use any more, not even end: it is
 * killed without being asked. */
static void kill_silent(struct keeper *keeper)
{
	if (keeper->deadline_ms == 0 ||
	    clock_monotonic_ms() < keeper->deadline_ms)
		return;
	log_event(LOG_LEVEL_ERROR, "no sign of life, killing it", "what",
		  keeper->command[0], "pid", LOG_INT(keeper->child), NULL);
	kill(keeper->child, SIGKILL);
	keeper->deadline_ms = 0;
}

static void wait_for_something(struct keeper *keeper)
{
	struct pollfd sources[] = {{.fd = keeper->signals, .events = POLLIN},
				   {.fd = keeper->signs, .events = POLLIN}};
	long long due_ms = next_due_ms(keeper);
	long long left_ms = due_ms - clock_monotonic_ms();

	if (due_ms == 0)
		left_ms = -1;
	else if (left_ms < 0)
		left_ms = 0;
	poll(sources, 2, (int)left_ms);
	if (keeper->signs >= 0)
		take_signs(keeper);
	take_signals(keeper);
}

static void run(struct keeper *keeper)
{
	start(keeper);
	while (!keeper->is_ending || keeper->child > 0) {
		wait_for_something(keeper);
		if (keeper->child > 0)
			kill_silent(keeper);
		else if (!keeper->is_ending &&
			 clock_monotonic_ms() >=
				 keeper->started_ms + START_EVERY_MS)
			start(keeper);
	}
}

/* --- The command line ------------------------------------------------------ */

#define USAGE "Usage: keep-running [OPTION…] PROGRAM [ARGUMENT…]\n"

static const char help[] = USAGE
	"\nRuns PROGRAM, with the listening socket that is standard input, "
	"and runs it again\nwhenever it ends. At SIGTERM or SIGINT it ends "
	"PROGRAM, then itself.\n\n"
	"Exit status: 0 asked to end; 64 usage; 71 the system refuses "
	"something.\n\n"
	"Options:\n"
	"  --watch-ms MS\n      kill PROGRAM where it gives no sign of life "
	"for so long, 10 to 600000\n"
	"  --help\n      print this\n"
	"  --version\n      print the version\n";

static int complain(const char *what)
{
	fprintf(stderr, "keep-running: %s\n" USAGE, what);
	return EX_USAGE;
}

static int print(const char *text)
{
	return fputs(text, stdout) >= 0 && fflush(stdout) == 0 ? EX_OK
							       : EX_IOERR;
}

static int take_watch(const char *text, struct keeper *keeper)
{
	if (text_number(text, strlen(text), &keeper->watch_ms) == 0 &&
	    keeper->watch_ms >= WATCH_MIN_MS &&
	    keeper->watch_ms <= WATCH_MAX_MS)
		return 0;
	return complain("--watch-ms is 10 to 600000");
}

/* Returns 0 with the command to keep; otherwise `status` is to exit with. */
static int read_command(int argc, char **argv, struct keeper *keeper,
			int *status)
{
	static const struct option longs[] = {
		{"watch-ms", required_argument, NULL, 'w'},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'v'},
		{0}};
	int value;

	*status = EX_OK;
	while ((value = getopt_long(argc, argv, "+", longs, NULL)) != -1) {
		if (value == 'h')
			*status = print(help);
		else if (value == 'v')
			*status = print(
				"keep-running (Marquee) " MARQUEE_VERSION "\n");
		else if (value != 'w')
			*status = complain("which option?");
		else
			*status = take_watch(optarg, keeper);
		if (value != 'w' || *status != EX_OK)
			return -1;
	}
	keeper->command = argv + optind;
	if (*keeper->command != NULL)
		return 0;
	*status = complain("which program?");
	return -1;
}

int main(int argc, char **argv)
{
	const char *format = getenv("MARQUEE_LOG_FORMAT");
	struct keeper keeper = {0};
	int status;

	if (read_command(argc, argv, &keeper, &status) != 0)
		return status;
	log_open("keep-running", LOG_LEVEL_INFO,
		 format != NULL && strcmp(format, "json") == 0
			 ? LOG_FORMAT_JSON
			 : LOG_FORMAT_LOGFMT,
		 LOG_SINK_STDERR);
	if (prepare(&keeper) != 0) {
		log_event(LOG_LEVEL_ERROR, "cannot watch", "reason",
			  strerror(errno), NULL);
		return EX_OSERR;
	}
	run(&keeper);
	return EX_OK;
}
