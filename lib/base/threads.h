/*
 * Threads beside the main one.
 */
#ifndef MARQUEE_BASE_THREADS_H
#define MARQUEE_BASE_THREADS_H

#include <pthread.h>
#include <stdbool.h>

/* Starts a thread that takes no signal: these are for the main one. One that is
 * detached is not to be joined. Returns 0 or an errno, as pthread_create. */
int threads_start(pthread_t *thread, bool is_detached, void *(*run)(void *),
		  void *context);

/* A condition whose timed waits go by the monotonic clock. */
void threads_init_condition(pthread_cond_t *condition);

#endif
