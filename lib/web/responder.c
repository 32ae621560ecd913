#include "web/responder.h"

#include <errno.h>
#include <fcgiapp.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/files.h"
#include "base/log.h"

/* Stack of a thread: handlers keep their bodies on the heap. */
#define STACK_BYTES (256 * 1024)

/* Descriptors a request may use at once: its connection, the generation, the
 * pack, a body. */
#define DESCRIPTORS_PER_THREAD 4
#define DESCRIPTORS_BESIDE 32

/* How often, while it ends, threads that still wait are woken. */
#define WAKE_EVERY_MS 20

/* How long a thread rests when descriptors or memory have run out. */
#define SHORTAGE_REST_MS 100

struct pool;

struct worker {
	pthread_t thread;
	struct pool *pool;
	atomic_bool is_waiting; /* for a request, so that it may be woken */
};

struct pool {
	/* A copy: a worker may outlive responder_run. */
	struct responder responder;
	struct worker *workers;
	unsigned count;
	atomic_bool is_ending;
	atomic_int socket_errno; /* why the socket failed, or 0 */
	pthread_mutex_t lock;
	pthread_cond_t left; /* a worker has */
	unsigned alive;      /* under `lock` */
};

static void log_answer(const struct web_request *request,
		       const struct web_response *response,
		       long long started_ms)
{
	enum log_level level = LOG_LEVEL_DEBUG;
	const char *method = web_request_variable(request, "REQUEST_METHOD");

	if (response->status >= 500 || response->is_cut_short)
		level = response->status == 503 ? LOG_LEVEL_WARN
						: LOG_LEVEL_ERROR;
	log_event(level,
		  response->has_client_left ? "the client has left"
					    : "answered",
		  "status", LOG_INT(response->status), "method", method, "uri",
		  web_request_header(request, "REQUEST_URI"), "duration_ms",
		  LOG_INT(clock_monotonic_ms() - started_ms), "request_id",
		  web_request_id(request), NULL);
}

static void answer(const struct responder *responder,
		   const char *const *environment, struct web_sink sink)
{
	long long started_ms = clock_monotonic_ms();
	struct web_request request;
	struct web_response response;

	web_request_init(&request, environment);
	web_response_init(&response, sink, request.method == WEB_HEAD);
	responder->answer(responder->context, &request, &response);
	if (response.status == 0) {
		web_response_clear(&response);
		web_response_begin(&response, 500, 0);
	}
	log_answer(&request, &response, started_ms);
	web_response_free(&response);
	web_request_free(&request);
}

static int write_fastcgi(void *stream, const void *bytes, size_t length)
{
	const char *at = bytes;

	while (length > 0) {
		int part = length < INT_MAX ? (int)length : INT_MAX;

		if (FCGX_PutStr(at, part, stream) != part)
			return -1;
		at += part;
		length -= (size_t)part;
	}
	return 0;
}

static int write_cgi(void *context, const void *bytes, size_t length)
{
	(void)context;
	return files_write(STDOUT_FILENO, bytes, length, "stdout", NULL);
}

/* Lets the main thread end the process, which a supervisor then starts again:
 * the socket does not come back by itself. */
static void give_up(struct pool *pool, int reason)
{
	int none = 0;

	if (atomic_compare_exchange_strong(&pool->socket_errno, &none, reason))
		kill(getpid(), SIGTERM);
}

/* Whether accepting may work again after `reason`. */
static bool is_passing(int reason)
{
	switch (reason) {
	case EINTR:
	case EAGAIN:
		return true;
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		log_event(LOG_LEVEL_WARN, "cannot accept a connection",
			  "reason", strerror(reason), NULL);
		nanosleep(&(struct timespec){.tv_nsec = SHORTAGE_REST_MS *
							1000000},
			  NULL);
		return true;
	default:
		return false;
	}
}

static void serve(struct worker *worker)
{
	struct pool *pool = worker->pool;
	FCGX_Request request;
	int status;

	FCGX_InitRequest(&request, 0, FCGI_FAIL_ACCEPT_ON_INTR);
	while (!atomic_load(&pool->is_ending)) {
		atomic_store(&worker->is_waiting, true);
		status = FCGX_Accept_r(&request);
		atomic_store(&worker->is_waiting, false);
		if (status == 0) {
			answer(&pool->responder,
			       (const char *const *)request.envp,
			       (struct web_sink){write_fastcgi, request.out});
			FCGX_Finish_r(&request);
		} else if (!atomic_load(&pool->is_ending) &&
			   !is_passing(-status)) {
			give_up(pool, -status);
			break;
		}
	}
	FCGX_Free(&request, 1);
}

