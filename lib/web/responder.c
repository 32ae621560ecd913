#include "web/responder.h"

#include <errno.h>
#include <fcgiapp.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/files.h"
#include "base/log.h"
#include "base/text.h"
#include "web/fastcgi_output.h"
#include "web/watchdog.h"
#include "web/worker_pool.h"

/* Descriptors a request may use at once: its connection (Linux sets the number
 * aside while a thread still waits in accept), the generation, the pack, a
 * body. */
#define DESCRIPTORS_PER_THREAD 4
#define DESCRIPTORS_BESIDE 32

/* What a leak may take before it is noticed. */
#define DESCRIPTORS_TO_LEAK 4096

/* How long a thread rests when descriptors or memory have run out, and how
 * often at most that is said. */
#define SHORTAGE_REST_MS 100
#define COMPLAIN_EVERY_MS 1000

/* How long libfcgi waits for the first byte on a connection before it drops it,
 * in milliseconds. Its own 2 s are how long a silent peer holds a thread; a web
 * server on a busy machine may need longer than a moment between connecting and
 * asking. */
#define FIRST_BYTE_MS "200"

/* The most of a body that nobody wanted which is read for the sake of its
 * connection, and the longest wait for a piece of it. */
#define PASS_OVER_MAX_BYTES ((size_t)1 << 20)
#define PASS_OVER_WAIT_MS 500

/* How long, where one answer hangs, the others may take to their end. */
#define HUNG_GRACE_MS 1000

/* How often at most look_after is called. */
#define LOOK_EVERY_MS 1000

/* What the workers share. */
struct service {
	const struct responder *responder;
	atomic_llong complained_ms; /* when a shortage was last logged */
	atomic_ulong taken;         /* requests so far */
	struct watchdog watchdog;
	atomic_llong looked_ms; /* when look_after was last called */
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
		  LOG_INT(clock_monotonic_ms() - started_ms), NULL);
}

static void answer(const struct responder *responder,
		   const char *const *environment, bool is_only_one,
		   struct web_source source, struct web_sink sink)
{
	long long started_ms = clock_monotonic_ms();
	struct web_request request;
	struct web_response response;

	web_request_init(&request, environment);
	log_set_request(web_request_id(&request));
	request.is_only_one = is_only_one;
	request.source = source;
	web_response_init(&response, sink, request.method == WEB_HEAD);
	responder->answer(responder->context, &request, &response);
	if (response.status == 0) {
		web_response_clear(&response);
		web_response_begin(&response, 500, 0);
	}
	log_answer(&request, &response, started_ms);
	log_set_request(NULL);
	web_response_free(&response);
	web_request_free(&request);
}

static int within_int(size_t bytes)
{
	return bytes < INT_MAX ? (int)bytes : INT_MAX;
}

/* What a FastCGI request's answer is read from and written to. While it is up
 * to the peer to go on, the worker does not count as busy. */
struct exchange {
	struct worker *worker;
	FCGX_Request *request;
	struct fastcgi_output output; /* in the place of libfcgi's */
	long long bytes_read;         /* of the body */
};

static bool announces_more(const struct exchange *exchange)
{
	const char *length =
		FCGX_GetParam("CONTENT_LENGTH", exchange->request->envp);
	long long bytes;

	return length != NULL &&
	       text_number(length, strlen(length), &bytes) == 0 &&
	       bytes > exchange->bytes_read;
}

/* Whether nothing of the request is left to be read, so that what comes after
 * its answer is the next one. */
static bool is_read_whole(const struct exchange *exchange)
{
	FCGX_Stream *in = exchange->request->in;
	char byte;
	int count;

	if (announces_more(exchange))
		return false;
	worker_set_waiting(exchange->worker, true);
	count = FCGX_GetStr(&byte, sizeof(byte), in);
	worker_set_waiting(exchange->worker, false);
	return count == 0 && FCGX_GetError(in) == 0;
}

static int write_fastcgi(void *context, const void *bytes, size_t length,
			 bool is_end)
{
	struct exchange *exchange = context;
	int status;

	worker_set_busy(exchange->worker, false);
	status = fastcgi_output_write(&exchange->output, bytes, length,
				      is_end && is_read_whole(exchange));
	worker_set_busy(exchange->worker, true);
	return status;
}

