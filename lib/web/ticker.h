/*
 * A thread that does something every now and then, beside those that answer.
 *
 *	struct ticker ticker = {.tick = look, .context = &note};
 *
 *	if (ticker_start(&ticker, &err) != 0)
 *		…
 *	ticker_end(&ticker);
 */
#ifndef MARQUEE_WEB_TICKER_H
#define MARQUEE_WEB_TICKER_H

#include <pthread.h>
#include <stdbool.h>

#include "base/error.h"

/* How long it rests between two ticks. */
#define TICKER_REST_MS 1000

struct ticker {
	void (*tick)(void *context);
	void *context;
	/* The rest is its own. */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t ends;
	bool is_ending; /* under `lock` */
};

/* Starts ticking, at once for the first time. The thread takes no signal: these
 * are for the main one. -1 with EX_OSERR. */
int ticker_start(struct ticker *ticker, struct error *err);

/* Only after ticker_start has returned 0: waits for a tick under way. */
void ticker_end(struct ticker *ticker);

#endif
