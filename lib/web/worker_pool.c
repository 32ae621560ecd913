#include "web/worker_pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/threads.h"

/* How often, at the end, those that still wait are interrupted: one may have
 * been on its way into the system call. */
#define WAKE_EVERY_MS 20

struct pool;

struct worker {
	pthread_t thread;
	struct pool *pool;
	atomic_bool is_waiting;
	atomic_llong busy_since_ms; /* 0: it is not */
};

struct pool {
	struct worker_plan plan; /* a copy: workers may outlive the caller */
	struct worker *workers;
	unsigned count;
	atomic_bool is_ending;
	atomic_int failure; /* an errno, or 0 */
	pthread_mutex_t lock;
	pthread_cond_t left; /* a worker has */
	unsigned alive;      /* under `lock` */
};

bool worker_is_ending(const struct worker *worker)
{
	return atomic_load(&worker->pool->is_ending);
}

void worker_set_waiting(struct worker *worker, bool is_waiting)
{
	atomic_store(&worker->is_waiting, is_waiting);
}

void worker_set_busy(struct worker *worker, bool is_busy)
{
	atomic_store_explicit(&worker->busy_since_ms,
			      is_busy ? clock_monotonic_ms() : 0,
			      memory_order_relaxed);
}

void worker_fail(struct worker *worker, int reason)
{
	int none = 0;

	if (atomic_compare_exchange_strong(&worker->pool->failure, &none,
					   reason))
		kill(getpid(), SIGTERM);
}

static void *run_worker(void *argument)
{
	struct worker *worker = argument;
	struct pool *pool = worker->pool;

	pool->plan.work(worker, pool->plan.context);
	worker_set_waiting(worker, false);
	pthread_mutex_lock(&pool->lock);
	pool->alive--;
	pthread_cond_signal(&pool->left);
	pthread_mutex_unlock(&pool->lock);
	return NULL;
}

static int start_workers(struct pool *pool, struct error *err)
{
	pthread_attr_t attributes;
	int status = 0;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, WORKER_STACK_BYTES);
	pthread_mutex_lock(&pool->lock);
	while (pool->count < pool->plan.threads) {
		struct worker *worker = &pool->workers[pool->count];

		worker->pool = pool;
		status = pthread_create(&worker->thread, &attributes,
					run_worker, worker);
		if (status != 0)
			break;
		pool->count++;
		pool->alive++;
	}
	pthread_mutex_unlock(&pool->lock);
	pthread_attr_destroy(&attributes);
	if (pool->count == 0)
		return error_set(err, EX_OSERR, "cannot start a thread: %s",
				 strerror(status));
	if (status != 0)
		log_event(LOG_LEVEL_WARN, "fewer threads than asked for",
			  "reason", strerror(status), NULL);
	return 0;
}

static void interrupt_waiting(struct pool *pool)
{
	unsigned i;

	for (i = 0; i < pool->count; i++)
		if (atomic_load(&pool->workers[i].is_waiting))
			pthread_kill(pool->workers[i].thread, SIGUSR2);
}

static struct timespec in_ms(long long ms)
{
	struct timespec when;

	clock_gettime(CLOCK_MONOTONIC, &when);
	when.tv_nsec += (long)(ms % 1000) * 1000000;
	when.tv_sec += (time_t)(ms / 1000) + when.tv_nsec / 1000000000;
	when.tv_nsec %= 1000000000;
	return when;
}

/* Returns how many workers are still at it when the grace is over. */
static unsigned end_workers(struct pool *pool, long long grace_ms)
{
	long long deadline_ms = clock_monotonic_ms() + grace_ms;
	struct timespec next;
	unsigned alive;

	atomic_store(&pool->is_ending, true);
	if (pool->plan.announce_end != NULL)
		pool->plan.announce_end(pool->plan.context);
	pthread_mutex_lock(&pool->lock);
	while (pool->alive > 0 && clock_monotonic_ms() < deadline_ms) {
		interrupt_waiting(pool);
		next = in_ms(WAKE_EVERY_MS);
		pthread_cond_timedwait(&pool->left, &pool->lock, &next);
	}
	alive = pool->alive;
	pthread_mutex_unlock(&pool->lock);
	return alive;
}

