/* confine: what is in reach afterwards, what is not, and what has moved. Each test
 * gives up its rights in a child. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "base_fixture.h"
#include "confine/confine.h"
#include "confine/file_rules.h"
#include "confine/instrumented.h"

/* The line of the first that does not hold is the child's exit status. */
#define EXPECT(holds)                                                          \
	do {                                                                   \
		if (!(holds))                                                  \
			_exit(__LINE__ & 0xff);                                \
	} while (0)

#define EXPECT_REFUSED(call)                                                   \
	do {                                                                   \
		errno = 0;                                                     \
		EXPECT((call) < 0);                                            \
		EXPECT(errno == EACCES || errno == EPERM || errno == EXDEV);   \
	} while (0)

static void run_child(void (*act)(void))
{
	pid_t child = fork();
	int status = -1;

	assert_true(child >= 0);
	if (child == 0) {
		act();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail_msg("the child ended with %#x; an exit status is a line "
			 "of it, modulo 256",
			 (unsigned)status);
}

/* On a kernel that has none, files stay in reach: the black-box tests say so. */
static bool has_landlock(void)
{
	return file_rules_abi() >= FILE_RULES_LEAST_ABI;
}

static struct confined *enter(const struct confine_path *paths, unsigned needs,
			      bool is_service)
{
	const struct confinement all = {
		.paths = paths, .needs = needs, .is_service = is_service};
	struct settings *settings;
	struct confined *confined;
	struct error err = {0};

	put_file("settings", "");
	settings = settings_load("settings", NULL);
	EXPECT(settings != NULL);
	EXPECT(confine_enter(&all, settings, &confined, &err) == 0);
	settings_free(settings);
	return confined;
}

static const struct confine_path one_to_read[] = {{"mine", CONFINE_READS},
						  {NULL, CONFINE_READS}};
static const struct confine_path one_to_write[] = {{"mine", CONFINE_WRITES_TO},
						   {NULL, CONFINE_READS}};
static const struct confine_path one_to_publish[] = {
	{"mine", CONFINE_PUBLISHES}, {NULL, CONFINE_READS}};
static const struct confine_path nothing[] = {{NULL, CONFINE_READS}};

static void lay_out(void)
{
	assert_int_equal(mkdir("mine", 0755), 0);
	assert_int_equal(mkdir("mine/below", 0755), 0);
	assert_int_equal(mkdir("other", 0755), 0);
	put_file("mine/file", "mine");
	put_file("other/file", "other");
}

static int open_to_read(const char *path)
{
	return open(path, O_RDONLY | O_CLOEXEC);
}

static int make(const char *path)
{
	return open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
}

/* --- Files ----------------------------------------------------------------- */

static void read_only(void)
{
	enter(one_to_read, CONFINE_CHANGES, false);
	EXPECT(open_to_read("mine/file") >= 0);
	EXPECT(open_to_read("mine/below") >= 0);
	EXPECT_REFUSED(open_to_read("other/file"));
	EXPECT_REFUSED(open_to_read("other"));
	EXPECT_REFUSED(open_to_read("."));
	EXPECT_REFUSED(open_to_read("mine/../other/file"));
	EXPECT_REFUSED(make("mine/new"));
	EXPECT_REFUSED(open("mine/file", O_WRONLY | O_CLOEXEC));
	EXPECT_REFUSED(unlink("mine/file"));
	EXPECT_REFUSED(mkdir("mine/dir", 0755));
}

static void what_is_to_be_read_is_read_and_nothing_else(void **state)
{
	(void)state;
	lay_out();
	if (has_landlock())
		run_child(read_only);
}

static void written(void)
{
	enter(one_to_write, CONFINE_CHANGES, false);
	EXPECT(make("mine/new") >= 0);
	EXPECT(mkdir("mine/dir", 0755) == 0);
	EXPECT(rename("mine/new", "mine/dir/moved") == 0);
	EXPECT(link("mine/file", "mine/dir/linked") == 0);
	EXPECT(open("mine/file", O_WRONLY | O_TRUNC | O_CLOEXEC) >= 0);
	EXPECT(unlink("mine/file") == 0);
	EXPECT(rename("mine/dir", "mine/below/dir") == 0);
	EXPECT(rmdir("mine/below/dir") < 0 && errno == ENOTEMPTY);
	EXPECT_REFUSED(symlink("anywhere", "mine/symbolic"));
	EXPECT_REFUSED(mkfifo("mine/fifo", 0600));
	EXPECT_REFUSED(make("other/new"));
	EXPECT_REFUSED(rename("mine/below", "other/below"));
	EXPECT_REFUSED(link("other/file", "mine/stolen"));
	EXPECT_REFUSED(unlink("other/file"));
}

static void what_is_to_be_written_takes_files_but_no_links_or_pipes(
	void **state)
{
	(void)state;
	lay_out();
	if (has_landlock())
		run_child(written);
}

static void published(void)
{
	enter(one_to_publish, CONFINE_CHANGES, false);
	EXPECT(symlink("anywhere", "mine/symbolic") == 0);
	EXPECT_REFUSED(symlink("anywhere", "other/symbolic"));
}

static void who_publishes_makes_symbolic_links(void **state)
{
	(void)state;
	lay_out();
	if (has_landlock())
		run_child(published);
}

static void made(void)
{
	static const struct confine_path paths[] = {
		{"new/directory", CONFINE_WRITES_TO}, {NULL, CONFINE_READS}};

	enter(paths, CONFINE_CHANGES, false);
	EXPECT(make("new/directory/file") >= 0);
}

static void a_directory_to_write_to_is_made(void **state)
{
	struct stat status;

	(void)state;
	run_child(made);
	assert_int_equal(stat("new/directory", &status), 0);
	assert_int_equal(status.st_mode & 07777, 0755);
}

static void not_made(void)
{
	enter(one_to_read, CONFINE_CHANGES, false);
	EXPECT(access("mine", F_OK) != 0);
	EXPECT(open_to_read("mine/file") < 0 && errno == ENOENT);
}

static void one_to_read_is_not_made(void **state)
{
	(void)state;
	run_child(not_made);
}

/* As without Landlock: a full disk is to be told from one out of reach. */
static void in_the_way(void)
{
	static const struct confine_path paths[] = {
		{"file/directory", CONFINE_WRITES_TO}, {NULL, CONFINE_READS}};

	enter(paths, CONFINE_CHANGES, false);
	EXPECT(mkdir("file/directory", 0755) < 0 && errno == ENOTDIR);
	EXPECT(mkdir("beside", 0755) == 0); /* the nearest that is there */
	EXPECT_REFUSED(make("beside/file"));
	EXPECT_REFUSED(make("another"));
}

static void where_it_cannot_be_made_the_reason_stays_the_same(void **state)
{
	(void)state;
	put_file("file", "");
	if (has_landlock())
		run_child(in_the_way);
}

static void one_file(void)
{
	static const struct confine_path paths[] = {
		{"mine/file", CONFINE_WRITES_TO}, {NULL, CONFINE_READS}};

	enter(paths, CONFINE_CHANGES, false);
	EXPECT(open("mine/file", O_RDWR | O_CLOEXEC) >= 0);
	EXPECT_REFUSED(open_to_read("mine"));
	EXPECT_REFUSED(make("mine/new"));
}

static void a_path_may_be_a_file(void **state)
{
	(void)state;
	lay_out();
	if (has_landlock())
		run_child(one_file);
}

static void what_nobody_could_open_needs_no_rule(void **state)
{
	struct file_rules rules = {.fd = -1};
	struct error err = {0};
	char long_name[300] = "";
	const char *const paths[] = {"missing", "file/below", "circle",
				     long_name};
	size_t i;

	(void)state;
	memset(long_name, 'a', sizeof(long_name) - 1);
	put_file("file", "");
	assert_int_equal(symlink("circle", "circle"), 0);
	if (has_landlock())
		assert_int_equal(file_rules_begin(&rules, file_rules_abi(),
						  false, &err),
				 0);
	for (i = 0; i < COUNT(paths); i++)
		assert_int_equal(file_rules_allow(&rules, paths[i],
						  CONFINE_READS, &err),
				 0);
	if (has_landlock())
		assert_int_equal(file_rules_allow(&rules, "/no such/place",
						  CONFINE_WRITES_TO, &err),
				 0);
	file_rules_end(&rules);
	file_rules_end(&rules);
}

static void rules_for_older_kernels_are_understood(void **state)
{
	struct error err = {0};
	int abi;

	(void)state;
	for (abi = FILE_RULES_LEAST_ABI; abi <= file_rules_abi(); abi++) {
		struct file_rules rules;

		assert_int_equal(file_rules_begin(&rules, abi, true, &err), 0);
		assert_int_equal(file_rules_allow(&rules, ".",
						  CONFINE_PUBLISHES, &err),
				 0);
		file_rules_end(&rules);
	}
}

/* --- Calls ------------------------------------------------------------------- */

static void *do_nothing(void *argument)
{
	return argument;
}

static void without_needs(void)
{
	pthread_t thread;
	int ends[2];

	EXPECT(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
	enter(nothing, CONFINE_SERVES, false);
	EXPECT(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 || !IS_INSTRUMENTED);
	EXPECT(pthread_create(&thread, NULL, do_nothing, NULL) == 0);
	EXPECT(pthread_join(thread, NULL) == 0);
	EXPECT(send(ends[0], "x", 1, MSG_NOSIGNAL) == 1);
	EXPECT(raise(SIGCONT) == 0);
	EXPECT_REFUSED(socket(AF_INET, SOCK_STREAM, 0));
	EXPECT_REFUSED(socket(AF_UNIX, SOCK_DGRAM, 0));
	EXPECT_REFUSED(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	EXPECT_REFUSED(inotify_init1(IN_CLOEXEC));
	EXPECT_REFUSED(mkdir("mine/dir", 0755));
	EXPECT_REFUSED(unlink("mine/file"));
	EXPECT_REFUSED(execl("/bin/true", "true", NULL));
	EXPECT_REFUSED(setsid());
	EXPECT_REFUSED(chmod("mine/file", 0666));
	if (!IS_INSTRUMENTED) { /* sanitizers start a tracer */
		EXPECT_REFUSED(fork());
		EXPECT_REFUSED(kill(getppid(), 0));
		EXPECT(mmap(NULL, 4096, PROT_READ | PROT_EXEC,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
	}
}

static void who_serves_has_threads_and_its_sockets_and_no_more(void **state)
{
	(void)state;
	lay_out();
	run_child(without_needs);
}

/* As keep-running and systemd have it: the name is of the kernel's choosing. */
static int supervisor;

static void telling(void)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	socklen_t length = sizeof(name);
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	EXPECT(getsockname(supervisor, (struct sockaddr *)&name, &length) == 0);
	EXPECT(connect(fd, (struct sockaddr *)&name, length) == 0);
	enter(nothing, CONFINE_SERVES, false);
	EXPECT(send(fd, "WATCHDOG=1", 10, MSG_NOSIGNAL | MSG_DONTWAIT) == 10);
}

static void who_serves_tells_a_supervisor_to_whom_it_is_connected(void **state)
{
	const struct sockaddr_un any = {.sun_family = AF_UNIX};
	char said[16];

	(void)state;
	supervisor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(supervisor, (const struct sockaddr *)&any,
			      sizeof(any.sun_family)),
			 0);
	run_child(telling);
	assert_int_equal(recv(supervisor, said, sizeof(said), MSG_DONTWAIT),
			 10);
	close(supervisor);
}

static void connecting(void)
{
	struct sockaddr_in any = {.sin_family = AF_INET};
	int fd;

	enter(nothing, CONFINE_CONNECTS, false);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	EXPECT(fd >= 0);
	EXPECT(socket(AF_INET6, SOCK_DGRAM, 0) >= 0);
	EXPECT_REFUSED(socket(AF_PACKET, SOCK_RAW, 0));
	EXPECT_REFUSED(execl("/bin/true", "true", NULL));
	EXPECT_REFUSED(listen(fd, 1));
	if (has_landlock() && file_rules_abi() >= 4)
		EXPECT_REFUSED(bind(fd, (struct sockaddr *)&any, sizeof(any)));
	if (has_landlock()) {
		EXPECT(open_to_read("/etc/ssl/certs") >= 0 || errno == ENOENT);
		EXPECT_REFUSED(open_to_read("/etc/passwd"));
	}
}

static void who_connects_has_sockets_and_listens_on_none(void **state)
{
	(void)state;
	run_child(connecting);
}

static void watching(void)
{
	enter(nothing, CONFINE_WATCHES, false);
	EXPECT(inotify_init1(IN_CLOEXEC) >= 0);
	EXPECT_REFUSED(socket(AF_INET, SOCK_STREAM, 0));
}

static void who_watches_has_inotify(void **state)
{
	(void)state;
	run_child(watching);
}

static void logging(void)
{
	enter(nothing, CONFINE_LOGS, false);
	EXPECT(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0) >= 0);
	EXPECT_REFUSED(socket(AF_UNIX, SOCK_STREAM, 0));
	EXPECT_REFUSED(socket(AF_INET, SOCK_DGRAM, 0));
}

static void who_logs_to_syslog_has_a_datagram_socket(void **state)
{
	(void)state;
	run_child(logging);
}

static void with_it_off(void)
{
	setenv("MARQUEE_CONFINE", "off", 1);
	EXPECT(enter(nothing, 0, true) == NULL);
	EXPECT(open_to_read("/etc/passwd") >= 0);
	EXPECT(socket(AF_INET, SOCK_STREAM, 0) >= 0);
	EXPECT(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0);
}

static void with_the_setting_off_nothing_is_given_up(void **state)
{
	(void)state;
	run_child(with_it_off);
}

/* --- What has moved --------------------------------------------------------------- */

static void in_place(void)
{
	struct confined *confined = enter(one_to_write, CONFINE_CHANGES, true);

	EXPECT(confined != NULL);
	EXPECT(make("mine/new") >= 0);
	EXPECT(rename("mine/new", "mine/file") == 0);
	EXPECT(!confine_is_outdated(confined));
	confine_check(confined);
	confine_free(confined);
}

static void what_changes_inside_a_directory_makes_nobody_outdated(void **state)
{
	(void)state;
	lay_out();
	if (has_landlock())
		run_child(in_place);
	assert_false(confine_is_outdated(NULL));
	confine_check(NULL);
}

/* The child says when it is confined; then the parent acts, and the child tells
 * whether it is outdated. */
static bool is_outdated_after(const struct confine_path *paths,
			      void (*act)(void))
{
	int ready[2], go[2], status = -1;
	char byte;
	pid_t child;

	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(go), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct confined *confined = enter(paths, 0, true);

		EXPECT(write(ready[1], "x", 1) == 1);
		EXPECT(read(go[0], &byte, 1) == 1);
		_exit(confine_is_outdated(confined) ? 0 : 1);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	act();
	assert_int_equal(write(go[1], "x", 1), 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	close(ready[0]);
	close(go[0]);
	close(go[1]);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) <= 1);
	return WEXITSTATUS(status) == 0;
}

static void replace(void)
{
	assert_int_equal(rename("mine", "before"), 0);
	assert_int_equal(mkdir("mine", 0755), 0);
}

static void take_away(void)
{
	assert_int_equal(rename("mine", "before"), 0);
}

static void put_there(void)
{
	assert_int_equal(mkdir("mine", 0755), 0);
}

static void leave_alone(void)
{
	put_file("mine/another", "");
}

static void who_has_lost_a_directory_or_could_have_one_is_outdated(void **state)
{
	(void)state;
	if (!has_landlock())
		return;
	assert_true(is_outdated_after(one_to_read, put_there));
	assert_false(is_outdated_after(one_to_read, leave_alone));
	assert_true(is_outdated_after(one_to_read, take_away));
	assert_int_equal(rename("before", "mine"), 0);
	assert_true(is_outdated_after(one_to_read, replace));
}

static void lead_to_another_disk(void)
{
	assert_int_equal(unlink("link"), 0);
	assert_int_equal(symlink("/dev", "link"), 0);
}

/* Numbers of inodes are of one file system: the roots of two may have the same. */
static void who_is_led_to_another_file_system_is_outdated(void **state)
{
	static const struct confine_path path[] = {{"link", CONFINE_READS},
						   {NULL, CONFINE_READS}};

	(void)state;
	assert_int_equal(symlink("/proc", "link"), 0);
	if (has_landlock())
		assert_true(is_outdated_after(path, lead_to_another_disk));
}

/* Not known is not gone: stat(2) fails there with ELOOP. */
static void put_in_a_circle(void)
{
	assert_int_equal(symlink("circle", "circle"), 0);
}

static void break_the_circle(void)
{
	assert_int_equal(unlink("circle"), 0);
	assert_int_equal(mkdir("circle", 0755), 0);
}

static void regress_what_could_not_be_looked_at_counted_as_gone(void **state)
{
	static const struct confine_path circle[] = {{"circle", CONFINE_READS},
						     {NULL, CONFINE_READS}};

	(void)state;
	if (!has_landlock())
		return;
	put_in_a_circle();
	assert_false(is_outdated_after(circle, break_the_circle));
}

static void outdated(void)
{
	struct confined *confined = enter(one_to_read, CONFINE_CHANGES, true);

	EXPECT(confined != NULL);
	raise(SIGSTOP);
	confine_check(confined);
	_exit(1);
}

static void who_is_outdated_ends_as_by_sigterm(void **state)
{
	int status = -1;
	pid_t child;

	(void)state;
	lay_out();
	if (!has_landlock())
		return;
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		outdated();
	assert_int_equal(waitpid(child, &status, WUNTRACED), child);
	assert_true(WIFSTOPPED(status));
	replace();
	assert_int_equal(kill(child, SIGCONT), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGTERM);
}

#define TEST(test)                                                             \
	cmocka_unit_test_setup_teardown(test, enter_directory, leave_directory)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_to_be_read_is_read_and_nothing_else),
		TEST(what_is_to_be_written_takes_files_but_no_links_or_pipes),
		TEST(who_publishes_makes_symbolic_links),
		TEST(a_directory_to_write_to_is_made),
		TEST(one_to_read_is_not_made),
		TEST(where_it_cannot_be_made_the_reason_stays_the_same),
		TEST(a_path_may_be_a_file),
		TEST(what_nobody_could_open_needs_no_rule),
		TEST(rules_for_older_kernels_are_understood),
		TEST(who_serves_has_threads_and_its_sockets_and_no_more),
		TEST(who_serves_tells_a_supervisor_to_whom_it_is_connected),
		TEST(who_connects_has_sockets_and_listens_on_none),
		TEST(who_watches_has_inotify),
		TEST(who_logs_to_syslog_has_a_datagram_socket),
		TEST(with_the_setting_off_nothing_is_given_up),
		TEST(what_changes_inside_a_directory_makes_nobody_outdated),
		TEST(who_has_lost_a_directory_or_could_have_one_is_outdated),
		TEST(who_is_led_to_another_file_system_is_outdated),
		TEST(regress_what_could_not_be_looked_at_counted_as_gone),
		TEST(who_is_outdated_ends_as_by_sigterm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
