/*
 * A server on 127.0.0.1 for unit tests of lib/upstream: answers one request
 * after the other with what the test's function makes of it, and ends the
 * connection. Its requests are kept in order.
 */
#ifndef MARQUEE_TESTS_CANNED_SERVER_H
#define MARQUEE_TESTS_CANNED_SERVER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buffer.h"

struct canned_server {
	/* Appends the whole answer, status line and all, to `answer`; an empty
	 * one ends the connection. `number` counts the requests from 0,
	 * `head` is the request as it came, with its body. */
	void (*answer)(struct canned_server *server, size_t number,
		       const char *target, const char *head,
		       struct buffer *answer);
	const void *context;    /* the test's */
	bool keeps_connections; /* after an answer that is not empty; then one
				   client at a time */
	int listener;
	pthread_t thread;
	char url[64];
	struct buffer requests; /* a line each: the method unless it is GET,
				   target, " if" where it is conditional; read
				   after canned_server_stop */
	size_t request_count;
};

/* An answer with a status and a body. `headers` are whole lines. */
static inline void canned_answer(struct buffer *out, const char *status,
				 const char *headers, const char *body)
{
	buffer_format(out,
		      "HTTP/1.1 %s\r\nConnection: close\r\n"
		      "Content-Length: %zu\r\n%s\r\n%s",
		      status, strlen(body), headers, body);
}

/* Whether the request has come, body and all. */
static inline bool canned_server_has(const struct buffer *request)
{
	const char *end = request->data != NULL
				  ? strstr(request->data, "\r\n\r\n")
				  : NULL;
	const char *length =
		end != NULL ? strstr(request->data, "\r\nContent-Length: ")
			    : NULL;
	size_t body_bytes = 0;

	if (length != NULL && length < end)
		sscanf(length, " Content-Length: %zu", &body_bytes);
	return end != NULL &&
	       request->length - (size_t)(end + 4 - request->data) >=
		       body_bytes;
}

static inline void canned_server_read(int connection, struct buffer *head)
{
	char bytes[65536];
	ssize_t n;

	while (!canned_server_has(head)) {
		n = read(connection, bytes, sizeof(bytes));
		if (n <= 0)
			return;
		buffer_append(head, bytes, (size_t)n);
	}
}

/* One request. Returns whether another may follow. */
static inline bool canned_server_serve(struct canned_server *server,
				       int connection)
{
	struct buffer head = BUFFER_EMPTY, answer = BUFFER_EMPTY;
	char method[8] = "", target[512] = "";
	bool may_follow;
	size_t at = 0;
	ssize_t n = 1;

	canned_server_read(connection, &head);
	if (head.data != NULL &&
	    sscanf(head.data, "%7s %511s", method, target) == 2) {
		bool is_conditional = strstr(head.data, "If-") != NULL;

		if (strcmp(method, "GET") != 0)
			buffer_format(&server->requests, "%s ", method);
		buffer_format(&server->requests, "%s%s\n", target,
			      is_conditional ? " if" : "");
		server->answer(server, server->request_count++, target,
			       head.data, &answer);
	}
	while (n > 0 && at < answer.length) {
		n = send(connection, answer.data + at, answer.length - at,
			 MSG_NOSIGNAL);
		at += n > 0 ? (size_t)n : 0;
	}
	may_follow = server->keeps_connections && answer.length > 0;
	buffer_free(&head);
	buffer_free(&answer);
	return may_follow;
}

static inline void *canned_server_run(void *context)
{
	struct canned_server *server = context;
	int connection;

	while ((connection = accept(server->listener, NULL, NULL)) >= 0) {
		while (canned_server_serve(server, connection))
			;
		close(connection);
	}
	return NULL;
}

/* Returns 0, or -1. `answer` and `context` are set before. */
static inline int canned_server_start(struct canned_server *server)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t length = sizeof(address);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	server->requests = BUFFER_EMPTY;
	server->request_count = 0;
	server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (server->listener < 0 ||
	    bind(server->listener, (struct sockaddr *)&address, length) != 0 ||
	    listen(server->listener, 64) != 0 ||
	    getsockname(server->listener, (struct sockaddr *)&address,
			&length) != 0)
		return -1;
	snprintf(server->url, sizeof(server->url), "http://127.0.0.1:%u",
		 (unsigned)ntohs(address.sin_port));
	return pthread_create(&server->thread, NULL, canned_server_run,
			      server) == 0
		       ? 0
		       : -1;
}

/* Ends it; `requests` stay until the caller frees them. */
static inline void canned_server_stop(struct canned_server *server)
{
	shutdown(server->listener, SHUT_RDWR);
	pthread_join(server->thread, NULL);
	close(server->listener);
}

/* A proxy of the environment would take the tests' requests away. */
static inline void canned_server_forget_proxies(void)
{
	unsetenv("http_proxy");
	unsetenv("all_proxy");
	unsetenv("ALL_PROXY");
}

#endif
