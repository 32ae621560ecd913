/*
 * redis://[[user]:password@]host[:port][/db], taken apart.
 * https://www.iana.org/assignments/uri-schemes/prov/redis
 *
 * Without a user the password is that of Redis's user "default"; port 6379 and
 * database 0 where it says none. There is no rediss://: the library that Debian
 * 12 has for it, hiredis 0.14, has no TLS.
 */
#ifndef MARQUEE_BASE_REDIS_URL_H
#define MARQUEE_BASE_REDIS_URL_H

#include "base/error.h"

#define REDIS_URL_FORM "redis://[[user]:password@]host[:port][/database]"

/* Highest number of a database. Redis has 16 of them unless it is told
 * otherwise. */
#define REDIS_URL_DATABASE_MAX 1000000

struct redis_url {
	char *user; /* these three are owned; "" for none */
	char *password;
	char *host; /* without the brackets of an IPv6 address */
	int port;
	int database;
};

/* Returns 0, or -1 with EX_CONFIG and why it is none, which never shows the
 * URL, since it may hold a password; EX_OSERR. */
int redis_url_read(const char *text, struct redis_url *url, struct error *err);

/* Wipes the password, frees the rest and makes it empty. */
void redis_url_free(struct redis_url *url);

#endif