static long long longest_ms(const struct pool *pool)
{
	long long now_ms = clock_monotonic_ms(), longest = 0, since_ms;
	unsigned i;

	for (i = 0; i < pool->count; i++) {
		since_ms = atomic_load_explicit(&pool->workers[i].busy_since_ms,
						memory_order_relaxed);
		if (since_ms != 0 && now_ms - since_ms > longest)
			longest = now_ms - since_ms;
	}
	return longest;
}

/* Returns -1 where all is not well, and then sets the grace of the end. */
static int take_look(const struct pool *pool, long long *grace_ms)
{
	struct worker_look look = {.longest_ms = longest_ms(pool),
				   .grace_ms = pool->plan.grace_ms};
	struct error why = {0};

	if (pool->plan.look == NULL ||
	    pool->plan.look(pool->plan.context, &look, &why) == 0)
		return 0;
	log_event(LOG_LEVEL_ERROR, "not well, ending", "reason", why.message,
		  NULL);
	*grace_ms = look.grace_ms;
	return -1;
}

/* Returns -1 where it ends because all is not well. */
static int wait_for_end(const struct pool *pool, const sigset_t *ends,
			long long *grace_ms)
{
	const long long every_ms = pool->plan.look_ms;
	const struct timespec rest = {.tv_sec = (time_t)(every_ms / 1000),
				      .tv_nsec = (long)(every_ms % 1000) *
						 1000000};

	while (sigtimedwait(ends, NULL, every_ms > 0 ? &rest : NULL) < 0)
		if (take_look(pool, grace_ms) != 0)
			return -1;
	return 0;
}

static void do_nothing(int number)
{
	(void)number;
}

/* Without SA_RESTART: the point of SIGUSR2 is to interrupt. */
static void prepare_signals(sigset_t *ends)
{
	struct sigaction interrupt = {.sa_handler = do_nothing};

	sigemptyset(&interrupt.sa_mask);
	sigaction(SIGUSR2, &interrupt, NULL);
	sigemptyset(ends);
	sigaddset(ends, SIGTERM);
	sigaddset(ends, SIGINT);
	sigaddset(ends, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, ends, NULL);
}

static struct pool *make_pool(const struct worker_plan *plan, struct error *err)
{
	struct pool *pool = calloc(1, sizeof(*pool));

	if (pool != NULL)
		pool->workers = calloc(plan->threads, sizeof(*pool->workers));
	if (pool == NULL || pool->workers == NULL) {
		free(pool);
		error_no_memory(err);
		return NULL;
	}
	pool->plan = *plan;
	pthread_mutex_init(&pool->lock, NULL);
	threads_init_condition(&pool->left);
	return pool;
}

/* Only when all workers have returned. */
static void free_pool(struct pool *pool)
{
	unsigned i;

	for (i = 0; i < pool->count; i++)
		pthread_join(pool->workers[i].thread, NULL);
	pthread_cond_destroy(&pool->left);
	pthread_mutex_destroy(&pool->lock);
	free(pool->workers);
	free(pool);
}

int worker_pool_run(const struct worker_plan *plan, struct error *err)
{
	struct pool *pool = make_pool(plan, err);
	long long grace_ms = plan->grace_ms;
	unsigned unfinished;
	int failure, status;
	sigset_t ends;

	if (pool == NULL)
		return -1;
	prepare_signals(&ends);
	status = take_look(pool, &grace_ms);
	if (start_workers(pool, err) != 0) {
		free_pool(pool);
		return -1;
	}
	log_event(LOG_LEVEL_INFO, "serving", "threads", LOG_INT(pool->count),
		  NULL);
	if (status == 0)
		status = wait_for_end(pool, &ends, &grace_ms);
	unfinished = end_workers(pool, grace_ms);
	log_event(unfinished > 0 ? LOG_LEVEL_WARN : LOG_LEVEL_INFO, "stopped",
		  "unfinished", LOG_INT(unfinished), NULL);
	if (status != 0)
		return WORKER_POOL_UNWELL;
	if (unfinished > 0)
		return WORKER_POOL_UNFINISHED;
	failure = atomic_load(&pool->failure);
	free_pool(pool);
	if (failure != 0)
		return error_set(err, EX_OSERR, "the socket has failed: %s",
				 strerror(failure));
	return 0;
}
