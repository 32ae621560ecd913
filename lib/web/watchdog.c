#include "web/watchdog.h"

#include <poll.h>

#include "base/clock.h"

/* Looks in the time that the supervisor bears silence: a busy machine may let a
 * few be late. */
#define LOOKS_PER_SILENCE 5

/* Asked about with one system call. */
#define DESCRIPTORS_AT_ONCE 256

long long watchdog_look_ms(const struct supervisor *supervisor)
{
	long long ms = supervisor->watchdog_ms / LOOKS_PER_SILENCE;

	if (supervisor->watchdog_ms <= 0)
		return 0;
	if (ms < 1)
		return 1;
	return ms < WATCHDOG_LOOK_MS ? ms : WATCHDOG_LOOK_MS;
}

void watchdog_init(struct watchdog *watchdog, const struct watchdog_plan *plan)
{
	*watchdog = (struct watchdog){.plan = *plan,
				      .taken_ms = clock_monotonic_ms()};
}

/* The supervisor's measure of silence, on top of what is allowed anyway. */
static long long hang_ms(const struct watchdog *watchdog)
{
	return watchdog->plan.patience_ms +
	       watchdog->plan.supervisor->watchdog_ms;
}

static int check_answers(const struct watchdog *watchdog,
			 const struct watchdog_facts *facts, struct error *why)
{
	if (facts->longest_ms <= hang_ms(watchdog))
		return 0;
	return error_set(why, EX_SOFTWARE,
			 "an answer hangs: it has taken %lld ms and %lld are "
			 "allowed",
			 facts->longest_ms, hang_ms(watchdog));
}

static bool does_somebody_wait(const struct watchdog *watchdog)
{
	struct pollfd listener = {.fd = watchdog->plan.listener,
				  .events = POLLIN};

	return poll(&listener, 1, 0) > 0 && (listener.revents & POLLIN) != 0;
}

static int check_taking(struct watchdog *watchdog,
			const struct watchdog_facts *facts, struct error *why)
{
	long long now_ms = clock_monotonic_ms();

	if (facts->taken != watchdog->taken || !does_somebody_wait(watchdog)) {
		watchdog->taken = facts->taken;
		watchdog->taken_ms = now_ms;
	}
	if (now_ms - watchdog->taken_ms <= hang_ms(watchdog))
		return 0;
	return error_set(why, EX_SOFTWARE,
			 "connections wait and no request was taken for "
			 "%lld ms",
			 now_ms - watchdog->taken_ms);
}

/* Asks for nothing of each of some descriptors: poll(2) says which are none, and
 * needs no /proc for that. */
static unsigned count_descriptors(int first, int end)
{
	struct pollfd some[DESCRIPTORS_AT_ONCE];
	unsigned open = 0;
	nfds_t count = 0, i;

	for (; first < end && count < DESCRIPTORS_AT_ONCE; first++)
		some[count++] = (struct pollfd){.fd = first};
	if (poll(some, count, 0) < 0)
		return 0; /* no memory: nothing is known */
	for (i = 0; i < count; i++)
		open += (some[i].revents & POLLNVAL) == 0;
	return open;
}

/* A new descriptor has the lowest number that is free (dup(2)): what leaks is
 * found among so many, though not without holes. */
static int check_descriptors(const struct watchdog *watchdog, struct error *why)
{
	int first, end = (int)watchdog->plan.max_descriptors * 2;
	unsigned open = 0;

	for (first = 0; first < end; first += DESCRIPTORS_AT_ONCE)
		open += count_descriptors(first, end);
	if (open <= watchdog->plan.max_descriptors)
		return 0;
	return error_set(why, EX_SOFTWARE,
			 "descriptors leak: %u are open and %u can be needed",
			 open, watchdog->plan.max_descriptors);
}

static enum watchdog_verdict check(struct watchdog *watchdog,
				   const struct watchdog_facts *facts,
				   struct error *why)
{
	if (check_answers(watchdog, facts, why) != 0 ||
	    check_taking(watchdog, facts, why) != 0)
		return WATCHDOG_HANGS;
	return check_descriptors(watchdog, why) == 0 ? WATCHDOG_WELL
						     : WATCHDOG_LEAKS;
}

enum watchdog_verdict watchdog_look(struct watchdog *watchdog,
				    const struct watchdog_facts *facts,
				    struct error *why)
{
	const struct supervisor *supervisor = watchdog->plan.supervisor;
	enum watchdog_verdict verdict = WATCHDOG_WELL;

	if (supervisor->watchdog_ms > 0)
		verdict = check(watchdog, facts, why);
	if (verdict != WATCHDOG_WELL)
		return verdict;
	if (watchdog->is_announced)
		supervisor_tell(supervisor, "WATCHDOG=1");
	else
		watchdog->is_announced =
			supervisor_tell(supervisor, "READY=1") == 0;
	return verdict;
}

void watchdog_end(const struct watchdog *watchdog)
{
	supervisor_tell(watchdog->plan.supervisor, "STOPPING=1");
}
