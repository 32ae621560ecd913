#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "cache_fixture.h"

#include "cache/new_file.h"

/* Files that are to be removed by somebody else between their creation and
 * their lock. */
static int removals;

static int remove_entry(const char *path)
{
	DIR *entries = opendir(path);
	struct dirent *entry;

	if (entries == NULL)
		return -1;
	while ((entry = readdir(entries)) != NULL)
		if (entry->d_name[0] != '.')
			unlinkat(dirfd(entries), entry->d_name, 0);
	return closedir(entries);
}

/* Of the locks that are waited for; 0: they can be had. */
static int lock_errno;

/* In the place of the C library's, for the module under test. */
int flock(int fd, int operation)
{
	if (operation == LOCK_EX && lock_errno != 0) {
		errno = lock_errno;
		return -1;
	}
	if (operation == LOCK_EX && removals > 0) {
		removals--;
		remove_entry("site/keeping");
	}
	return (int)syscall(SYS_flock, fd, operation);
}

/* The ways to open one; the second is for file systems that need it. */
static int open_either(struct new_file *file, int site, bool is_staged)
{
	struct error err = {0};
	int status = is_staged ? new_file_open_staged(file, site, &err)
			       : new_file_open(file, site, site, &err);

	if (status != 0)
		fail_msg("%s", err.message);
	return status;
}

static int open_site(void)
{
	struct error err = {0};

	return files_make_dir(AT_FDCWD, "site", &err);
}

static void a_file_has_its_name_only_when_it_is_linked(void **state)
{
	int site = open_site(), way;
	struct new_file file;
	struct error err = {0};

	(void)state;
	for (way = 0; way < 2; way++) {
		const char *name = way == 0 ? "first" : "second";
		const char *path = way == 0 ? "site/first" : "site/second";

		open_either(&file, site, way == 1);
		assert_int_equal(write(file.fd, "body", 4), 4);
		assert_int_equal(access(path, F_OK), -1);
		assert_int_equal(new_file_link(&file, site, name, &err), 1);
		new_file_close(&file);
		assert_int_equal(access(path, R_OK), 0);
	}
	assert_int_equal(count_entries("site/keeping"), 0);
	close(site);
}

static void a_name_that_is_taken_stays_as_it_is(void **state)
{
	int site = open_site(), way;
	struct buffer text = BUFFER_EMPTY;
	struct new_file file;
	struct error err = {0};

	(void)state;
	assert_int_equal(files_create(site, "name", "old", 3, &err), 0);
	for (way = 0; way < 2; way++) {
		open_either(&file, site, way == 1);
		assert_int_equal(write(file.fd, "new", 3), 3);
		assert_int_equal(new_file_link(&file, site, "name", &err), 0);
		new_file_close(&file);
	}
	assert_int_equal(files_read(site, "name", 10, &text, &err), 0);
	assert_string_equal(text.data, "old");
	assert_int_equal(count_entries("site"), 2);
	assert_int_equal(count_entries("site/keeping"), 0);
	buffer_free(&text);
	close(site);
}

static void one_that_is_never_linked_leaves_nothing(void **state)
{
	int site = open_site(), way;
	struct new_file file;

	(void)state;
	for (way = 0; way < 2; way++) {
		open_either(&file, site, way == 1);
		new_file_close(&file);
	}
	assert_int_equal(count_entries("site"), 1);
	assert_int_equal(count_entries("site/keeping"), 0);
	close(site);
}

/* Dies as if killed, with a staged file open. */
static void leave_a_file(int site)
{
	struct new_file file;
	int status;
	pid_t child = fork();

	if (child == 0) {
		_exit(new_file_open_staged(&file, site, NULL) == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void what_a_dead_run_left_is_removed_by_the_next(void **state)
{
	int site = open_site();
	struct new_file file;

	(void)state;
	leave_a_file(site);
	assert_int_equal(count_entries("site/keeping"), 1);
	open_either(&file, site, true);
	assert_int_equal(count_entries("site/keeping"), 1);
	new_file_close(&file);
	assert_int_equal(count_entries("site/keeping"), 0);
	close(site);
}

static void what_another_run_still_writes_stays(void **state)
{
	struct new_file mine, other;
	struct error err = {0};
	int site = open_site();

	(void)state;
	open_either(&other, site, true);
	open_either(&mine, site, true);
	assert_int_equal(count_entries("site/keeping"), 2);
	assert_int_equal(new_file_link(&other, site, "other", &err), 1);
	assert_int_equal(new_file_link(&mine, site, "mine", &err), 1);
	new_file_close(&mine);
	new_file_close(&other);
	close(site);
}

/* files.fcgi keeps files in one thread and puts its note in another. */
static void regress_a_publisher_removed_what_was_being_written(void **state)
{
	struct cache_writer *writer;
	struct new_file file;
	struct error err = {0};
	int site = open_site();

	(void)state;
	open_either(&file, site, true);
	assert_int_equal(cache_writer_open(".", "site", &writer, &err), 0);
	cache_writer_close(writer);
	if (new_file_link(&file, site, "name", &err) != 1)
		fail_msg("%s", err.message);
	new_file_close(&file);
	close(site);
}

static void one_that_is_removed_before_its_lock_is_made_anew(void **state)
{
	int site = open_site();
	struct new_file file;
	struct error err = {0};

	(void)state;
	removals = 3;
	open_either(&file, site, true);
	assert_int_equal(removals, 0);
	assert_int_equal(write(file.fd, "body", 4), 4);
	if (new_file_link(&file, site, "name", &err) != 1)
		fail_msg("%s", err.message);
	new_file_close(&file);
	assert_int_equal(access("site/name", R_OK), 0);
	close(site);
}

static void where_each_one_is_removed_it_gives_up(void **state)
{
	int site = open_site(), before = count_entries("/proc/self/fd");
	struct new_file file;
	struct error err = {0};

	(void)state;
	removals = 1000;
	assert_int_equal(new_file_open_staged(&file, site, &err), -1);
	assert_int_equal(err.code, EX_CANTCREAT);
	assert_int_equal(count_entries("/proc/self/fd"), before);
	removals = 0;
	lock_errno = ENOLCK;
	assert_int_equal(new_file_open_staged(&file, site, &err), -1);
	assert_int_equal(err.code, EX_CANTCREAT);
	lock_errno = 0;
	close(site);
}

int main(void)
{
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, enter_directory, leave_directory)
	const struct CMUnitTest tests[] = {
		TEST(a_file_has_its_name_only_when_it_is_linked),
		TEST(a_name_that_is_taken_stays_as_it_is),
		TEST(one_that_is_never_linked_leaves_nothing),
		TEST(what_a_dead_run_left_is_removed_by_the_next),
		TEST(what_another_run_still_writes_stays),
		TEST(regress_a_publisher_removed_what_was_being_written),
		TEST(one_that_is_removed_before_its_lock_is_made_anew),
		TEST(where_each_one_is_removed_it_gives_up),
	};

	return cmocka_run_group_tests_name("new_file", tests, NULL, NULL);
}
