/*
 * amqp://user:password@host:port/vhost, taken apart.
 * https://www.rabbitmq.com/uri-spec.html
 *
 * Every part may be percent-encoded, UTF-8 too. Where it says nothing: user and
 * password guest, the host localhost, port 5672 (amqps: 5671), vhost "/".
 * Other than the specification says, `amqp://host/` is the vhost "/" too: what
 * everybody who writes it means. A query is refused rather than passed over.
 */
#ifndef MARQUEE_EVENTS_BROKER_URL_H
#define MARQUEE_EVENTS_BROKER_URL_H

#include <stdbool.h>

#include "base/error.h"
#include "base/server_url.h"

/* Of the user, the password and the vhost, decoded; AMQP's short strings. */
#define BROKER_URL_PART_MAX_BYTES 255

struct broker_url {
	bool is_tls;
	char *user; /* these four are owned */
	char *password;
	char *host; /* without the brackets of an IPv6 address */
	int port;
	char *vhost;
};

/* Returns 0, or -1 with EX_CONFIG and why it is none, which never shows the
 * URL, since it may hold a password; EX_OSERR. */
int broker_url_read(const char *text, struct broker_url *url,
		    struct error *err);

/* Wipes the password, frees the rest and makes it empty. */
void broker_url_free(struct broker_url *url);

#endif
