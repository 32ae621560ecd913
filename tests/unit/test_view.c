/* view: what all the views share. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "page_fixture.h"

static const struct {
	const char *date; /* as JSON */
	unsigned year;
} dates[] = {
	{"'1986'", 1986},  {"1986", 1986}, {"'1986-08-02'", 1986},
	{"'0042'", 42},    {"'198'", 0},   {"'19860'", 0},
	{"'c. 1986'", 0},  {"''", 0},      {"null", 0},
	{"'1986 '", 1986}, {"'-1986'", 0},
};

static void a_year_is_four_digits_at_the_beginning(void **state)
{
	struct buffer text = BUFFER_EMPTY;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(dates); i++) {
		struct catalogue *catalogue;

		buffer_clear(&text);
		buffer_format(&text,
			      "{'films': [{'id': 'f', 'title': 'F',"
			      " 'release_date': %s}]}",
			      dates[i].date);
		catalogue = join_text(text.data, NULL);
		if (view_year(catalogue, 0) != dates[i].year)
			fail_msg("%s is %u", dates[i].date,
				 view_year(catalogue, 0));
		catalogue_free(catalogue);
	}
	buffer_free(&text);
}

static const struct {
	const char *text;
	enum template_kind kind;
} texts[] = {
	{"x", TEMPLATE_TEXT}, {" ", TEMPLATE_TEXT},   {"NAN", TEMPLATE_TEXT},
	{"", TEMPLATE_FALSE}, {"NA", TEMPLATE_FALSE}, {NULL, TEMPLATE_FALSE},
};

static void an_empty_or_unavailable_text_is_false(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(texts); i++) {
		struct template_value value = {0};

		view_text(&value, texts[i].text);
		assert_int_equal(value.kind, texts[i].kind);
	}
}

static void a_member_is_found_by_its_whole_name(void **state)
{
	static const struct view_member table[] = {{"title", NULL, 1},
						   {"tone", NULL, 2}};

	(void)state;
	assert_int_equal(view_find(table, 2, "tone", 4)->field, 2);
	assert_int_equal(view_find(table, 2, "title.x", 5)->field, 1);
	assert_null(view_find(table, 2, "titl", 4));
	assert_null(view_find(table, 2, "titles", 6));
	assert_null(view_find(table, 2, "", 0));
}

static const struct {
	bool is_by_year;
	size_t number;
	const char *path;
} paths[] = {
	{false, 1, "/movies"},
	{true, 1, "/movies?order=year"},
	{false, 2, "/movies/page/2"},
	{true, 10, "/movies/page/10?order=year"},
};

static void the_first_page_of_a_list_is_the_list(void **state)
{
	struct scratch scratch = {0};
	struct page page = {.scratch = &scratch};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(paths); i++) {
		struct template_value value = {0};

		view_list_path(&page, &value, paths[i].is_by_year,
			       paths[i].number);
		assert_string_equal(value.text, paths[i].path);
		assert_int_equal(value.length, strlen(paths[i].path));
	}
	arena_clear(&scratch.arena);
}

static void a_formatted_text_may_be_of_any_length(void **state)
{
	static const int widths[] = {1, 63, 64, 300};
	struct scratch scratch = {0};
	struct page page = {.scratch = &scratch};
	struct template_value value;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(widths); i++) {
		view_format(&page, &value, "%0*d", widths[i], 7);
		assert_int_equal(value.kind, TEMPLATE_TEXT);
		assert_int_equal(value.length, widths[i]);
		assert_int_equal(strlen(value.text), widths[i]);
		assert_int_equal(value.text[widths[i] - 1], '7');
	}
	assert_false(scratch.has_failed);
	arena_clear(&scratch.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_year_is_four_digits_at_the_beginning),
		cmocka_unit_test(an_empty_or_unavailable_text_is_false),
		cmocka_unit_test(a_member_is_found_by_its_whole_name),
		cmocka_unit_test(the_first_page_of_a_list_is_the_list),
		cmocka_unit_test(a_formatted_text_may_be_of_any_length),
	};

	return cmocka_run_group_tests(tests, silence_the_log, NULL);
}
