#include "base/supervisor.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"

/* Sets errno where it returns -1. */
static int connect_to(const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t length = strlen(name);
	int fd;

	if (length < 2 || length >= sizeof(address.sun_path)) {
		errno = EINVAL;
		return -1;
	}
	memcpy(address.sun_path, name, length);
	if (name[0] == '@') /* an abstract name begins with NUL: unix(7) */
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	length += offsetof(struct sockaddr_un, sun_path);
	if (connect(fd, (struct sockaddr *)&address, (socklen_t)length) == 0)
		return fd;
	close(fd);
	return -1;
}

static long long number(const char *text)
{
	long long value;

	if (text == NULL || text_number(text, strlen(text), &value) != 0)
		return 0;
	return value;
}

/* WATCHDOG_PID says whom the supervisor means: a program that was started by
 * the one it meant has inherited the rest. */
static long long find_watchdog_ms(void)
{
	const char *pid = getenv("WATCHDOG_PID");
	long long ms = number(getenv("WATCHDOG_USEC")) / 1000;

	return pid == NULL || number(pid) == getpid() ? ms : 0;
}

void supervisor_find(struct supervisor *supervisor)
{
	const char *name = getenv("NOTIFY_SOCKET");

	*supervisor = (struct supervisor){.socket = -1};
	if (name != NULL) {
		supervisor->socket = connect_to(name);
		if (supervisor->socket < 0)
			log_event(LOG_LEVEL_WARN, "cannot tell the supervisor",
				  "socket", name, "reason", strerror(errno),
				  NULL);
		else
			supervisor->watchdog_ms = find_watchdog_ms();
	}
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

int supervisor_tell(const struct supervisor *supervisor, const char *state)
{
	if (supervisor->socket < 0)
		return 0;
	return send(supervisor->socket, state, strlen(state),
		    MSG_NOSIGNAL | MSG_DONTWAIT) < 0
		       ? -1
		       : 0;
}
