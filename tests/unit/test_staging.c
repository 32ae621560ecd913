#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cache_fixture.h"

#include "cache/staging.h"

static void stage(const char *directory, const char *const *names,
		  const char *body, bool is_file,
		  char hash[LAYOUT_GENERATION_DIGITS + 1])
{
	struct error err = {0};
	int site = files_make_dir(AT_FDCWD, directory, &err);
	struct staging *staging = staging_start(site, &err);
	struct cache_representation representation = {
		.media_type = "text/plain",
		.body = body,
		.body_bytes = strlen(body),
		.is_file = is_file,
	};

	assert_non_null(staging);
	for (; *names != NULL; names++) {
		representation.name = *names;
		assert_int_equal(staging_add(staging, &representation, &err),
				 0);
	}
	if (staging_finish(staging, hash, &err) != 0)
		fail_msg("%s", err.message);
	staging_free(staging);
	close(site);
}

static void the_hash_changes_with_anything_a_reader_would_see(void **state)
{
	static const char *const ab[] = {"a", "b", NULL};
	static const char *const a_only[] = {"a", NULL};
	static const char *const joined[] = {"ab", NULL};
	char first[65], other[65];

	(void)state;
	stage("1", ab, "body", false, first);
	stage("2", ab, "body", false, other);
	assert_string_equal(first, other);
	stage("3", ab, "bodY", false, other);
	assert_string_not_equal(first, other);
	stage("4", a_only, "body", false, other);
	assert_string_not_equal(first, other);
	stage("5", joined, "body", false, other);
	assert_string_not_equal(first, other);
	stage("6", ab, "body", true, other);
	assert_string_not_equal(first, other);
}

static void files_stand_beside_the_pack_in_each_coding(void **state)
{
	static const char *const names[] = {"list.html", NULL};
	char hash[65];
	char body[2001];

	(void)state;
	memset(body, 'x', 2000);
	body[2000] = '\0';
	stage("1", names, body, true, hash);
	assert_int_equal(access("1/staging/list.html", R_OK), 0);
	assert_int_equal(access("1/staging/list.html.gz", R_OK), 0);
	assert_int_equal(access("1/staging/list.html.br", R_OK), 0);
	assert_int_equal(count_entries("1/staging"), 4);
}

static void the_number_of_files_does_not_grow_with_the_set(void **state)
{
	char hash[65];
	const char *names[1001];
	static char texts[1000][16];
	int i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		snprintf(texts[i], sizeof(texts[i]), "n%d", i);
		names[i] = texts[i];
	}
	names[1000] = NULL;
	stage("1", names, "body", false, hash);
	assert_int_equal(count_entries("1/staging"), 1);
}

static void a_staging_directory_that_exists_is_not_reused(void **state)
{
	struct error err = {0};
	int site = files_make_dir(AT_FDCWD, "1", &err);
	struct staging *first = staging_start(site, &err);

	(void)state;
	assert_non_null(first);
	assert_null(staging_start(site, &err));
	assert_int_equal(err.code, EX_CANTCREAT);
	staging_free(first);
	close(site);
}

int main(void)
{
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, enter_directory, leave_directory)
	const struct CMUnitTest tests[] = {
		TEST(the_hash_changes_with_anything_a_reader_would_see),
		TEST(files_stand_beside_the_pack_in_each_coding),
		TEST(the_number_of_files_does_not_grow_with_the_set),
		TEST(a_staging_directory_that_exists_is_not_reused),
	};

	return cmocka_run_group_tests_name("staging", tests, NULL, NULL);
}
