/* watchdog: whether a responder is well. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <time.h>

#include "base_fixture.h"
#include "supervisor_fixture.h"
#include "web/watchdog.h"

/* As short as it may be where something is to take longer, and as long where
 * nothing is. */
#define SOON_MS 50
#define NEVER_MS 3600000

struct place {
	int signs;
	int peer; /* connected to `plan.listener`, which nobody accepts from */
	struct supervisor supervisor;
	struct watchdog_plan plan;
	struct watchdog watchdog;
};

static struct place place;

static int listen_for_peers(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX,
				      .sun_path = "peers"};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    listen(fd, 4) != 0)
		return -1;
	return fd;
}

static int connect_peer(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX,
				      .sun_path = "peers"};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	assert_int_equal(
		connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void begin(long long watchdog_ms)
{
	setenv("NOTIFY_SOCKET", "./notify", 1);
	supervisor_find(&place.supervisor);
	place.supervisor.watchdog_ms = watchdog_ms;
	watchdog_init(&place.watchdog, &place.plan);
}

static int arrive(void **state)
{
	if (enter_directory(state) != 0)
		return -1;
	place = (struct place){.signs = listen_for_signs("notify", 7),
			       .peer = -1};
	place.plan.listener = listen_for_peers();
	place.plan.supervisor = &place.supervisor;
	return place.plan.listener >= 0 ? 0 : -1;
}

static int leave(void **state)
{
	close(place.signs);
	close(place.plan.listener);
	close(place.supervisor.socket);
	if (place.peer >= 0)
		close(place.peer);
	return leave_directory(state);
}

static enum watchdog_verdict look(long long longest_ms, unsigned long taken)
{
	const struct watchdog_facts facts = {.longest_ms = longest_ms,
					     .taken = taken};
	struct error why = {0};
	enum watchdog_verdict verdict =
		watchdog_look(&place.watchdog, &facts, &why);

	assert_int_equal(why.code, verdict == WATCHDOG_WELL ? 0 : EX_SOFTWARE);
	return verdict;
}

static void rest(long ms)
{
	const struct timespec time = {.tv_sec = ms / 1000,
				      .tv_nsec = ms % 1000 * 1000000};

	nanosleep(&time, NULL);
}

static void it_is_ready_once_and_then_gives_signs_of_life(void **state)
{
	(void)state;
	begin(NEVER_MS);
	assert_int_equal(look(0, 0), WATCHDOG_WELL);
	assert_int_equal(look(0, 0), WATCHDOG_WELL);
	watchdog_end(&place.watchdog);
	assert_sign(place.signs, "READY=1");
	assert_sign(place.signs, "WATCHDOG=1");
	assert_sign(place.signs, "STOPPING=1");
	assert_sign(place.signs, NULL);
}

static void an_answer_may_take_its_own_time_and_the_supervisor_s(void **state)
{
	(void)state;
	place.plan.patience_ms = 10000;
	begin(5000);
	assert_int_equal(look(15000, 0), WATCHDOG_WELL);
	assert_sign(place.signs, "READY=1");
	assert_int_equal(look(15001, 0), WATCHDOG_HANGS);
	assert_sign(place.signs, NULL);
}

static void connections_that_wait_in_vain_are_noticed(void **state)
{
	(void)state;
	begin(SOON_MS);
	place.peer = connect_peer();
	rest(2 * SOON_MS);
	assert_int_equal(look(0, 0), WATCHDOG_HANGS);
}

static void a_listener_that_is_gone_has_nobody_waiting(void **state)
{
	(void)state;
	begin(SOON_MS);
	close(place.plan.listener);
	rest(2 * SOON_MS);
	assert_int_equal(look(0, 0), WATCHDOG_WELL);
	place.plan.listener = dup(place.signs);
}

static void connections_may_wait_while_requests_are_taken(void **state)
{
	unsigned long taken;

	(void)state;
	begin(SOON_MS);
	place.peer = connect_peer();
	for (taken = 1; taken < 4; taken++) {
		rest(2 * SOON_MS);
		assert_int_equal(look(0, taken), WATCHDOG_WELL);
	}
}

static void nobody_needs_to_come(void **state)
{
	(void)state;
	begin(SOON_MS);
	rest(2 * SOON_MS);
	assert_int_equal(look(0, 0), WATCHDOG_WELL);
}

static void a_leak_is_noticed_in_spite_of_holes(void **state)
{
	int leaked[600], i, open = 0;

	(void)state;
	place.plan.max_descriptors = 300;
	begin(NEVER_MS);
	for (i = 0; i < 400; i++)
		leaked[open++] = dup(place.plan.listener);
	for (i = 0; i < 250; i++) /* what is left is all right */
		close(leaked[--open]);
	assert_int_equal(look(0, 0), WATCHDOG_WELL);
	while (open < 320)
		leaked[open++] = dup(place.plan.listener);
	close(leaked[3]);
	leaked[3] = leaked[--open];
	assert_int_equal(look(0, 0), WATCHDOG_LEAKS);
	while (open > 0)
		close(leaked[--open]);
	assert_int_equal(look(0, 0), WATCHDOG_WELL);
}

static void where_nobody_would_start_another_nothing_is_looked_at(void **state)
{
	(void)state;
	place.plan.max_descriptors = 1;
	begin(0);
	assert_int_equal(watchdog_look_ms(&place.supervisor), 0);
	place.peer = connect_peer();
	rest(SOON_MS);
	assert_int_equal(look(NEVER_MS, 0), WATCHDOG_WELL);
	assert_sign(place.signs, "READY=1");
}

static void it_looks_often_enough_to_be_late_a_few_times(void **state)
{
	static const long long cases[][2] = {
		{1, 1}, {4, 1}, {1000, 200}, {5000, 1000}, {600000, 1000}};
	size_t i;

	(void)state;
	begin(0);
	for (i = 0; i < COUNT(cases); i++) {
		place.supervisor.watchdog_ms = cases[i][0];
		assert_int_equal(watchdog_look_ms(&place.supervisor),
				 cases[i][1]);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, arrive, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_is_ready_once_and_then_gives_signs_of_life),
		TEST(an_answer_may_take_its_own_time_and_the_supervisor_s),
		TEST(connections_that_wait_in_vain_are_noticed),
		TEST(a_listener_that_is_gone_has_nobody_waiting),
		TEST(connections_may_wait_while_requests_are_taken),
		TEST(nobody_needs_to_come),
		TEST(a_leak_is_noticed_in_spite_of_holes),
		TEST(where_nobody_would_start_another_nothing_is_looked_at),
		TEST(it_looks_often_enough_to_be_late_a_few_times),
	};

	return cmocka_run_group_tests_name("watchdog", tests, NULL, NULL);
}
