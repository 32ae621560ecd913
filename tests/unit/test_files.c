/* files: every byte, every result, and nothing outside the directory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "base/files.h"
#include "base_fixture.h"

/* Each test's directory, as a descriptor. */
static int here(void)
{
	int dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(dir >= 0);
	return dir;
}

static bool exists(const char *path)
{
	struct stat status;

	return lstat(path, &status) == 0;
}

static void assert_content(const char *path, const char *expected)
{
	struct buffer text = BUFFER_EMPTY;

	buffer_text(&text, "");
	assert_int_equal(files_read(AT_FDCWD, path, 1 << 20, &text, NULL), 0);
	assert_string_equal(text.data, expected);
	buffer_free(&text);
}

static void a_created_file_has_every_byte_and_is_for_all_to_read(void **state)
{
	int dir = here();
	struct stat status;
	struct buffer text = BUFFER_EMPTY;

	(void)state;
	assert_int_equal(files_create(dir, "a", "x\0y", 3, NULL), 0);
	assert_int_equal(files_create(dir, "empty", NULL, 0, NULL), 0);
	assert_int_equal(stat("a", &status), 0);
	assert_int_equal(status.st_mode & 07777, 0644);
	assert_int_equal(files_read(dir, "a", 3, &text, NULL), 0);
	assert_int_equal(text.length, 3);
	assert_memory_equal(text.data, "x\0y", 3);
	assert_int_equal(stat("empty", &status), 0);
	assert_int_equal(status.st_size, 0);
	buffer_free(&text);
	close(dir);
}

static void creating_takes_nobody_elses_name(void **state)
{
	int dir = here();
	struct error err = {0};

	(void)state;
	put_file("file", "old");
	assert_int_equal(mkdir("dir", 0755), 0);
	assert_int_equal(symlink("target", "link"), 0);
	assert_int_equal(files_create(dir, "file", "new", 3, &err), -1);
	assert_int_equal(err.code, EX_CANTCREAT);
	assert_holds(err.message, "file");
	assert_int_equal(files_create(dir, "dir", "new", 3, &err), -1);
	assert_int_equal(files_create(dir, "link", "new", 3, &err), -1);
	assert_int_equal(files_create(dir, "no/file", "new", 3, &err), -1);
	assert_content("file", "old");
	assert_false(exists("target"));
	close(dir);
}

static void replacing_leaves_the_new_bytes_and_nothing_else(void **state)
{
	int dir = here();
	struct stat before, after;

	(void)state;
	assert_int_equal(files_replace(dir, "a", "one", 3, NULL), 0);
	assert_content("a", "one");
	assert_int_equal(stat("a", &before), 0);
	put_file("a.new", "what a killed run left");
	assert_int_equal(files_replace(dir, "a", "second", 6, NULL), 0);
	assert_content("a", "second");
	assert_int_equal(stat("a", &after), 0);
	assert_true(before.st_ino != after.st_ino);
	assert_false(exists("a.new"));
	close(dir);
}

static void only_what_lies_beside_a_name_is_removed(void **state)
{
	int dir = here();

	(void)state;
	put_file("a", "stays");
	put_file("a.new", "half");
	put_file(".new", "stays");
	put_file("a.newer", "stays");
	assert_int_equal(symlink("a", "link.new"), 0);
	assert_int_equal(mkdir("dir.new", 0755), 0);
	files_remove_beside(dir);
	assert_false(exists("a.new"));
	assert_false(exists("link.new"));
	assert_true(exists("a"));
	assert_true(exists(".new"));
	assert_true(exists("a.newer"));
	assert_true(exists("dir.new"));
	close(dir);
}

/* Whoever has the old file open reads on in the old bytes. */
static void a_reader_of_the_old_file_keeps_the_old_bytes(void **state)
{
	struct buffer text = BUFFER_EMPTY;
	int dir = here();
	int fd;

	(void)state;
	put_file("a", "the old bytes");
	fd = open("a", O_RDONLY | O_CLOEXEC);
	assert_int_equal(files_replace(dir, "a", "new", 3, NULL), 0);
	assert_int_equal(files_read_all(fd, "a", 100, &text, NULL), 0);
	assert_string_equal(text.data, "the old bytes");
	buffer_free(&text);
	close(fd);
	close(dir);
}

