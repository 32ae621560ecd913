/* worker_pool: threads that come to an end in good order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "web/worker_pool.h"

/* The pool takes over the signals of its process, so each case runs in a child
 * that exits with the case's result: 0 where all that it expects is so. */
static int in_child(int (*run)(void))
{
	pid_t child = fork();
	int status = -1;

	assert_true(child >= 0);
	if (child == 0)
		_exit(run());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static atomic_int started, announced;

static void announce(void *context)
{
	(void)context;
	atomic_fetch_add(&announced, 1);
}

/* Ends the process when as many have started as there are to be. */
static void count_in(void *context)
{
	if (atomic_fetch_add(&started, 1) + 1 == *(int *)context)
		kill(getpid(), SIGTERM);
}

static void wait_for_ever(struct worker *worker, void *context)
{
	count_in(context);
	while (!worker_is_ending(worker)) {
		worker_set_waiting(worker, true);
		pause();
		worker_set_waiting(worker, false);
	}
}

static int all_wait(void)
{
	int threads = 8;
	struct worker_plan plan = {.work = wait_for_ever,
				   .announce_end = announce,
				   .context = &threads,
				   .threads = 8,
				   .grace_ms = 10000};
	long long begun_ms = clock_monotonic_ms();
	int status = worker_pool_run(&plan, NULL);

	return status != 0 || started != 8 || announced != 1 ||
	       clock_monotonic_ms() - begun_ms > 5000;
}

static void workers_that_wait_are_woken_at_the_end(void **state)
{
	(void)state;
	assert_int_equal(in_child(all_wait), 0);
}

static atomic_int was_interrupted, was_finished;

/* Answers for a while after the end was asked for. */
static void answer_slowly(struct worker *worker, void *context)
{
	struct timespec rest = {.tv_nsec = 200000000};

	count_in(context);
	while (!worker_is_ending(worker))
		sched_yield();
	if (nanosleep(&rest, NULL) != 0)
		was_interrupted = 1;
	was_finished = 1;
}

static int one_answers(void)
{
	int threads = 1;
	struct worker_plan plan = {.work = answer_slowly,
				   .context = &threads,
				   .threads = 1,
				   .grace_ms = 10000};

	return worker_pool_run(&plan, NULL) != 0 || was_interrupted ||
	       !was_finished;
}

static void a_worker_that_answers_is_left_to_finish(void **state)
{
	(void)state;
	assert_int_equal(in_child(one_answers), 0);
}

static void answer_for_ever(struct worker *worker, void *context)
{
	(void)worker;
	count_in(context);
	for (;;)
		pause();
}

static int one_never_ends(void)
{
	int threads = 1;
	struct worker_plan plan = {.work = answer_for_ever,
				   .context = &threads,
				   .threads = 1,
				   .grace_ms = 100};

	return worker_pool_run(&plan, NULL) != WORKER_POOL_UNFINISHED;
}

static void a_worker_that_never_ends_is_given_up_after_the_grace(void **state)
{
	(void)state;
	assert_int_equal(in_child(one_never_ends), 0);
}

static void fail_at_once(struct worker *worker, void *context)
{
	(void)context;
	worker_fail(worker, EBADF);
}

static int one_fails(void)
{
	struct worker_plan plan = {
		.work = fail_at_once, .threads = 3, .grace_ms = 10000};
	struct error err = {0};

	return worker_pool_run(&plan, &err) != -1 || err.code != EX_OSERR ||
	       strstr(err.message, strerror(EBADF)) == NULL;
}

static void a_failing_worker_ends_the_pool_with_its_reason(void **state)
{
	(void)state;
	assert_int_equal(in_child(one_fails), 0);
}

static atomic_int looks;

static int look_until_busy(void *context, struct worker_look *look,
			   struct error *why)
{
	(void)context;
	looks++;
	if (look->longest_ms < 50)
		return 0;
	look->grace_ms = 1;
	return error_set(why, EX_SOFTWARE, "busy for too long");
}

static void be_busy(struct worker *worker, void *context)
{
	(void)context;
	worker_set_busy(worker, true);
	for (;;)
		pause();
}

static int one_is_busy(void)
{
	struct worker_plan plan = {.work = be_busy,
				   .look = look_until_busy,
				   .look_ms = 5,
				   .threads = 1,
				   .grace_ms = 600000};

	return worker_pool_run(&plan, NULL) != WORKER_POOL_UNWELL || looks < 2;
}

static void who_looks_can_end_the_pool_and_cut_the_grace_short(void **state)
{
	(void)state;
	assert_int_equal(in_child(one_is_busy), 0);
}

static atomic_int has_worked, looks_since;

static int look_afterwards(void *context, struct worker_look *look,
			   struct error *why)
{
	(void)context;
	if (!has_worked)
		return 0;
	looks_since++;
	return look->longest_ms == 0
		       ? 0
		       : error_set(why, EX_SOFTWARE, "busy for too long");
}

static void be_busy_once(struct worker *worker, void *context)
{
	struct timespec rest = {.tv_nsec = 5000000};

	worker_set_busy(worker, true);
	nanosleep(&rest, NULL);
	worker_set_busy(worker, false);
	has_worked = 1;
	while (looks_since < 3)
		nanosleep(&rest, NULL);
	count_in(context);
}

static int one_was_busy(void)
{
	int threads = 1;
	struct worker_plan plan = {.work = be_busy_once,
				   .look = look_afterwards,
				   .look_ms = 1,
				   .context = &threads,
				   .threads = 1,
				   .grace_ms = 10000};

	return worker_pool_run(&plan, NULL);
}

static void what_was_done_does_not_count_as_busy(void **state)
{
	(void)state;
	assert_int_equal(in_child(one_was_busy), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(workers_that_wait_are_woken_at_the_end),
		cmocka_unit_test(a_worker_that_answers_is_left_to_finish),
		cmocka_unit_test(
			a_worker_that_never_ends_is_given_up_after_the_grace),
		cmocka_unit_test(
			a_failing_worker_ends_the_pool_with_its_reason),
		cmocka_unit_test(
			who_looks_can_end_the_pool_and_cut_the_grace_short),
		cmocka_unit_test(what_was_done_does_not_count_as_busy),
	};

	return cmocka_run_group_tests_name("worker_pool", tests, NULL, NULL);
}