static long read_fastcgi(void *context, void *bytes, size_t size)
{
	struct exchange *exchange = context;
	FCGX_Stream *in = exchange->request->in;
	int count;

	worker_set_busy(exchange->worker, false);
	count = FCGX_GetStr(bytes, within_int(size), in);
	worker_set_busy(exchange->worker, true);
	exchange->bytes_read += count;
	return count == 0 && FCGX_GetError(in) != 0 ? -1 : count;
}

static long read_cgi(void *context, void *bytes, size_t size)
{
	ssize_t count;

	(void)context;
	do
		count = read(STDIN_FILENO, bytes, size);
	while (count < 0 && errno == EINTR);
	return count;
}

static int write_cgi(void *context, const void *bytes, size_t length,
		     bool is_end)
{
	(void)context;
	(void)is_end;
	return files_write(STDOUT_FILENO, bytes, length, "stdout", NULL);
}

/* Whether the calling thread is the one to do what is done once in a while. */
static bool is_time(atomic_llong *done_ms, long long every_ms)
{
	long long now_ms = clock_monotonic_ms();
	long long last_ms = atomic_load(done_ms);

	return now_ms - last_ms >= every_ms &&
	       atomic_compare_exchange_strong(done_ms, &last_ms, now_ms);
}

static void look_after(struct service *service)
{
	const struct responder *responder = service->responder;

	if (responder->look_after != NULL &&
	    is_time(&service->looked_ms, LOOK_EVERY_MS))
		responder->look_after(responder->thing);
}

/* All threads run into a shortage together; one line is enough. */
static void wait_out_shortage(struct service *service, int reason)
{
	const struct timespec rest = {.tv_nsec = SHORTAGE_REST_MS * 1000000};

	if (is_time(&service->complained_ms, COMPLAIN_EVERY_MS))
		log_event(LOG_LEVEL_WARN, "cannot accept a connection",
			  "reason", strerror(reason), NULL);
	nanosleep(&rest, NULL);
}

/* Whether accepting may work again after `reason`. */
static bool is_passing(struct service *service, int reason)
{
	switch (reason) {
	case EINTR:
	case EAGAIN:
		return true;
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		wait_out_shortage(service, reason);
		return true;
	default:
		return false;
	}
}

static void set_read_timeout(const FCGX_Request *request, long ms)
{
	struct timeval timeout = {.tv_sec = ms / 1000,
				  .tv_usec = ms % 1000 * 1000};

	setsockopt(request->ipcFd, SOL_SOCKET, SO_RCVTIMEO, &timeout,
		   sizeof(timeout));
}

/* libfcgi throws away what it holds of a body that nobody read, and takes what
 * follows for the next request: bytes that a client chose would be records. So
 * a connection is kept only where the body was read to its end. A peer that
 * waits for the answer before it sends more gets it, and is not waited for. */
static void pass_over_body(const struct exchange *exchange)
{
	FCGX_Request *request = exchange->request;
	bool is_more_to_come = announces_more(exchange);
	size_t left = PASS_OVER_MAX_BYTES;
	char bytes[4096];
	int count;

	if (is_more_to_come)
		set_read_timeout(request, PASS_OVER_WAIT_MS);
	worker_set_waiting(exchange->worker, true);
	do {
		count = FCGX_GetStr(bytes, sizeof(bytes), request->in);
		left -= (size_t)count;
	} while (count == sizeof(bytes) && left >= sizeof(bytes));
	worker_set_waiting(exchange->worker, false);
	if (count == sizeof(bytes) || FCGX_GetError(request->in) != 0)
		request->keepConnection = 0;
	if (is_more_to_come)
		set_read_timeout(request, 0);
}

static void answer_fastcgi(const struct responder *responder,
			   struct worker *worker, FCGX_Request *request)
{
	struct exchange exchange = {.worker = worker,
				    .request = request,
				    .output = {.fd = request->ipcFd,
					       .request_id =
						       request->requestId}};

	worker_set_busy(worker, true);
	answer(responder, (const char *const *)request->envp, false,
	       (struct web_source){read_fastcgi, &exchange},
	       (struct web_sink){write_fastcgi, &exchange});
	worker_set_busy(worker, false);
	if (fastcgi_output_finish(&exchange.output) != 0) {
		request->keepConnection = 0;
		request->out->wasFCloseCalled = 1; /* it would try to write */
	}
	if (exchange.output.has_ended)
		request->out->wasFCloseCalled = 1;
	else if (request->keepConnection)
		pass_over_body(&exchange);
	FCGX_Finish_r(request);
}

/* A worker that waits sits in accept(2), in poll(2), or in read(2) on a
 * connection that is kept. Interrupted, libfcgi closes the connection, and after
 * FCGX_ShutdownPending it accepts no other. */
