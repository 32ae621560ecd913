#include "web/ticker.h"

#include <signal.h>
#include <string.h>
#include <time.h>

/* Returns whether the end has come. */
static bool rest(struct ticker *ticker)
{
	struct timespec until;
	bool is_ending;
	int status = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += TICKER_REST_MS / 1000;
	pthread_mutex_lock(&ticker->lock);
	while (!ticker->is_ending && status == 0)
		status = pthread_cond_timedwait(&ticker->ends, &ticker->lock,
						&until);
	is_ending = ticker->is_ending;
	pthread_mutex_unlock(&ticker->lock);
	return is_ending;
}

static void *work(void *context)
{
	struct ticker *ticker = context;

	do
		ticker->tick(ticker->context);
	while (!rest(ticker));
	return NULL;
}

static int start(struct ticker *ticker)
{
	sigset_t all, before;
	int status;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	status = pthread_create(&ticker->thread, NULL, work, ticker);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return status;
}

int ticker_start(struct ticker *ticker, struct error *err)
{
	pthread_condattr_t attributes;
	int status;

	ticker->is_ending = false;
	pthread_mutex_init(&ticker->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&ticker->ends, &attributes);
	pthread_condattr_destroy(&attributes);
	status = start(ticker);
	return status == 0
		       ? 0
		       : error_set(err, EX_OSERR, "cannot start a thread: %s",
				   strerror(status));
}

void ticker_end(struct ticker *ticker)
{
	pthread_mutex_lock(&ticker->lock);
	ticker->is_ending = true;
	pthread_cond_signal(&ticker->ends);
	pthread_mutex_unlock(&ticker->lock);
	pthread_join(ticker->thread, NULL);
}
