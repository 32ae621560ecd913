#include "web/ticker.h"

#include <string.h>
#include <time.h>

#include "base/threads.h"

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

int ticker_start(struct ticker *ticker, struct error *err)
{
	int status;

	ticker->is_ending = false;
	pthread_mutex_init(&ticker->lock, NULL);
	threads_init_condition(&ticker->ends);
	status = threads_start(&ticker->thread, false, work, ticker);
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
