#include "events/backoff.h"

#include <limits.h>
#include <sys/random.h>

long long backoff_by_chance_ms(unsigned failures, long long first_ms,
			       long long longest_ms, unsigned chance)
{
	long long wait_ms = first_ms, half_ms;

	while (failures > 1 && wait_ms < longest_ms) {
		wait_ms = wait_ms <= longest_ms / 2 ? wait_ms * 2 : longest_ms;
		failures--;
	}
	if (wait_ms > longest_ms)
		wait_ms = longest_ms;
	half_ms = wait_ms / 2;
	return wait_ms - half_ms + half_ms * (long long)chance / UINT_MAX;
}

/* Without random bytes the wait is the shortest: still one that grows. */
long long backoff_ms(unsigned failures, long long first_ms,
		     long long longest_ms)
{
	unsigned chance = 0;

	if (getrandom(&chance, sizeof(chance), GRND_NONBLOCK) !=
	    (ssize_t)sizeof(chance))
		chance = 0;
	return backoff_by_chance_ms(failures, first_ms, longest_ms, chance);
}