static void replacing_a_link_leaves_its_target_alone(void **state)
{
	int dir = here();
	struct stat status;

	(void)state;
	put_file("target", "mine");
	assert_int_equal(symlink("target", "a"), 0);
	assert_int_equal(symlink("target", "a.new"), 0);
	assert_int_equal(files_replace(dir, "a", "new", 3, NULL), 0);
	assert_content("target", "mine");
	assert_int_equal(lstat("a", &status), 0);
	assert_true(S_ISREG(status.st_mode));
	close(dir);
}

static void a_directory_in_the_way_is_not_replaced(void **state)
{
	int dir = here();
	struct error err = {0};

	(void)state;
	assert_int_equal(mkdir("a", 0755), 0);
	assert_int_equal(files_replace(dir, "a", "new", 3, &err), -1);
	assert_int_equal(err.code, EX_CANTCREAT);
	assert_false(exists("a.new"));
	assert_int_equal(mkdir("b.new", 0755), 0);
	put_file("b", "old");
	assert_int_equal(files_replace(dir, "b", "new", 3, &err), -1);
	assert_content("b", "old");
	close(dir);
}

/* RLIMIT_FSIZE stands for the full disk: the write stops in the middle. */
static void limit_files(rlim_t bytes)
{
	struct rlimit limit;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes == 0 ? limit.rlim_max : bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void regress_a_full_disk_kept_the_unfinished_file(void **state)
{
	static const char bytes[100000];
	struct error err = {0};
	int dir = here(), status;

	(void)state;
	put_file("a", "old");
	limit_files(50000);
	status = files_replace(dir, "a", bytes, sizeof(bytes), &err);
	limit_files(0);
	assert_int_equal(status, -1);
	assert_int_equal(err.code, EX_IOERR);
	assert_holds(err.message, "a.new");
	assert_content("a", "old");
	assert_false(exists("a.new"));
	close(dir);
}

static void a_descriptor_that_takes_no_bytes_is_an_error(void **state)
{
	struct error err = {0};
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

	(void)state;
	assert_int_equal(files_write(fd, "x", 1, "the page", &err), -1);
	assert_int_equal(err.code, EX_IOERR);
	assert_holds(err.message, "the page");
	assert_int_equal(files_write(fd, NULL, 0, "the page", &err), 0);
	close(fd);
}

static int the_pipe[2];

/* Makes room in the pipe, a little each time. */
static void drain_some(int number)
{
	char block[1000];
	ssize_t got = read(the_pipe[0], block, sizeof(block));

	(void)number;
	(void)got;
}

/* The pipe is small and only a signal empties it: each write is interrupted,
 * before its first byte or after some. */
static void interrupted_and_short_writes_go_on(void **state)
{
	struct sigaction action = {.sa_handler = drain_some}; /* no restart */
	struct itimerval often = {{0, 500}, {0, 500}}, never = {{0, 0}, {0, 0}};
	static const char bytes[20000];
	int status;

	(void)state;
	assert_int_equal(pipe2(the_pipe, O_CLOEXEC), 0);
	/* The signal may come before there is anything to take. */
	assert_int_equal(fcntl(the_pipe[0], F_SETFL, O_NONBLOCK), 0);
	assert_true(fcntl(the_pipe[1], F_SETPIPE_SZ, 4096) >= 4096);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	status = files_write(the_pipe[1], bytes, sizeof(bytes), "pipe", NULL);
	setitimer(ITIMER_REAL, &never, NULL);
	signal(SIGALRM, SIG_DFL);
	assert_int_equal(status, 0);
	close(the_pipe[0]);
	close(the_pipe[1]);
}

static void feed_and_close(int number)
{
	(void)number;
	if (write(the_pipe[1], "x", 1) != 1)
		abort();
	close(the_pipe[1]);
}

static void an_interrupted_read_goes_on(void **state)
{
	struct sigaction action = {.sa_handler = feed_and_close};
	struct itimerval once = {{0, 0}, {0, 20000}};
	struct buffer text = BUFFER_EMPTY;
	int status;

	(void)state;
	assert_int_equal(pipe2(the_pipe, O_CLOEXEC), 0);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &once, NULL);
	status = files_read_all(the_pipe[0], "pipe", 10, &text, NULL);
	signal(SIGALRM, SIG_DFL);
	assert_int_equal(status, 0);
	assert_string_equal(text.data, "x");
	buffer_free(&text);
	close(the_pipe[0]);
}

