/*
 * scheme://user:password@host:port/path, the way several hosts' servers are
 * named (a broker, a Redis), taken apart (RFC 3986 §3).
 *
 * Every part may be percent-encoded, UTF-8 too. What a part that is not there
 * stands for, the form says; the host is then localhost. A query is refused
 * rather than passed over.
 */
#ifndef MARQUEE_BASE_SERVER_URL_H
#define MARQUEE_BASE_SERVER_URL_H

#include <stdbool.h>

#include "base/error.h"

/* Of the user, the password, the host and the path, decoded. */
#define SERVER_URL_PART_MAX_BYTES 255

/* What one kind of server's URLs look like. */
struct server_url_form {
	const char *shape;      /* begins an error: "the URL is not …" */
	const char *scheme;     /* "amqp" */
	const char *tls_scheme; /* "amqps"; NULL: there is none */
	int port, tls_port;     /* where the URL has none */
	const char *user, *password, *path; /* the same */
};

struct server_url {
	bool is_tls;
	char *user; /* these four are owned */
	char *password;
	char *host; /* without the brackets of an IPv6 address */
	int port;
	char *path; /* one part, without the slash before it */
};

/* Returns 0, or -1 with EX_CONFIG and why it is none, which never shows the
 * URL, since it may hold a password; EX_OSERR. */
int server_url_read(const struct server_url_form *form, const char *text,
		    struct server_url *url, struct error *err);

/* Wipes the password, frees the rest and makes it empty. */
void server_url_free(struct server_url *url);

#endif
