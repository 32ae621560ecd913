/* supervisor: signs of life for whoever waits for them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/supervisor.h"
#include "base_fixture.h"
#include "supervisor_fixture.h"

static void set_number(const char *name, long number)
{
	char text[24];

	snprintf(text, sizeof(text), "%ld", number);
	setenv(name, text, 1);
}

static int clear(void **state)
{
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	return enter_directory(state);
}

static void without_a_supervisor_telling_is_success(void **state)
{
	struct supervisor supervisor;

	(void)state;
	setenv("WATCHDOG_USEC", "5000000", 1);
	supervisor_find(&supervisor);
	assert_int_equal(supervisor.socket, -1);
	assert_int_equal(supervisor.watchdog_ms, 0);
	assert_int_equal(supervisor_tell(&supervisor, "READY=1"), 0);
}

static void a_socket_with_a_path_is_told(void **state)
{
	int fd = listen_for_signs("notify", 7);
	struct supervisor supervisor;

	(void)state;
	setenv("NOTIFY_SOCKET", "./notify", 1);
	setenv("WATCHDOG_USEC", "5000000", 1);
	supervisor_find(&supervisor);
	assert_int_equal(supervisor.watchdog_ms, 5000);
	assert_int_equal(supervisor_tell(&supervisor, "READY=1"), 0);
	assert_int_equal(supervisor_tell(&supervisor, "WATCHDOG=1"), 0);
	assert_sign(fd, "READY=1");
	assert_sign(fd, "WATCHDOG=1");
	assert_sign(fd, NULL);
	close(supervisor.socket);
	close(fd);
}

static void a_socket_with_an_abstract_name_is_told(void **state)
{
	char name[64];
	struct supervisor supervisor;
	int fd;

	(void)state;
	snprintf(name, sizeof(name), "@marquee-test-%d", (int)getpid());
	setenv("NOTIFY_SOCKET", name, 1);
	name[0] = '\0';
	fd = listen_for_signs(name, strlen(name + 1) + 1);
	supervisor_find(&supervisor);
	assert_int_equal(supervisor.watchdog_ms, 0);
	assert_int_equal(supervisor_tell(&supervisor, "STOPPING=1"), 0);
	assert_sign(fd, "STOPPING=1");
	close(supervisor.socket);
	close(fd);
}

static void a_watchdog_that_is_meant_for_another_process_is_none(void **state)
{
	int fd = listen_for_signs("notify", 7);
	struct supervisor supervisor;

	(void)state;
	setenv("NOTIFY_SOCKET", "./notify", 1);
	setenv("WATCHDOG_USEC", "5000000", 1);
	set_number("WATCHDOG_PID", (long)getpid() + 1);
	supervisor_find(&supervisor);
	assert_int_equal(supervisor.watchdog_ms, 0);
	close(supervisor.socket);

	setenv("NOTIFY_SOCKET", "./notify", 1);
	setenv("WATCHDOG_USEC", "soon", 1);
	supervisor_find(&supervisor);
	assert_int_equal(supervisor.watchdog_ms, 0);
	close(supervisor.socket);

	setenv("NOTIFY_SOCKET", "./notify", 1);
	setenv("WATCHDOG_USEC", "5000000", 1);
	set_number("WATCHDOG_PID", (long)getpid());
	supervisor_find(&supervisor);
	assert_int_equal(supervisor.watchdog_ms, 5000);
	close(supervisor.socket);
	close(fd);
}

static void children_inherit_nobody_to_tell(void **state)
{
	int fd = listen_for_signs("notify", 7);
	struct supervisor supervisor;

	(void)state;
	setenv("NOTIFY_SOCKET", "./notify", 1);
	setenv("WATCHDOG_USEC", "5000000", 1);
	set_number("WATCHDOG_PID", (long)getpid());
	supervisor_find(&supervisor);
	assert_null(getenv("NOTIFY_SOCKET"));
	assert_null(getenv("WATCHDOG_USEC"));
	assert_null(getenv("WATCHDOG_PID"));
	assert_int_equal(fcntl(supervisor.socket, F_GETFD), FD_CLOEXEC);
	close(supervisor.socket);
	close(fd);
}

static void what_is_no_socket_is_nobody(void **state)
{
	static const char *const names[] = {"",
					    "@",
					    "/",
					    "./nothing",
					    "vsock:2:1234",
					    "/a/name/of/more/than/108/bytes/"
					    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
					    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
					    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"};
	struct supervisor supervisor;
	struct capture err;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(names); i++) {
		struct buffer said;

		setenv("NOTIFY_SOCKET", names[i], 1);
		setenv("WATCHDOG_USEC", "5000000", 1);
		err = capture_begin(STDERR_FILENO);
		supervisor_find(&supervisor);
		said = capture_end(err);
		assert_int_equal(supervisor.socket, -1);
		assert_int_equal(supervisor.watchdog_ms, 0);
		assert_holds(said.data, "cannot tell the supervisor");
		buffer_free(&said);
	}
}

/* A supervisor that is stopped must not stop those whom it looks after. */
static void telling_never_waits(void **state)
{
	int fd = listen_for_signs("notify", 7);
	struct supervisor supervisor;
	int told = 0;

	(void)state;
	setenv("NOTIFY_SOCKET", "./notify", 1);
	supervisor_find(&supervisor);
	while (told < 1000000 &&
	       supervisor_tell(&supervisor, "WATCHDOG=1") == 0)
		told++;
	assert_in_range(told, 1, 999999);
	assert_sign(fd, "WATCHDOG=1");
	assert_int_equal(supervisor_tell(&supervisor, "WATCHDOG=1"), 0);
	close(supervisor.socket);
	close(fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, clear, leave_directory)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_a_supervisor_telling_is_success),
		TEST(a_socket_with_a_path_is_told),
		TEST(a_socket_with_an_abstract_name_is_told),
		TEST(a_watchdog_that_is_meant_for_another_process_is_none),
		TEST(children_inherit_nobody_to_tell),
		TEST(what_is_no_socket_is_nobody),
		TEST(telling_never_waits),
	};

	return cmocka_run_group_tests_name("supervisor", tests, NULL, NULL);
}