static void a_file_may_be_as_large_as_the_limit_and_no_larger(void **state)
{
	static const size_t lengths[] = {0, 1, 16384, 16385, 40000};
	struct buffer bytes = BUFFER_EMPTY;
	struct error err = {0};
	size_t i;

	(void)state;
	while (bytes.length < 40000)
		buffer_char(&bytes, (char)('a' + bytes.length % 26));
	for (i = 0; i < COUNT(lengths); i++) {
		struct buffer text = BUFFER_EMPTY;

		unlink("a");
		assert_int_equal(files_create(AT_FDCWD, "a", bytes.data,
					      lengths[i], NULL),
				 0);
		assert_int_equal(
			files_read(AT_FDCWD, "a", lengths[i], &text, &err), 0);
		assert_int_equal(text.length, lengths[i]);
		if (lengths[i] != 0) {
			assert_memory_equal(text.data, bytes.data, lengths[i]);
			assert_int_equal(files_read(AT_FDCWD, "a",
						    lengths[i] - 1, &text,
						    &err),
					 -1);
			assert_int_equal(err.code, EX_DATAERR);
		}
		buffer_free(&text);
	}
	buffer_free(&bytes);
}

static void an_endless_stream_ends_at_the_limit(void **state)
{
	struct buffer text = BUFFER_EMPTY;
	struct error err = {0};
	int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);

	(void)state;
	assert_int_equal(files_read_all(fd, "zeros", 100000, &text, &err), -1);
	assert_int_equal(err.code, EX_DATAERR);
	assert_holds(err.message, "zeros");
	assert_holds(err.message, "100000");
	assert_true(text.capacity <= 1 << 18);
	buffer_free(&text);
	close(fd);
}

static void what_was_read_is_appended(void **state)
{
	struct buffer text = BUFFER_EMPTY;

	(void)state;
	put_file("a", "two");
	buffer_text(&text, "one ");
	assert_int_equal(files_read(AT_FDCWD, "a", 3, &text, NULL), 0);
	assert_string_equal(text.data, "one two");
	buffer_free(&text);
}

static void regress_a_failed_read_left_half_of_the_file(void **state)
{
	struct buffer text = BUFFER_EMPTY;
	static const char bytes[20000];

	(void)state;
	assert_int_equal(
		files_create(AT_FDCWD, "a", bytes, sizeof(bytes), NULL), 0);
	buffer_text(&text, "before");
	assert_int_equal(files_read(AT_FDCWD, "a", 17000, &text, NULL), -1);
	assert_int_equal(text.length, 6);
	assert_string_equal(text.data, "before");
	buffer_free(&text);
}

static void what_is_no_plain_file_is_refused_at_once(void **state)
{
	static const char *const names[] = {"dir",       "fifo",
					    "missing",   "missing/a",
					    "/dev/null", "/dev/zero",
					    ""};
	struct buffer text = BUFFER_EMPTY;
	struct error err;
	size_t i;

	(void)state;
	assert_int_equal(mkdir("dir", 0755), 0);
	assert_int_equal(mkfifo("fifo", 0644), 0);
	alarm(10); /* a FIFO without a writer would wait for ever */
	for (i = 0; i < COUNT(names); i++) {
		err = (struct error){0};
		if (files_read(AT_FDCWD, names[i], 100, &text, &err) != -1)
			fail_msg("%s is read", names[i]);
		assert_int_equal(err.code, EX_NOINPUT);
		assert_holds(err.message, names[i]);
	}
	alarm(0);
	assert_int_equal(text.length, 0);
	buffer_free(&text);
}

