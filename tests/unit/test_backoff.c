/* backoff: waits that grow, within bounds, and differ by chance. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base_fixture.h"
#include "events/backoff.h"

static void a_wait_doubles_with_each_failure_up_to_the_longest(void **state)
{
	static const struct {
		unsigned failures;
		long long first_ms, longest_ms, least_ms, most_ms;
	} cases[] = {
		{1, 1000, 60000, 500, 1000},
		{2, 1000, 60000, 1000, 2000},
		{3, 1000, 60000, 2000, 4000},
		{6, 1000, 60000, 16000, 32000},
		{7, 1000, 60000, 30000, 60000},
		{8, 1000, 60000, 30000, 60000},
		{UINT_MAX, 1000, 60000, 30000, 60000},
		{2, 1000, 1500, 750, 1500},
		{1, 5000, 1000, 500, 1000},
		{1, 1, 1, 1, 1},
		{UINT_MAX, 1, INT_MAX, INT_MAX / 2, INT_MAX},
		/* One that never failed waits as after the first failure. */
		{0, 1000, 60000, 500, 1000},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		long long shortest =
			backoff_by_chance_ms(cases[i].failures,
					     cases[i].first_ms,
					     cases[i].longest_ms, 0);
		long long longest =
			backoff_by_chance_ms(cases[i].failures,
					     cases[i].first_ms,
					     cases[i].longest_ms, UINT_MAX);

		if (shortest < cases[i].least_ms ||
		    shortest > cases[i].most_ms || longest < shortest ||
		    longest > cases[i].most_ms)
			fail_msg("case %zu: %lld to %lld ms", i, shortest,
				 longest);
		if (longest != cases[i].most_ms)
			fail_msg("case %zu: at most %lld ms", i, longest);
	}
}

static void two_who_failed_together_wait_differently(void **state)
{
	long long first_ms = backoff_ms(10, 1000000, 1000000000);
	int same = 0, i;

	(void)state;
	for (i = 0; i < 20; i++)
		same += backoff_ms(10, 1000000, 1000000000) == first_ms;
	assert_true(same < 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_wait_doubles_with_each_failure_up_to_the_longest),
		cmocka_unit_test(two_who_failed_together_wait_differently),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
