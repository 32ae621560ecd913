/*
 * A supervisor to tell signs of life: a socket at "notify" in the current
 * directory, and what came there. Include it after base_fixture.h.
 */
#ifndef MARQUEE_TESTS_SUPERVISOR_FIXTURE_H
#define MARQUEE_TESTS_SUPERVISOR_FIXTURE_H

#include <sys/socket.h>
#include <sys/un.h>

/* `name` may begin with NUL. */
static inline int listen_for_signs(const char *name, size_t length)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	assert_true(fd >= 0);
	memcpy(address.sun_path, name, length);
	length += offsetof(struct sockaddr_un, sun_path);
	assert_int_equal(
		bind(fd, (struct sockaddr *)&address, (socklen_t)length), 0);
	return fd;
}

/* The next datagram is `sign`; NULL: there is none. */
static inline void assert_sign(int fd, const char *sign)
{
	char text[256];
	ssize_t length = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);

	if (length < 0) {
		assert_null(sign);
		return;
	}
	text[length] = '\0';
	if (sign == NULL)
		fail_msg("\"%s\" came", text);
	assert_string_equal(text, sign);
}

#endif
