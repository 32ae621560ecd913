/* presence: a lock that ends with its process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/wait.h>

#include "cache/presence.h"
#include "cache_fixture.h"

static int hold(void)
{
	struct error err = {0};
	int presence = presence_hold("cache", "events", &err);

	if (presence < 0)
		fail_msg("%s", err.message);
	return presence;
}

static void nobody_was_ever_there(void **state)
{
	(void)state;
	assert_false(presence_is_held("cache", "events"));
	assert_false(presence_is_held("cache/nowhere", "events"));
}

static void it_is_held_until_it_is_ended(void **state)
{
	int presence = hold();

	(void)state;
	assert_true(presence_is_held("cache", "events"));
	assert_true(presence_is_held("cache", "events"));
	assert_false(presence_is_held("cache", "files"));
	presence_end(presence);
	assert_false(presence_is_held("cache", "events"));
	presence_end(-1);
}

static void several_may_hold_it(void **state)
{
	int first = hold(), second = hold();

	(void)state;
	presence_end(first);
	assert_true(presence_is_held("cache", "events"));
	presence_end(second);
	assert_false(presence_is_held("cache", "events"));
}

static void a_killed_process_holds_it_no_more(void **state)
{
	int ready[2];
	char byte;
	pid_t child;

	(void)state;
	assert_int_equal(pipe(ready), 0);
	child = fork();
	if (child == 0) {
		if (presence_hold("cache", "events", NULL) >= 0 &&
		    write(ready[1], "", 1) == 1)
			pause();
		_exit(1);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_true(presence_is_held("cache", "events"));
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_false(presence_is_held("cache", "events"));
	close(ready[0]);
}

static void a_directory_that_cannot_be_made_is_an_error(void **state)
{
	struct error err = {0};

	(void)state;
	assert_int_equal(symlink("nowhere/at/all", "cache"), 0);
	assert_int_equal(presence_hold("cache", "events", &err), -1);
	assert_int_equal(err.code, EX_CANTCREAT);
	assert_true(err.message[0] != '\0');
}

int main(void)
{
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, enter_directory, leave_directory)
	const struct CMUnitTest tests[] = {
		TEST(nobody_was_ever_there),
		TEST(it_is_held_until_it_is_ended),
		TEST(several_may_hold_it),
		TEST(a_killed_process_holds_it_no_more),
		TEST(a_directory_that_cannot_be_made_is_an_error),
	};

	return cmocka_run_group_tests_name("presence", tests, NULL, NULL);
}