static void *run_worker(void *argument)
{
	struct worker *worker = argument;
	struct pool *pool = worker->pool;

	serve(worker);
	pthread_mutex_lock(&pool->lock);
	pool->alive--;
	pthread_cond_signal(&pool->left);
	pthread_mutex_unlock(&pool->lock);
	return NULL;
}

/* Starts as many workers as the system allows. */
static int start_workers(struct pool *pool, struct error *err)
{
	pthread_attr_t attributes;
	int status = 0;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_BYTES);
	pthread_mutex_lock(&pool->lock);
	while (pool->count < pool->responder.threads) {
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
			  "threads", LOG_INT(pool->count), "reason",
			  strerror(status), NULL);
	return 0;
}

/* A worker that waits sits in accept(2), in poll(2), or in read(2) on a
 * connection that is kept; a signal gets it out, and libfcgi then sees that an
 * end is near. One that answers is left alone. */
static void wake_waiting(struct pool *pool)
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

/* Ends the workers. Returns how many are still at it after the grace. */
static unsigned end_workers(struct pool *pool)
{
	long long deadline_ms = clock_monotonic_ms() + RESPONDER_GRACE_MS;
	struct timespec next;
	unsigned alive;

	atomic_store(&pool->is_ending, true);
	FCGX_ShutdownPending();
	pthread_mutex_lock(&pool->lock);
	while (pool->alive > 0 && clock_monotonic_ms() < deadline_ms) {
		wake_waiting(pool);
		next = in_ms(WAKE_EVERY_MS);
		pthread_cond_timedwait(&pool->left, &pool->lock, &next);
	}
	alive = pool->alive;
	pthread_mutex_unlock(&pool->lock);
	return alive;
}

static void do_nothing(int number)
{
	(void)number;
}

/* The signals that ask for an end. libfcgi would take SIGUSR1 for one too, but
 * without anybody noticing. */
static void block_ends(sigset_t *ends)
{
	sigemptyset(ends);
	sigaddset(ends, SIGTERM);
	sigaddset(ends, SIGINT);
	sigaddset(ends, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, ends, NULL);
}

/* No SA_RESTART: the point of SIGUSR2 is to interrupt. */
static void set_signals(void)
{
	struct sigaction wake = {.sa_handler = do_nothing};

	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	sigaction(SIGUSR2, &wake, NULL);
}

static void allow_descriptors(unsigned threads)
{
	rlim_t wanted = threads * DESCRIPTORS_PER_THREAD + DESCRIPTORS_BESIDE;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
		return;
	limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static struct pool *make_pool(const struct responder *responder,
			      struct error *err)
{
	struct pool *pool = calloc(1, sizeof(*pool));
	pthread_condattr_t attributes;

	if (pool != NULL)
		pool->workers =
			calloc(responder->threads, sizeof(*pool->workers));
	if (pool == NULL || pool->workers == NULL) {
		free(pool);
		error_no_memory(err);
		return NULL;
	}
	pool->responder = *responder;
	pthread_mutex_init(&pool->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&pool->left, &attributes);
	pthread_condattr_destroy(&attributes);
	return pool;
}

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

static int run_fastcgi(const struct responder *responder, struct error *err)
{
	struct pool *pool = make_pool(responder, err);
	int number = 0, reason;
	unsigned unfinished;
	sigset_t ends;

	if (pool == NULL)
		return -1;
	allow_descriptors(responder->threads);
	block_ends(&ends);
	if (start_workers(pool, err) != 0) {
		free_pool(pool);
		return -1;
	}
	log_event(LOG_LEVEL_INFO, "serving", "threads", LOG_INT(pool->count),
		  NULL);
	sigwait(&ends, &number);
	unfinished = end_workers(pool);
	reason = atomic_load(&pool->socket_errno);
	log_event(unfinished > 0 ? LOG_LEVEL_WARN : LOG_LEVEL_INFO, "stopped",
		  "unfinished", LOG_INT(unfinished), NULL);
	if (unfinished > 0)
		return RESPONDER_UNFINISHED;
	free_pool(pool);
	if (reason != 0)
		return error_set(err, EX_OSERR, "the socket has failed: %s",
				 strerror(reason));
	return 0;
}

int responder_run(const struct responder *responder, struct error *err)
{
	set_signals();
	setenv("LIBFCGI_IS_AF_UNIX_KEEPER_POLL_TIMEOUT", "50", 0);
	if (FCGX_Init() != 0)
		return error_set(err, EX_OSERR, "libfcgi cannot start");
	if (!FCGX_IsCGI())
		return run_fastcgi(responder, err);
	if (getenv("REQUEST_METHOD") == NULL)
		return error_set(err, EX_USAGE,
				 "neither a FastCGI socket as standard input "
				 "nor a CGI request in the environment");
	answer(responder, (const char *const *)environ,
	       (struct web_sink){write_cgi, NULL});
	return 0;
}
