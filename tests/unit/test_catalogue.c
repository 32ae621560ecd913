/* catalogue: hostile elements, taking back, the shrink check, files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>

#include "catalogue_fixture.h"

#define CASES "tests/data/catalogue"

static const struct {
	const char *name;
	size_t offset;
} count_names[] = {
#define NAME(field)                                                            \
	{                                                                      \
#field, offsetof(struct catalogue_counts, field)               \
	}
	NAME(films),          NAME(people),        NAME(species),
	NAME(pairs),          NAME(refused),       NAME(duplicates),
	NAME(ignored_fields), NAME(cut_texts),     NAME(refused_images),
	NAME(empty_refs),     NAME(dangling_refs), NAME(duplicate_refs),
	NAME(without_species)
#undef NAME
};

static size_t count_named(const struct catalogue *catalogue, const char *name)
{
	const char *counts = (const char *)catalogue_counts(catalogue);
	size_t i, count;

	for (i = 0; i < COUNT(count_names); i++) {
		if (strcmp(count_names[i].name, name) != 0)
			continue;
		memcpy(&count, counts + count_names[i].offset, sizeof(count));
		return count;
	}
	fail_msg("no count is called %s", name);
	return 0;
}

static struct json_object *read_case(const char *name)
{
	struct buffer path = BUFFER_EMPTY, text = BUFFER_EMPTY;
	struct json_object *json;

	buffer_format(&path, CASES "/%s", name);
	assert_int_equal(files_read(AT_FDCWD, path.data, 1 << 20, &text, NULL),
			 0);
	json = json_tokener_parse(text.data);
	if (json == NULL)
		fail_msg("%s is no JSON", name);
	buffer_free(&path);
	buffer_free(&text);
	return json;
}

static void check_case(const char *name)
{
	struct json_object *json = read_case(name), *expect, *renders;
	struct catalogue *catalogue = catalogue_new(NULL);
	struct json_object_iterator at, end;

	add_object(catalogue, json);
	assert_int_equal(catalogue_join(catalogue, NULL, NULL), 0);
	assert_true(json_object_object_get_ex(json, "expect", &expect));
	end = json_object_iter_end(expect);
	for (at = json_object_iter_begin(expect);
	     !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
		const char *key = json_object_iter_peek_name(&at);
		size_t wanted = (size_t)json_object_get_int64(
			json_object_iter_peek_value(&at));

		if (count_named(catalogue, key) != wanted)
			fail_msg("%s: %s is %zu, not %zu", name, key,
				 count_named(catalogue, key), wanted);
	}
	if (json_object_object_get_ex(json, "renders", &renders))
		assert_films_json(catalogue, json_object_get_string(renders));
	catalogue_free(catalogue);
	json_object_put(json);
}

static void every_hostile_element_counts_and_renders_as_told(void **state)
{
	DIR *directory = opendir(CASES);
	struct dirent *entry;
	size_t count = 0;

	(void)state;
	assert_non_null(directory);
	while ((entry = readdir(directory)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		check_case(entry->d_name);
		count++;
	}
	closedir(directory);
	assert_true(count >= 70);
}

static void a_page_fetched_again_leaves_no_trace(void **state)
{
	static const char first[] =
		"{'films': [{'id': 'a', 'title': 'A', 'people': ['p']}, 7],"
		" 'people': [{'id': 'p', 'name': 'P'}],"
		" 'species': [{'id': 's', 'name': 'S'}]}";
	static const char torn[] =
		"{'films': [{'id': 'x', 'title': 'X', 'people': ['q']}, 8],"
		" 'people': [{'id': 'q', 'name': 'Q', 'films': ['a']}, {}],"
		" 'species': [{'id': 't', 'name': 'T'}, []]}";
	struct catalogue *catalogue = catalogue_new(NULL);
	const struct catalogue_counts *counts = catalogue_counts(catalogue);

	(void)state;
	add_text(catalogue, first);
	add_text(catalogue, torn);
	catalogue_rewind_films(catalogue, 2);
	catalogue_rewind_people(catalogue, 1);
	catalogue_rewind_species(catalogue, 1);
	assert_int_equal(catalogue_join(catalogue, NULL, NULL), 0);
	assert_int_equal(counts->films, 1);
	assert_int_equal(counts->people, 1);
	assert_int_equal(counts->species, 1);
	assert_int_equal(counts->refused, 1);
	assert_int_equal(counts->dangling_refs, 0);
	assert_cast(catalogue, 0, "P,");
	catalogue_free(catalogue);
}

static void of_many_refusals_five_and_the_total_are_logged(void **state)
{
	struct caught_log caught = catch_log();
	struct catalogue *catalogue =
		join_text("{'films': [1, 2, 3, 4, 5, 6, 7, 8, {'id': 'x\\ny'}],"
			  " 'people': [{'id': 'p\"q'}]}",
			  NULL);
	struct buffer text = caught_text(caught);

	(void)state;
	assert_int_equal(occurrences(text.data, "refused an element"), 6);
	assert_int_equal(occurrences(text.data, "collection=person"), 1);
	assert_holds(text.data, "field=name reason=\"is missing\"");
	assert_int_equal(occurrences(text.data, "refused elements"), 1);
	assert_holds(text.data, "count=9");
	buffer_free(&text);
	catalogue_free(catalogue);
}

static void a_refusal_seen_again_after_a_rewind_counts_once(void **state)
{
	struct catalogue *catalogue = catalogue_new(NULL);

	(void)state;
	add_text(catalogue, "{'films': [1, 2, 3]}");
	catalogue_rewind_films(catalogue, 0);
	add_text(catalogue, "{'films': [1, 2, 3]}");
	assert_int_equal(catalogue_join(catalogue, NULL, NULL), 0);
	assert_int_equal(catalogue_counts(catalogue)->refused, 3);
	catalogue_free(catalogue);
}

static const struct {
	struct catalogue_counts found;
	struct catalogue_published published;
	const char *expected; /* in the message; NULL: accepted */
} shrinks[] = {
	{{.films = 22, .people = 57, .species = 7}, {22, 57, 7}, NULL},
	{{.films = 22, .people = 57, .species = 7}, {0, 0, 0}, NULL},
	{{.films = 1}, {0, 0, 0}, NULL},
	{{.films = 0}, {0, 0, 0}, "0 films, 0 are"},
	{{.films = 0, .people = 57, .species = 7}, {22, 57, 7}, "0 films, 22"},
	{{.films = 11, .people = 57, .species = 7}, {22, 57, 7}, NULL},
	{{.films = 10, .people = 57, .species = 7},
	 {22, 57, 7},
	 "10 films, fewer than half of the 22"},
	{{.films = 22, .people = 29, .species = 7}, {22, 57, 7}, NULL},
	{{.films = 22, .people = 28, .species = 7},
	 {22, 57, 7},
	 "28 people, fewer than half of the 57"},
	{{.films = 22, .people = 0, .species = 7}, {22, 57, 7}, "0 people"},
	{{.films = 22, .people = 57, .species = 4}, {22, 57, 7}, NULL},
	{{.films = 22, .people = 57, .species = 3}, {22, 57, 7}, "3 species"},
	{{.films = 22, .people = 57, .species = 0}, {22, 57, 1}, "0 species"},
};

