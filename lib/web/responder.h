/*
 * Running a handler for every request that comes: FastCGI where descriptor 0
 * is a listening socket (spawn-fcgi, systemd's StandardInput=socket), plain CGI
 * where it is not and the environment tells of a request.
 *
 * The one module that knows libfcgi. What it is known to do (2.4.2):
 * - a thread waits on a kept connection until it is closed, so threads must
 *   outnumber the connections a web server keeps;
 * - it has no read timeout, and a peer that sends half a request holds a
 *   thread: let only the web server's group connect;
 * - it takes what is left of a body for the next request: what a handler does
 *   not read of one is read after the answer, and where it does not end the
 *   connection is closed;
 * - it aborts the process where memory is short or a record lies about its
 *   length: let a supervisor restart it.
 *
 * One that waits for signs of life gets them for as long as all is well (see
 * watchdog.h).
 *
 *	struct supervisor supervisor;
 *	struct responder responder = {
 *		.answer = movies_site_answer,
 *		.context = &site,
 *		.threads = 64,
 *		.supervisor = &supervisor,
 *	};
 *
 *	supervisor_find(&supervisor);
 *
 *	status = responder_run(&responder, &err);
 */
#ifndef MARQUEE_WEB_RESPONDER_H
#define MARQUEE_WEB_RESPONDER_H

#include "base/error.h"
#include "base/supervisor.h"
#include "web/request.h"
#include "web/response.h"

#define RESPONDER_DEFAULT_THREADS 64
#define RESPONDER_MAX_THREADS 512

/* How long requests under way may take after SIGTERM. */
#define RESPONDER_GRACE_MS 10000

struct responder {
	/* Answers one request. Called by many threads at once. */
	void (*answer)(const void *context, const struct web_request *request,
		       struct web_response *response);
	const void *context;
	unsigned threads; /* 1 to RESPONDER_MAX_THREADS */
	const struct supervisor *supervisor;
	/* How long an answer may take by design, the peer's own time not
	 * counted. */
	long long patience_ms;
	/* Descriptors that may be open beside those of the requests. */
	unsigned descriptors;
	/* Called once a second at most, while requests come, by one thread at
	 * a time, to see whether `thing` is as it was. NULL: not called. */
	void (*look_after)(const void *thing);
	const void *thing;
};

/* Reads the value of --threads: NULL is `preset`. Returns 0, or -1 with
 * EX_USAGE and what is allowed. */
int responder_read_threads(const char *text, unsigned preset, unsigned *threads,
			   struct error *err);

/* The requests that were under way when the grace was over are cut short: their
 * threads still run, so nothing they use may be freed, and the process ends by
 * _exit(2). */
#define RESPONDER_UNFINISHED 1

/* All was not well, which was logged; the process ends by
 * _exit(EX_SOFTWARE). */
#define RESPONDER_UNWELL 2

/* Answers requests until SIGTERM or SIGINT: then no more are accepted, those
 * under way are finished, and 0 is returned (RESPONDER_UNFINISHED where they
 * took too long), or until all is not well (RESPONDER_UNWELL). As plain CGI:
 * answers one. -1 with EX_USAGE where there is
 * neither a socket nor a request, EX_OSERR where no thread can be started or
 * the socket fails.
 *
 * To be called once, from the main thread, before any other thread. Ignores
 * SIGPIPE and SIGXFSZ, uses SIGUSR2 (see worker_pool.h), and puts
 * LIBFCGI_IS_AF_UNIX_KEEPER_POLL_TIMEOUT=200 into the environment where it is
 * not set: libfcgi's own 2 s are how long a silent peer holds a thread. */
int responder_run(const struct responder *responder, struct error *err);

#endif
