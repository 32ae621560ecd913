/*
 * The addresses of a host, within a time: getaddrinfo(3) has none, and a name
 * server that is away would hold a visitor for half a minute.
 *
 * What is not there in time is looked up to its end by a thread of its own,
 * and its answer thrown away.
 */
#ifndef MARQUEE_SHARE_HOST_LOOKUP_H
#define MARQUEE_SHARE_HOST_LOOKUP_H

#include <stddef.h>
#include <sys/socket.h>

#include "base/error.h"

/* Of one host; further ones are not tried. */
#define HOST_LOOKUP_MAX 8

struct host_addresses {
	size_t count;
	struct {
		struct sockaddr_storage address;
		socklen_t length;
	} found[HOST_LOOKUP_MAX];
};

/* Looks up the TCP addresses of `host`, a name or an address, until
 * `deadline_ms` (monotonic). Returns 0 with at least one, or -1 with
 * EX_UNAVAILABLE or EX_OSERR. */
int host_lookup(const char *host, int port, long long deadline_ms,
		struct host_addresses *addresses, struct error *err);

#endif