static void less_than_half_of_anything_is_refused_with_both_numbers(
	void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(shrinks); i++) {
		struct error err = {0};
		int status = catalogue_check_shrink(
			&shrinks[i].found, &shrinks[i].published, &err);

		if (shrinks[i].expected == NULL) {
			if (status != 0)
				fail_msg("case %zu: %s", i, err.message);
			continue;
		}
		assert_int_equal(status, -1);
		assert_int_equal(err.code, EX_DATAERR);
		assert_holds(err.message, shrinks[i].expected);
	}
}

static void put_file(const char *directory, const char *name, const char *text)
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

static int read_status(const char *directory, struct error *err)
{
	struct catalogue *catalogue = catalogue_new(NULL);
	int status = catalogue_read_directory(catalogue, directory, err);

	catalogue_free(catalogue);
	return status;
}

static void a_directory_with_a_bad_file_is_an_error_that_names_it(void **state)
{
	char directory[] = "/tmp/marquee-test-XXXXXX";
	struct error err = {0};

	(void)state;
	assert_non_null(mkdtemp(directory));
	assert_int_equal(read_status(directory, &err), -1);
	assert_int_equal(err.code, EX_NOINPUT);
	assert_holds(err.message, "films.json");

	put_file(directory, "films.json", "[]");
	put_file(directory, "people.json", "{}");
	put_file(directory, "species.json", "[]");
	assert_int_equal(read_status(directory, &err), -1);
	assert_int_equal(err.code, EX_DATAERR);
	assert_holds(err.message, "people.json holds no JSON array");

	put_file(directory, "people.json", "[] trailing");
	assert_int_equal(read_status(directory, &err), -1);
	assert_int_equal(err.code, EX_DATAERR);

	put_file(directory, "people.json", "[]");
	assert_int_equal(read_status(directory, &err), 0);
	assert_int_equal(files_remove_tree(AT_FDCWD, directory, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			every_hostile_element_counts_and_renders_as_told),
		cmocka_unit_test(a_page_fetched_again_leaves_no_trace),
		cmocka_unit_test(
			of_many_refusals_five_and_the_total_are_logged),
		cmocka_unit_test(
			a_refusal_seen_again_after_a_rewind_counts_once),
		cmocka_unit_test(
			less_than_half_of_anything_is_refused_with_both_numbers),
		cmocka_unit_test(
			a_directory_with_a_bad_file_is_an_error_that_names_it),
	};

	return cmocka_run_group_tests(tests, silence_the_log, NULL);
}
