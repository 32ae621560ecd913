/* threads: no signal lands there, and waits end by the monotonic clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <semaphore.h>
#include <signal.h>
#include <time.h>

#include "base/threads.h"

static void *take_mask(void *mask)
{
	pthread_sigmask(SIG_BLOCK, NULL, mask);
	return NULL;
}

static void a_thread_takes_no_signal_and_its_starter_those_of_before(
	void **state)
{
	sigset_t thread_s, before, after;
	pthread_t thread;

	(void)state;
	sigemptyset(&thread_s);
	pthread_sigmask(SIG_BLOCK, NULL, &before);
	assert_int_equal(threads_start(&thread, false, take_mask, &thread_s),
			 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	pthread_sigmask(SIG_BLOCK, NULL, &after);
	assert_int_equal(sigismember(&thread_s, SIGTERM), 1);
	assert_int_equal(sigismember(&thread_s, SIGCHLD), 1);
	assert_int_equal(sigismember(&before, SIGTERM), 0);
	assert_int_equal(sigismember(&after, SIGTERM), 0);
}

struct detached {
	sem_t has_run;
	int detach_state;
};

static void *tell_how(void *context)
{
	struct detached *detached = context;
	pthread_attr_t attributes;

	pthread_getattr_np(pthread_self(), &attributes);
	pthread_attr_getdetachstate(&attributes, &detached->detach_state);
	pthread_attr_destroy(&attributes);
	sem_post(&detached->has_run);
	return NULL;
}

static void a_detached_one_is_detached(void **state)
{
	struct detached detached = {.detach_state = -1};
	pthread_t thread;

	(void)state;
	sem_init(&detached.has_run, 0, 0);
	assert_int_equal(threads_start(&thread, true, tell_how, &detached), 0);
	sem_wait(&detached.has_run);
	assert_int_equal(detached.detach_state, PTHREAD_CREATE_DETACHED);
	sem_destroy(&detached.has_run);
}

/* By the wall clock that moment was half a century ago: nothing would wait. */
static void a_timed_wait_goes_by_the_monotonic_clock(void **state)
{
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	pthread_cond_t condition;
	struct timespec until, now;

	(void)state;
	threads_init_condition(&condition);
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += 1;
	pthread_mutex_lock(&mutex);
	while (pthread_cond_timedwait(&condition, &mutex, &until) == 0)
		;
	pthread_mutex_unlock(&mutex);
	clock_gettime(CLOCK_MONOTONIC, &now);
	assert_true(
		now.tv_sec > until.tv_sec ||
		(now.tv_sec == until.tv_sec && now.tv_nsec >= until.tv_nsec));
	pthread_cond_destroy(&condition);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_thread_takes_no_signal_and_its_starter_those_of_before),
		cmocka_unit_test(a_detached_one_is_detached),
		cmocka_unit_test(a_timed_wait_goes_by_the_monotonic_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
