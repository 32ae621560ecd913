/* host_lookup: a number is no question, and a name is one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "base/clock.h"
#include "share/host_lookup.h"

#define LONG_MS 60000

static void a_number_needs_no_time_and_a_name_of_this_host_is_found(
	void **state)
{
	struct host_addresses addresses;
	struct error err = {0};

	(void)state;
	assert_int_equal(host_lookup("127.0.0.1", 6379, 0, &addresses, &err),
			 0);
	assert_int_equal(addresses.count, 1);
	assert_int_equal(
		((struct sockaddr_in *)&addresses.found[0].address)->sin_port,
		htons(6379));
	if (host_lookup("localhost", 6380, clock_monotonic_ms() + LONG_MS,
			&addresses, &err) != 0)
		fail_msg("%s", err.message);
	assert_in_range(addresses.count, 1, HOST_LOOKUP_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_number_needs_no_time_and_a_name_of_this_host_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