static void serve(struct worker *worker, void *context)
{
	struct service *service = context;
	FCGX_Request request;
	int status;

	FCGX_InitRequest(&request, 0, FCGI_FAIL_ACCEPT_ON_INTR);
	while (!worker_is_ending(worker)) {
		worker_set_waiting(worker, true);
		status = FCGX_Accept_r(&request);
		worker_set_waiting(worker, false);
		if (status == 0) {
			atomic_fetch_add_explicit(&service->taken, 1,
						  memory_order_relaxed);
			answer_fastcgi(service->responder, worker, &request);
			look_after(service);
		} else if (!worker_is_ending(worker) &&
			   !is_passing(service, -status)) {
			worker_fail(worker, -status);
			break;
		}
	}
	FCGX_Free(&request, 1);
}

/* Returns how many may be needed; 0 where fewer can be had. */
static unsigned allow_descriptors(const struct responder *responder)
{
	unsigned needed = responder->threads * DESCRIPTORS_PER_THREAD +
			  DESCRIPTORS_BESIDE + responder->descriptors;
	rlim_t wanted = (rlim_t)needed + DESCRIPTORS_TO_LEAK;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return 0;
	if (limit.rlim_cur < wanted) {
		limit.rlim_cur =
			wanted < limit.rlim_max ? wanted : limit.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
			return 0;
	}
	return limit.rlim_cur > needed ? needed : 0;
}

static int look(void *context, struct worker_look *look, struct error *why)
{
	struct service *service = context;
	const struct watchdog_facts facts = {
		.longest_ms = look->longest_ms,
		.taken = atomic_load_explicit(&service->taken,
					      memory_order_relaxed)};
	enum watchdog_verdict verdict;

	verdict = watchdog_look(&service->watchdog, &facts, why);
	if (verdict == WATCHDOG_HANGS)
		look->grace_ms = HUNG_GRACE_MS;
	return verdict == WATCHDOG_WELL ? 0 : -1;
}

static void announce_end(void *context)
{
	struct service *service = context;

	watchdog_end(&service->watchdog);
	FCGX_ShutdownPending();
}

static int run_fastcgi(const struct responder *responder, struct error *err)
{
	/* On the heap: unfinished workers outlive this call. */
	struct service *service = calloc(1, sizeof(*service));
	struct worker_plan plan = {
		.work = serve,
		.announce_end = announce_end,
		.look = look,
		.look_ms = watchdog_look_ms(responder->supervisor),
		.context = service,
		.threads = responder->threads,
		.grace_ms = RESPONDER_GRACE_MS,
	};
	int status;

	if (service == NULL)
		return error_no_memory(err);
	service->responder = responder;
	watchdog_init(&service->watchdog,
		      &(struct watchdog_plan){
			      .supervisor = responder->supervisor,
			      .patience_ms = responder->patience_ms,
			      .max_descriptors = allow_descriptors(responder),
		      });
	status = worker_pool_run(&plan, err);
	if (status == WORKER_POOL_UNFINISHED)
		return RESPONDER_UNFINISHED;
	if (status == WORKER_POOL_UNWELL)
		return RESPONDER_UNWELL;
	free(service);
	return status;
}

int responder_read_threads(const char *text, unsigned preset, unsigned *threads,
			   struct error *err)
{
	long long number = preset;

	if (text != NULL && (text_number(text, strlen(text), &number) != 0 ||
			     number < 1 || number > RESPONDER_MAX_THREADS))
		return error_set(err, EX_USAGE,
				 "--threads \"%s\" is not 1 to %d", text,
				 RESPONDER_MAX_THREADS);
	*threads = (unsigned)number;
	return 0;
}

int responder_run(const struct responder *responder, struct error *err)
{
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	setenv("LIBFCGI_IS_AF_UNIX_KEEPER_POLL_TIMEOUT", FIRST_BYTE_MS, 0);
	if (FCGX_Init() != 0)
		return error_set(err, EX_OSERR, "libfcgi cannot start");
	if (!FCGX_IsCGI())
		return run_fastcgi(responder, err);
	if (getenv("REQUEST_METHOD") == NULL)
		return error_set(err, EX_USAGE,
				 "neither a FastCGI socket as standard input "
				 "nor a CGI request in the environment");
	answer(responder, (const char *const *)environ, true,
	       (struct web_source){read_cgi, NULL},
	       (struct web_sink){write_cgi, NULL});
	return 0;
}
