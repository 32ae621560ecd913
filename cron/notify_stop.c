#include "notify_stop.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/time.h>

#include "base/clock.h"

/* Between two interruptions of what waits. */
#define AGAIN_MS 100

/* When somebody asked, by the monotonic clock; 0: nobody did. */
static atomic_llong asked_ms;

static void interrupt(int number)
{
	(void)number;
}

static void ask(int number)
{
	const struct itimerval again = {{0, AGAIN_MS * 1000},
					{0, AGAIN_MS * 1000}};
	long long none = 0;
	int before = errno;

	(void)number;
	atomic_compare_exchange_strong(&asked_ms, &none, clock_monotonic_ms());
	setitimer(ITIMER_REAL, &again, NULL);
	errno = before;
}

/* Without SA_RESTART: calls that wait are to return. */
void notify_stop_listen(void)
{
	struct sigaction action = {.sa_handler = interrupt};

	sigemptyset(&action.sa_mask);
	sigaction(SIGALRM, &action, NULL);
	action.sa_handler = ask;
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
}

bool notify_stop_is_asked(void)
{
	return atomic_load(&asked_ms) != 0;
}

long long notify_stop_left_ms(long long grace_ms)
{
	long long asked = atomic_load(&asked_ms);
	long long left;

	if (asked == 0)
		return LLONG_MAX;
	left = asked + grace_ms - clock_monotonic_ms();
	return left > 0 ? left : 0;
}
