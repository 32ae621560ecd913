/*
 * Threads that answer until the process is asked to end, and an end that leaves
 * nobody in the middle of an answer.
 *
 *	static void work(struct worker *worker, void *context)
 *	{
 *		while (!worker_is_ending(worker)) {
 *			worker_set_waiting(worker, true);
 *			…			wait for a request
 *			worker_set_waiting(worker, false);
 *			…			answer it
 *		}
 *	}
 */
#ifndef MARQUEE_WEB_WORKER_POOL_H
#define MARQUEE_WEB_WORKER_POOL_H

#include <stdbool.h>

#include "base/error.h"

/* Stack of a worker: what is large belongs on the heap. */
#define WORKER_STACK_BYTES (256 * 1024)

struct worker;

/* What the one that looks after the workers sees, and may change. */
struct worker_look {
	long long longest_ms; /* of the workers that are busy, the one that is
				 so for longest; 0: none is */
	long long grace_ms;   /* of the end, should it begin now */
};

struct worker_plan {
	void (*work)(struct worker *worker, void *context);
	/* Called once, when the end begins, before anybody is woken. NULL:
	 * none. */
	void (*announce_end)(void *context);
	/* Looks after the workers: called by the thread that has called
	 * worker_pool_run, before they start and then every `look_ms` (0: only
	 * then). -1, with the reason, ends the pool. NULL: nobody looks. */
	int (*look)(void *context, struct worker_look *look, struct error *why);
	long long look_ms;
	void *context;    /* handed to every worker, and to the above */
	unsigned threads; /* at least 1; fewer are started where the system has
			     no more */
	long long grace_ms; /* how long answers under way may take at the end */
};

/* Workers are still at it though the grace is over: nothing they use may be
 * freed, and the process ends by _exit(2). */
#define WORKER_POOL_UNFINISHED 1

/* The one that looks has ended it, which was logged. The same holds. */
#define WORKER_POOL_UNWELL 2

/* Runs the workers until SIGTERM, SIGINT or SIGUSR1 (which only the calling
 * thread takes from now on), or until one fails. Then workers that wait are
 * interrupted by SIGUSR2, again and again, until they return; those that answer
 * are left alone. Returns 0, WORKER_POOL_UNFINISHED, WORKER_POOL_UNWELL, or -1
 * with EX_OSERR where no thread can be started or worker_fail was called. To be
 * called from the main thread, before there is another one. */
int worker_pool_run(const struct worker_plan *plan, struct error *err);

/* Whether the end has begun: the worker then returns. */
bool worker_is_ending(const struct worker *worker);

/* Says whether the worker waits for something and may be interrupted. */
void worker_set_waiting(struct worker *worker, bool is_waiting);

/* Says that from now on the worker is busy with something that must come to an
 * end, or no more. */
void worker_set_busy(struct worker *worker, bool is_busy);

/* Ends the pool with the error `reason`, an errno; for what does not get better
 * by itself, so that a supervisor starts anew. The first reason counts. */
void worker_fail(struct worker *worker, int reason);

#endif
