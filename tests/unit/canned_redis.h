/*
 * A Redis on 127.0.0.1 for unit tests of lib/share: whatever it is asked, it
 * says what the test's text says, from its beginning on each connection.
 */
#ifndef MARQUEE_TESTS_CANNED_REDIS_H
#define MARQUEE_TESTS_CANNED_REDIS_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "share/share.h"

/* What a lookup and a few answers on loopback may take on a busy machine. */
#define LONG_MS 60000

struct canned_redis {
	struct buffer answer; /* of each connection; owned */
	bool closes;          /* after it; or else it is silent */
	size_t asked;         /* bytes that it was sent; read after its end */
	int listener;
	pthread_t thread;
	char text[64]; /* of the URL */
	struct redis_url url;
};

static inline void *canned_redis_run(void *context)
{
	struct canned_redis *redis = context;
	char bytes[65536];
	int peer;

	while ((peer = accept(redis->listener, NULL, NULL)) >= 0) {
		size_t at = 0;
		ssize_t n = 1;

		while (n > 0 && at < redis->answer.length) {
			n = send(peer, redis->answer.data + at,
				 redis->answer.length - at, MSG_NOSIGNAL);
			at += n > 0 ? (size_t)n : 0;
		}
		while (!redis->closes &&
		       (n = read(peer, bytes, sizeof(bytes))) > 0)
			redis->asked += (size_t)n;
		close(peer);
	}
	return NULL;
}

/* `login` as a URL has it before the host, with its "@". */
static inline void canned_redis_start(struct canned_redis *redis,
				      const char *answer, const char *login)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t length = sizeof(address);

	*redis = (struct canned_redis){.answer = BUFFER_EMPTY};
	buffer_text(&redis->answer, answer);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	redis->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(redis->listener >= 0);
	assert_int_equal(
		bind(redis->listener, (struct sockaddr *)&address, length), 0);
	assert_int_equal(listen(redis->listener, 8), 0);
	assert_int_equal(getsockname(redis->listener,
				     (struct sockaddr *)&address, &length),
			 0);
	snprintf(redis->text, sizeof(redis->text), "redis://%s127.0.0.1:%u",
		 login, (unsigned)ntohs(address.sin_port));
	assert_int_equal(redis_url_read(redis->text, &redis->url, NULL), 0);
	assert_int_equal(pthread_create(&redis->thread, NULL, canned_redis_run,
					redis),
			 0);
}

/* Every link to it is closed before. */
static inline void canned_redis_stop(struct canned_redis *redis)
{
	shutdown(redis->listener, SHUT_RDWR);
	pthread_join(redis->thread, NULL);
	close(redis->listener);
	buffer_free(&redis->answer);
	redis_url_free(&redis->url);
}

static inline long long in_long(void)
{
	return clock_monotonic_ms() + LONG_MS;
}

static inline struct redis_link *canned_redis_link(struct canned_redis *redis)
{
	struct error err = {0};
	struct redis_link *link = redis_link_open(&redis->url, in_long(), &err);

	if (link == NULL)
		fail_msg("%s", err.message);
	return link;
}

#endif
