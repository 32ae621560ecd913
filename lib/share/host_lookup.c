#include "share/host_lookup.h"

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/threads.h"

/* Belongs to who asks and to the thread that looks; the last one frees it. */
struct lookup {
	char *host;
	char port[8];
	pthread_mutex_t lock;
	pthread_cond_t is_over;
	bool is_done;
	int status; /* of getaddrinfo */
	struct host_addresses found;
	int owners;
};

static int look(const char *host, const char *port, int flags,
		struct host_addresses *addresses)
{
	const struct addrinfo wanted = {
		.ai_flags = AI_NUMERICSERV | flags,
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
	};
	struct addrinfo *list = NULL, *one;
	int status = getaddrinfo(host, port, &wanted, &list);

	addresses->count = 0;
	if (status != 0)
		return status;
	for (one = list; one != NULL && addresses->count < HOST_LOOKUP_MAX;
	     one = one->ai_next) {
		memcpy(&addresses->found[addresses->count].address,
		       one->ai_addr, one->ai_addrlen);
		addresses->found[addresses->count].length = one->ai_addrlen;
		addresses->count++;
	}
	freeaddrinfo(list);
	return addresses->count > 0 ? 0 : EAI_NONAME;
}

/* Called with the lock, which it gives up. */
static void leave(struct lookup *lookup)
{
	bool is_last = --lookup->owners == 0;

	pthread_mutex_unlock(&lookup->lock);
	if (!is_last)
		return;
	pthread_cond_destroy(&lookup->is_over);
	pthread_mutex_destroy(&lookup->lock);
	free(lookup->host);
	free(lookup);
}

static void *look_aside(void *context)
{
	struct lookup *lookup = context;
	struct host_addresses found;
	int status = look(lookup->host, lookup->port, AI_ADDRCONFIG, &found);

	pthread_mutex_lock(&lookup->lock);
	lookup->status = status;
	lookup->found = found;
	lookup->is_done = true;
	pthread_cond_signal(&lookup->is_over);
	leave(lookup);
	return NULL;
}

static struct lookup *new_lookup(const char *host, const char *port)
{
	struct lookup *lookup = calloc(1, sizeof(*lookup));

	if (lookup == NULL)
		return NULL;
	lookup->host = strdup(host);
	snprintf(lookup->port, sizeof(lookup->port), "%s", port);
	lookup->owners = 1;
	if (lookup->host == NULL) {
		free(lookup);
		return NULL;
	}
	pthread_mutex_init(&lookup->lock, NULL);
	threads_init_condition(&lookup->is_over);
	return lookup;
}

/* Called with the lock. */
static int start(struct lookup *lookup)
{
	pthread_t thread;
	int status = threads_start(&thread, true, look_aside, lookup);

	lookup->owners += status == 0;
	return status;
}

static int wait_for(struct lookup *lookup, long long deadline_ms,
		    struct host_addresses *addresses, struct error *err)
{
	const struct timespec until = {
		.tv_sec = (time_t)(deadline_ms / 1000),
		.tv_nsec = (long)(deadline_ms % 1000) * 1000000,
	};
	int status = 0;

	while (!lookup->is_done && status == 0)
		status = pthread_cond_timedwait(&lookup->is_over, &lookup->lock,
						&until);
	if (!lookup->is_done)
		return error_set(err, EX_UNAVAILABLE,
				 "cannot look up %s in time", lookup->host);
	if (lookup->status != 0)
		return error_set(err, EX_UNAVAILABLE, "cannot look up %s: %s",
				 lookup->host, gai_strerror(lookup->status));
	*addresses = lookup->found;
	return 0;
}

int host_lookup(const char *host, int port, long long deadline_ms,
		struct host_addresses *addresses, struct error *err)
{
	struct lookup *lookup;
	char digits[8];
	int status;

	snprintf(digits, sizeof(digits), "%d", port);
	if (look(host, digits, AI_NUMERICHOST, addresses) == 0)
		return 0;
	lookup = new_lookup(host, digits);
	if (lookup == NULL)
		return error_no_memory(err);
	pthread_mutex_lock(&lookup->lock);
	status = start(lookup) == 0
			 ? wait_for(lookup, deadline_ms, addresses, err)
			 : error_set(err, EX_OSERR, "cannot start a thread");
	leave(lookup);
	return status;
}
