#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cache_fixture.h"

#include <sys/resource.h>
#include <time.h>

#include "cache/generations.h"

/* Says that a generation was made live at `second`. */
static void set_time(const char *path, time_t second)
{
	struct timespec times[2] = {{.tv_sec = second}, {.tv_sec = second}};

	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

/* A generation whose name is one digit over and over, live at `second`. */
static void make(char digit, time_t second)
{
	char path[128];

	mkdir("generations", 0755); /* there already the second time */
	snprintf(path, sizeof(path), "generations/%064d", 0);
	memset(strchr(path, '/') + 1, digit, 64);
	assert_int_equal(mkdir(path, 0755), 0);
	strncat(path, "/pack", sizeof(path) - strlen(path) - 1);
	assert_int_equal(close(creat(path, 0644)), 0);
	*strrchr(path, '/') = '\0';
	set_time(path, second);
}

static const char *name_of(char digit)
{
	static char names[4][65];
	static int next;
	char *name = names[next++ % 4];

	memset(name, digit, 64);
	return name;
}

static void nothing_is_current_at_first(void **state)
{
	char name[65] = "x";
	struct error err = {0};

	(void)state;
	assert_int_equal(generations_current(AT_FDCWD, name, &err), 0);
	assert_string_equal(name, "");
}

static void links_to_strange_places_are_not_current(void **state)
{
	static const char *const targets[] = {
		"/etc",
		"generations",
		"generations/..",
		"generations/short",
		"generations/../../../../../../../../../../../../../../etc/"
		"0123456789abcdef",
		"elsewhere/"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aa",
		"generations/"
		"gggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggg"
		"gg",
	};
	char name[65];
	struct error err = {0};
	size_t i;

	(void)state;
	make('a', 1);
	for (i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		unlink("current");
		assert_int_equal(symlink(targets[i], "current"), 0);
		assert_int_equal(generations_current(AT_FDCWD, name, &err), 0);
		assert_string_equal(name, "");
	}
}

static void activate_makes_a_generation_current(void **state)
{
	char name[65];
	struct error err = {0};
	int site = open(".", O_RDONLY | O_DIRECTORY);

	(void)state;
	make('a', 1);
	/* As one leaves it that was killed between the two. */
	assert_int_equal(symlink("anywhere", "current.new"), 0);
	assert_int_equal(generations_activate(site, name_of('a'), &err), 0);
	assert_int_equal(generations_current(site, name, &err), 0);
	assert_string_equal(name, name_of('a'));
	close(site);
}

static void activating_what_is_not_there_changes_nothing(void **state)
{
	char name[65];
	struct error err = {0};
	int site = open(".", O_RDONLY | O_DIRECTORY);

	(void)state;
	make('a', 1);
	generations_activate(site, name_of('a'), &err);
	assert_int_equal(generations_activate(site, name_of('b'), &err), -1);
	assert_int_equal(generations_current(site, name, &err), 0);
	assert_string_equal(name, name_of('a'));
	close(site);
}

static void previous_is_what_was_live_before(void **state)
{
	char name[65];
	struct error err = {0};

	(void)state;
	make('a', 30);
	make('b', 10);
	make('c', 20);
	assert_int_equal(
		generations_previous(AT_FDCWD, name_of('a'), name, &err), 0);
	assert_string_equal(name, name_of('c'));
	assert_int_equal(
		generations_previous(AT_FDCWD, name_of('b'), name, &err), -1);
	assert_int_equal(generations_withdraw(AT_FDCWD, name_of('c'), &err), 0);
	assert_int_equal(
		generations_previous(AT_FDCWD, name_of('a'), name, &err), 0);
	assert_string_equal(name, name_of('b'));
}

static void a_file_with_a_generation_s_name_is_none(void **state)
{
	char path[128], name[65];
	struct error err = {0};

	(void)state;
	make('a', 10);
	snprintf(path, sizeof(path), "generations/%s", name_of('b'));
	assert_int_equal(close(creat(path, 0644)), 0);
	assert_int_equal(symlink(path, "current"), 0);
	assert_int_equal(generations_current(AT_FDCWD, name, &err), 0);
	assert_string_equal(name, "");
	assert_int_equal(
		generations_previous(AT_FDCWD, name_of('a'), name, &err), -1);
	assert_int_equal(err.code, EX_DATAERR);
}

static void what_has_no_generation_s_name_is_not_withdrawn(void **state)
{
	struct error err = {0};
	struct stat status;

	(void)state;
	mkdir("generations", 0755);
	assert_int_equal(mkdir("generations/odd", 0755), 0);
	assert_int_equal(close(creat("generations/odd/pack", 0644)), 0);
	assert_int_equal(generations_withdraw(AT_FDCWD, "odd", &err), 0);
	assert_int_equal(stat("generations/odd/pack", &status), 0);
	assert_int_not_equal(status.st_mtime, 0);
}

static void prune_keeps_the_live_one_and_the_newest_others(void **state)
{
	struct error err = {0};

	(void)state;
	make('a', 1);
	make('b', 2);
	make('c', 3);
	make('d', 4);
	make('e', 5);
	assert_int_equal(generations_prune(AT_FDCWD, name_of('a'), &err), 0);
	assert_int_equal(count_entries("generations"), 3);
	assert_int_equal(chdir("generations"), 0);
	assert_int_equal(access(name_of('a'), F_OK), 0);
	assert_int_equal(access(name_of('d'), F_OK), 0);
	assert_int_equal(access(name_of('e'), F_OK), 0);
}

static void prune_leaves_alone_what_is_no_generation(void **state)
{
	struct error err = {0};

	(void)state;
	make('a', 1);
	assert_int_equal(mkdir("generations/somebody's", 0755), 0);
	assert_int_equal(generations_prune(AT_FDCWD, name_of('a'), &err), 0);
	assert_int_equal(access("generations/somebody's", F_OK), 0);
}

/* Directories inside each other, more than there are descriptors: the removal
 * stops half-way, as a killed one does. */
static void regress_half_pruned_generation_keeps_no_name(void **state)
{
	struct rlimit limit, few;
	struct error err = {0};
	int site = open(".", O_RDONLY | O_DIRECTORY), dir, next, i;

	(void)state;
	for (i = 0; i < 4; i++)
		make((char)('a' + i), i + 1);
	dir = openat(site, "generations", O_RDONLY | O_DIRECTORY);
	next = openat(dir, name_of('a'), O_RDONLY | O_DIRECTORY);
	for (i = 0; i < 20; i++) {
		close(dir);
		dir = next;
		assert_int_equal(mkdirat(dir, "deeper", 0755), 0);
		next = openat(dir, "deeper", O_RDONLY | O_DIRECTORY);
	}
	close(dir);
	close(next);
	dir = openat(site, "generations", O_RDONLY | O_DIRECTORY);
	assert_int_equal(fchdir(dir), 0);
	set_time(name_of('a'), 1);
	assert_int_equal(fchdir(site), 0);
	close(dir);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	few = limit;
	few.rlim_cur = (rlim_t)site + 10;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	assert_int_equal(generations_prune(site, name_of('d'), &err), -1);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(chdir("generations"), 0);
	assert_int_equal(access(name_of('a'), F_OK), -1);
	assert_int_equal(access(name_of('b'), F_OK), 0);
	close(site);
}

int main(void)
{
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, enter_directory, leave_directory)
	const struct CMUnitTest tests[] = {
		TEST(nothing_is_current_at_first),
		TEST(links_to_strange_places_are_not_current),
		TEST(activate_makes_a_generation_current),
		TEST(activating_what_is_not_there_changes_nothing),
		TEST(previous_is_what_was_live_before),
		TEST(a_file_with_a_generation_s_name_is_none),
		TEST(what_has_no_generation_s_name_is_not_withdrawn),
		TEST(prune_keeps_the_live_one_and_the_newest_others),
		TEST(prune_leaves_alone_what_is_no_generation),
		TEST(regress_half_pruned_generation_keeps_no_name),
	};

	return cmocka_run_group_tests_name("generations", tests, NULL, NULL);
}