static void links_are_followed_for_the_operator_only(void **state)
{
	struct buffer text = BUFFER_EMPTY;
	struct error err = {0};
	int dir = here();

	(void)state;
	put_file("target", "secret");
	assert_int_equal(symlink("target", "link"), 0);
	assert_int_equal(files_read(dir, "link", 100, &text, &err), -1);
	assert_int_equal(err.code, EX_NOINPUT);
	assert_int_equal(text.length, 0);
	assert_int_equal(files_read(AT_FDCWD, "link", 100, &text, &err), 0);
	assert_string_equal(text.data, "secret");
	buffer_free(&text);
	close(dir);
}

static void a_directory_is_made_once_and_opened_each_time(void **state)
{
	struct stat status;
	int dir = here(), fd, i;

	(void)state;
	umask(022);
	for (i = 0; i < 2; i++) {
		fd = files_make_dir(dir, "a", NULL);
		assert_true(fd >= 0);
		assert_int_equal(fstat(fd, &status), 0);
		assert_true(S_ISDIR(status.st_mode));
		assert_int_equal(status.st_mode & 07777, 0755);
		assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
		close(fd);
	}
	close(dir);
}

static void a_file_in_a_directorys_place_is_an_error(void **state)
{
	struct error err = {0};
	int dir = here();

	(void)state;
	put_file("a", "");
	assert_int_equal(files_make_dir(dir, "a", &err), -1);
	assert_int_equal(err.code, EX_CANTCREAT);
	assert_int_equal(files_make_dir(dir, "no/b", &err), -1);
	assert_int_equal(files_make_dirs("a/b", &err), -1);
	assert_int_equal(err.code, EX_CANTCREAT);
	close(dir);
}

static void every_directory_of_a_path_is_made(void **state)
{
	static const char *const paths[] = {
		"a/b/c", "a/b/c", "a//b///d/", "./e", "a/../f", "/", ".", "g"};
	struct stat made, opened;
	size_t i;
	int fd;

	(void)state;
	umask(022);
	for (i = 0; i < COUNT(paths); i++) {
		fd = files_make_dirs(paths[i], NULL);
		if (fd < 0)
			fail_msg("%s is not made", paths[i]);
		assert_int_equal(fstat(fd, &opened), 0);
		assert_int_equal(stat(paths[i], &made), 0);
		assert_int_equal(made.st_ino, opened.st_ino);
		close(fd);
	}
	assert_int_equal(stat("a/b", &made), 0);
	assert_int_equal(made.st_mode & 07777, 0755);
}

/* It read past the path's end. */
static void regress_an_empty_path_was_read_past_its_end(void **state)
{
	struct error err = {0};

	(void)state;
	assert_int_equal(files_make_dirs("", &err), -1);
	assert_int_equal(err.code, EX_CANTCREAT);
}

