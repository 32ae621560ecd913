/* catalogue_templates: reading them, and when to render anew. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <unistd.h>

#include "catalogue_fixture.h"

static const char *const sources[] = {
	"index.mustache", "movies.mustache",    "film.mustache",
	"error.mustache", "style.css.mustache", "favicon.svg",
	"feed.mustache",  "script.js",          "part.mustache",
};

static void write_source(const char *directory, const char *name,
			 const char *text)
{
	struct buffer path = BUFFER_EMPTY;
	FILE *file;

	buffer_format(&path, "%s/%s", directory, name);
	file = fopen(path.data, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	buffer_free(&path);
}

static int make_sources(void **state)
{
	char *directory = strdup("/tmp/marquee-test-XXXXXX");
	size_t i;

	if (directory == NULL || mkdtemp(directory) == NULL)
		return -1;
	for (i = 0; i < COUNT(sources); i++)
		write_source(directory, sources[i], "x");
	*state = directory;
	return 0;
}

static int remove_sources(void **state)
{
	int status = files_remove_tree(AT_FDCWD, *state, NULL);

	free(*state);
	return status;
}

static void digest_of(const char *directory,
		      struct catalogue_render_options options,
		      const char *species, char hex[HASH_HEX_BYTES])
{
	struct catalogue_templates *templates =
		catalogue_templates_open(directory, NULL);

	assert_non_null(templates);
	options.templates = templates;
	assert_int_equal(catalogue_render_digest(&options, species, hex, NULL),
			 0);
	assert_int_equal(strlen(hex), 64);
	catalogue_templates_free(templates);
}

static void a_missing_template_is_told_by_name(void **state)
{
	const char *directory = *state;
	struct buffer path = BUFFER_EMPTY;
	size_t i;

	/* The partial may be missing: nothing names it. */
	for (i = 0; i + 1 < COUNT(sources); i++) {
		struct error err = {0};

		buffer_clear(&path);
		buffer_format(&path, "%s/%s", directory, sources[i]);
		assert_int_equal(unlink(path.data), 0);
		assert_null(catalogue_templates_open(directory, &err));
		assert_int_equal(err.code, EX_NOINPUT);
		assert_holds(err.message, sources[i]);
		write_source(directory, sources[i], "x");
	}
	buffer_free(&path);
}

static void a_broken_template_is_told_with_its_place(void **state)
{
	struct error err = {0};

	write_source(*state, "film.mustache", "a\n{{#b}}");
	assert_null(catalogue_templates_open(*state, &err));
	assert_int_equal(err.code, EX_DATAERR);
	assert_holds(err.message, "film.mustache:2:");
}

static void the_digest_changes_with_any_source(void **state)
{
	const struct catalogue_render_options options = {0};
	char before[HASH_HEX_BYTES], after[HASH_HEX_BYTES];
	size_t i;

	digest_of(*state, options, "", before);
	digest_of(*state, options, "", after);
	assert_string_equal(before, after);
	for (i = 0; i < COUNT(sources); i++) {
		write_source(*state, sources[i], "y");
		digest_of(*state, options, "", after);
		if (strcmp(before, after) == 0)
			fail_msg("%s does not count", sources[i]);
		write_source(*state, sources[i], "x");
	}
	digest_of(*state, options, "", after);
	assert_string_equal(before, after);
}

static const struct {
	struct catalogue_render_options options;
	const char *species;
} variants[] = {
	{{0}, ""},
	{{.public_url = "https://x.example"}, ""},
	{{.public_url = "posters"}, ""},
	{{.has_posters = true}, ""},
	{{.is_bundled = true}, ""},
	{{.has_example_files = true}, ""},
	{{0}, "Human"},
	{{0}, "bundled"},
};

static void the_digest_changes_with_any_option(void **state)
{
	char digests[COUNT(variants)][HASH_HEX_BYTES];
	size_t i, k;

	for (i = 0; i < COUNT(variants); i++) {
		digest_of(*state, variants[i].options, variants[i].species,
			  digests[i]);
		for (k = 0; k < i; k++)
			if (strcmp(digests[i], digests[k]) == 0)
				fail_msg("%zu is like %zu", i, k);
	}
}

static void no_filter_and_an_empty_one_are_the_same(void **state)
{
	const struct catalogue_render_options null_url = {0},
					      empty_url = {.public_url = ""};
	char a[HASH_HEX_BYTES], b[HASH_HEX_BYTES];

	digest_of(*state, null_url, NULL, a);
	digest_of(*state, empty_url, "", b);
	assert_string_equal(a, b);
}

int main(void)
{
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, make_sources, remove_sources)
	const struct CMUnitTest tests[] = {
		TEST(a_missing_template_is_told_by_name),
		TEST(a_broken_template_is_told_with_its_place),
		TEST(the_digest_changes_with_any_source),
		TEST(the_digest_changes_with_any_option),
		TEST(no_filter_and_an_empty_one_are_the_same),
	};

	return cmocka_run_group_tests(tests, silence_the_log, NULL);
}
