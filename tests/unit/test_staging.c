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

/* Stages one body in so many pieces, and what goes with it. */
static void stage_pieces(const char *directory, size_t pieces,
			 const char *aside,
			 char hash[LAYOUT_GENERATION_DIGITS + 1])
{
	struct error err = {0};
	int site = files_make_dir(AT_FDCWD, directory, &err);
	struct staging *staging = staging_start(site, &err);
	struct cache_representation piece = {
		.name = "list",
		.media_type = "text/plain",
		.body = "a piece of it, a piece of it, a piece of it\n",
		.body_bytes = 44,
		.is_file = true,
	};
	const struct cache_representation beside = {
		.name = "beside",
		.media_type = "text/plain",
		.body = aside,
		.body_bytes = strlen(aside),
		.is_aside = true,
		.effort = COMPRESS_NOT,
	};

	assert_non_null(staging);
	while (pieces-- > 0) {
		piece.has_more = pieces > 0;
		assert_int_equal(staging_add(staging, &piece, &err), 0);
	}
	assert_int_equal(staging_add(staging, &beside, &err), 0);
	if (staging_finish(staging, hash, &err) != 0)
		fail_msg("%s", err.message);
	staging_free(staging);
	close(site);
}

static off_t size_of(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 ? status.st_size : -1;
}

static void a_body_in_pieces_is_one_body_in_each_coding(void **state)
{
	char hash[65];

	(void)state;
	stage_pieces("1", 1000, "x", hash);
	assert_int_equal(size_of("1/staging/list"), 44000);
	assert_in_range(size_of("1/staging/list.gz"), 40, 2000);
	assert_in_range(size_of("1/staging/list.br"), 40, 2000);
}

static void what_goes_with_a_set_does_not_make_it_another(void **state)
{
	char first[65], other[65];

	(void)state;
	stage_pieces("1", 3, "x", first);
	stage_pieces("2", 3, "y", other);
	assert_string_equal(first, other);
	stage_pieces("3", 4, "x", other);
	assert_string_not_equal(first, other);
}

static void a_body_that_does_not_end_is_refused(void **state)
{
	const struct cache_representation piece = {.name = "list",
						   .media_type = "text/plain",
						   .body = "x",
						   .body_bytes = 1,
						   .is_file = true,
						   .has_more = true};
	struct cache_representation unfit = piece;
	struct error err = {0};
	int site = files_make_dir(AT_FDCWD, "site", &err);
	struct staging *staging = staging_start(site, &err);
	char hash[65];

	(void)state;
	unfit.is_file = false;
	assert_int_equal(staging_add(staging, &unfit, &err), -1);
	assert_int_equal(err.code, EX_SOFTWARE);
	assert_int_equal(staging_add(staging, &piece, &err), 0);
	assert_int_equal(staging_finish(staging, hash, &err), -1);
	assert_int_equal(err.code, EX_SOFTWARE);
	staging_free(staging);
	close(site);
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
		TEST(a_body_in_pieces_is_one_body_in_each_coding),
		TEST(what_goes_with_a_set_does_not_make_it_another),
		TEST(a_body_that_does_not_end_is_refused),
	};

	return cmocka_run_group_tests_name("staging", tests, NULL, NULL);
}