/* /home is often 0711. Root may read everything, so a child gives that up. */
static void regress_parents_had_to_be_readable(void **state)
{
	int status, fd;
	pid_t child;

	(void)state;
	assert_int_equal(mkdir("home", 0755), 0);
	assert_int_equal(mkdir("home/user", 0777), 0);
	assert_int_equal(chmod("home/user", 0777), 0);
	assert_int_equal(chmod("home", 0311), 0);
	assert_int_equal(chmod(".", 0755), 0);
	child = fork();
	if (child == 0) {
		if (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0)
			_exit(2);
		fd = files_make_dirs("home/user/cache", NULL);
		_exit(fd < 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	chmod("home", 0755);
	assert_int_equal(status, 0);
	assert_true(exists("home/user/cache"));
}

static void a_tree_is_removed_to_its_last_leaf(void **state)
{
	int dir = here();

	(void)state;
	close(files_make_dirs("t/a/b/c", NULL));
	close(files_make_dirs("t/empty", NULL));
	put_file("t/file", "");
	put_file("t/a/.hidden", "");
	put_file("t/a/b/c/leaf", "");
	assert_int_equal(mkfifo("t/fifo", 0644), 0);
	assert_int_equal(symlink("nowhere", "t/dangling"), 0);
	put_file("beside", "");
	assert_int_equal(files_remove_tree(dir, "t", NULL), 0);
	assert_false(exists("t"));
	assert_true(exists("beside"));
	assert_int_equal(files_remove_tree(dir, "t", NULL), 0);
	assert_int_equal(files_remove_tree(dir, "beside", NULL), 0);
	assert_false(exists("beside"));
	close(dir);
}

static void links_out_of_a_tree_are_removed_not_followed(void **state)
{
	int dir = here();

	(void)state;
	close(files_make_dirs("kept/inner", NULL));
	put_file("kept/file", "mine");
	close(files_make_dirs("t", NULL));
	assert_int_equal(symlink("../kept", "t/dir"), 0);
	assert_int_equal(symlink("../kept/file", "t/file"), 0);
	assert_int_equal(symlink("..", "t/up"), 0);
	assert_int_equal(symlink("kept", "link"), 0);
	assert_int_equal(files_remove_tree(dir, "t", NULL), 0);
	assert_int_equal(files_remove_tree(dir, "link", NULL), 0);
	assert_false(exists("t"));
	assert_false(exists("link"));
	assert_true(exists("kept/inner"));
	assert_content("kept/file", "mine");
	close(dir);
}

static void many_entries_leave_no_descriptor_behind(void **state)
{
	int dir = here(), probe, i;
	char name[32];

	(void)state;
	close(files_make_dirs("t", NULL));
	for (i = 0; i < 500; i++) {
		snprintf(name, sizeof(name), "t/%d", i);
		assert_int_equal(mkdir(name, 0755), 0);
	}
	assert_int_equal(files_remove_tree(dir, "t", NULL), 0);
	assert_false(exists("t"));
	probe = here();
	assert_int_equal(probe, dir + 1);
	close(probe);
	close(dir);
}

static void a_file_that_cannot_be_synced_is_an_error(void **state)
{
	struct error err = {0};
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(files_sync(ends[1], "the pack", &err), -1);
	assert_int_equal(err.code, EX_IOERR);
	assert_holds(err.message, "the pack");
	close(ends[0]);
	close(ends[1]);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, enter_directory, leave_directory)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_created_file_has_every_byte_and_is_for_all_to_read),
		TEST(creating_takes_nobody_elses_name),
		TEST(replacing_leaves_the_new_bytes_and_nothing_else),
		TEST(only_what_lies_beside_a_name_is_removed),
		TEST(a_reader_of_the_old_file_keeps_the_old_bytes),
		TEST(replacing_a_link_leaves_its_target_alone),
		TEST(a_directory_in_the_way_is_not_replaced),
		TEST(regress_a_full_disk_kept_the_unfinished_file),
		TEST(a_descriptor_that_takes_no_bytes_is_an_error),
		TEST(interrupted_and_short_writes_go_on),
		TEST(an_interrupted_read_goes_on),
		TEST(a_file_may_be_as_large_as_the_limit_and_no_larger),
		TEST(an_endless_stream_ends_at_the_limit),
		TEST(what_was_read_is_appended),
		TEST(regress_a_failed_read_left_half_of_the_file),
		TEST(what_is_no_plain_file_is_refused_at_once),
		TEST(links_are_followed_for_the_operator_only),
		TEST(a_directory_is_made_once_and_opened_each_time),
		TEST(a_file_in_a_directorys_place_is_an_error),
		TEST(every_directory_of_a_path_is_made),
		TEST(regress_an_empty_path_was_read_past_its_end),
		TEST(regress_parents_had_to_be_readable),
		TEST(a_tree_is_removed_to_its_last_leaf),
		TEST(links_out_of_a_tree_are_removed_not_followed),
		TEST(many_entries_leave_no_descriptor_behind),
		TEST(a_file_that_cannot_be_synced_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
