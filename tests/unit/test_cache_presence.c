#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/wait.h>

#include "cache_fixture.h"

#include "cache/cache_presence.h"

static int claim(void)
{
	struct error err = {0};
	int fd = cache_presence_claim("cache", "files", "alive", &err);

	if (fd < 0)
		fail_msg("%s", err.message);
	return fd;
}

static int find(void)
{
	struct error err = {0};
	int found = cache_presence_find("cache", "files", "alive", &err);

	if (found < 0)
		fail_msg("%s", err.message);
	return found;
}

/* A process that lives until it is killed, with a claim once this returns. */
static pid_t start_claimant(void)
{
	int ready[2];
	pid_t child;
	char byte;

	assert_int_equal(pipe(ready), 0);
	child = fork();
	if (child == 0) {
		if (cache_presence_claim("cache", "files", "alive", NULL) < 0)
			_exit(1);
		if (write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return child;
}

static void kill_at_once(pid_t child)
{
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

static void nobody_is_there_before_the_first_claim(void **state)
{
	(void)state;
	assert_int_equal(find(), 0);
	close(files_make_dirs("cache/files", NULL));
	assert_int_equal(find(), 0);
}

static void below_a_file_is_nobody(void **state)
{
	(void)state;
	put_file("cache", "");
	assert_int_equal(find(), 0);
}

static void a_claim_holds_until_it_is_closed(void **state)
{
	int fd = claim();

	(void)state;
	assert_int_equal(find(), 1);
	assert_int_equal(find(), 1);
	close(fd);
	assert_int_equal(find(), 0);
}

static void a_killed_process_has_no_claim(void **state)
{
	pid_t child = start_claimant();

	(void)state;
	assert_int_equal(find(), 1);
	kill_at_once(child);
	assert_int_equal(find(), 0);
}

static void one_of_two_is_somebody(void **state)
{
	pid_t first = start_claimant(), second = start_claimant();

	(void)state;
	kill_at_once(first);
	assert_int_equal(find(), 1);
	kill_at_once(second);
	assert_int_equal(find(), 0);
}

static void where_nobody_can_look_it_is_not_known(void **state)
{
	struct error err = {0};

	(void)state;
	close(files_make_dirs("cache/files", NULL));
	assert_int_equal(symlink("/dev/null", "cache/files/alive"), 0);
	assert_int_equal(cache_presence_find("cache", "files", "alive", &err),
			 -1);
	assert_int_equal(err.code, EX_IOERR);
	assert_int_equal(cache_presence_claim("cache", "files", "alive", &err),
			 -1);
	assert_int_equal(err.code, EX_CANTCREAT);
}

static void no_descriptor_is_left_open(void **state)
{
	int before = count_entries("/proc/self/fd");

	(void)state;
	close(claim());
	assert_int_equal(find(), 0);
	assert_int_equal(unlink("cache/files/alive"), 0);
	where_nobody_can_look_it_is_not_known(state);
	assert_int_equal(count_entries("/proc/self/fd"), before);
}

int main(void)
{
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, enter_directory, leave_directory)
	const struct CMUnitTest tests[] = {
		TEST(nobody_is_there_before_the_first_claim),
		TEST(below_a_file_is_nobody),
		TEST(a_claim_holds_until_it_is_closed),
		TEST(a_killed_process_has_no_claim),
		TEST(one_of_two_is_somebody),
		TEST(where_nobody_can_look_it_is_not_known),
		TEST(no_descriptor_is_left_open),
	};

	return cmocka_run_group_tests_name("cache_presence", tests, NULL, NULL);
}
