/* page_view: what the pages hold besides films. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "page_fixture.h"

static void every_page_knows_style_totals_and_years(void **state)
{
	struct page_fixture fixture;

	(void)state;
	page_open(&fixture, join_real(NULL),
		  (struct catalogue_render_options){0}, "/");
	assert_renders(&fixture, "{{{style_url}}} {{{script_url}}}",
		       "/style.css?v=01234567 /script.js?v=01234567");
	assert_renders(&fixture, "{{site_url}}{{^site_url}}none{{/site_url}}",
		       "none");
	assert_renders(&fixture,
		       "{{film_total}}, {{people_total}}, "
		       "{{first_year}}-{{last_year}}",
		       "22 films, 57 people, 1986-2021");
	assert_renders(&fixture, "{{#is_bundled}}!{{/is_bundled}}", "");
	assert_renders(&fixture, "{{#example}}{{title}}{{/example}}",
		       "Castle in the Sky");
	assert_renders(&fixture, "{{#director_keys}}{{.}} {{/director_keys}}",
		       "d0 d1 d2 d3 d4 d5 d6 ");
	page_close(&fixture);
}

static void one_film_of_one_year_reads_well(void **state)
{
	struct page_fixture fixture;

	(void)state;
	page_open(&fixture,
		  join_text("{'films': [{'id': 'f', 'title': 'F',"
			    " 'release_date': 1999}],"
			    " 'people': [{'id': 'p', 'name': 'P'}]}",
			    NULL),
		  (struct catalogue_render_options){.is_bundled = true}, "/");
	assert_renders(&fixture,
		       "{{film_total}} {{people_total}} {{first_year}}"
		       "{{^last_year}}!{{/last_year}}"
		       "{{#is_bundled}}!{{/is_bundled}}",
		       "1 film 1 person 1999!!");
	page_close(&fixture);
}

static void the_newest_come_first_and_those_without_a_year_last(void **state)
{
	static const char films[] =
		"{'films': [{'id': 'a', 'title': 'A', 'release_date': 1999},"
		" {'id': 'b', 'title': 'B'},"
		" {'id': 'c', 'title': 'C', 'release_date': 2021},"
		" {'id': 'd', 'title': 'D', 'release_date': 'soon'},"
		" {'id': 'e', 'title': 'E', 'release_date': 1986}]}";
	static const char list[] = "{{#films}}{{title}}{{/films}}";
	static const char *const expected[] = {"",     "C",     "CA",   "CAE",
					       "CAEB", "CAEBD", "CAEBD"};
	size_t most;

	(void)state;
	for (most = 0; most < COUNT(expected); most++) {
		struct page_fixture fixture;

		page_open(&fixture, join_text(films, NULL),
			  (struct catalogue_render_options){0}, "/");
		page_add_newest(&fixture.page, most);
		assert_renders(&fixture, list, expected[most]);
		page_close(&fixture);
	}
}

static const struct {
	const char *public_url;
	const char *path;
	const char *expected;
} canonicals[] = {
	{"https://x.example", "/movies", "https://x.example/movies"},
	{"https://x.example/", "/", "https://x.example/"},
	{"https://x.example/a//", "/movies/f", "https://x.example/a/movies/f"},
	{"", "/movies", ""},
	{NULL, "/movies", ""},
	{"https://x.example", NULL, ""},
};

static void a_canonical_link_needs_a_public_url_and_a_path(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(canonicals); i++) {
		struct page_fixture fixture;

		page_open(&fixture, join_text("{}", NULL),
			  (struct catalogue_render_options){
				  .public_url = canonicals[i].public_url},
			  canonicals[i].path);
		assert_renders(&fixture, "{{{canonical}}}",
			       canonicals[i].expected);
		page_close(&fixture);
	}
}

static const char pages_text[] =
	"{{#has_pages}}{{page_number}}/{{page_total}} {{start}} "
	"{{{previous_page}}} {{{next_page}}}{{/has_pages}}";

static const struct {
	size_t number;
	size_t pages;
	const char *expected;
} pages[] = {
	{1, 1, ""},
	{1, 3, "1/3 1  /movies/page/2"},
	{2, 3, "2/3 3 /movies /movies/page/3"},
	{3, 3, "3/3 5 /movies/page/2 "},
};

static void pages_of_a_list_know_their_neighbours(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(pages); i++) {
		struct page_fixture fixture;
		struct page_list list = {
			.first = (pages[i].number - 1) * 2,
			.count = 2,
			.number = pages[i].number,
			.pages = pages[i].pages,
		};

		page_open(&fixture, join_real(NULL),
			  (struct catalogue_render_options){0}, "/movies");
		page_add_list(&fixture.page, &list);
		assert_renders(&fixture, pages_text, pages[i].expected);
		page_close(&fixture);
	}
}

static void a_list_by_year_follows_its_order(void **state)
{
	struct page_fixture fixture;
	const uint32_t order[] = {21, 20, 0};
	struct page_list list = {.order = order,
				 .first = 1,
				 .count = 2,
				 .number = 1,
				 .pages = 2};

	(void)state;
	page_open(&fixture, join_real(NULL),
		  (struct catalogue_render_options){0}, NULL);
	page_add_list(&fixture.page, &list);
	assert_renders(&fixture,
		       "{{#is_by_year}}{{shown}}:{{/is_by_year}}"
		       "{{#films}} {{title}}{{/films}} {{{next_page}}}",
		       "2: The Red Turtle Castle in the Sky "
		       "/movies/page/2?order=year");
	page_close(&fixture);
}

static void a_filter_offers_the_directors_of_the_page(void **state)
{
	struct page_fixture fixture;
	const struct page_director filter[] = {{1, 5}, {4, 1}};
	struct page_list list = {.count = 2,
				 .number = 1,
				 .pages = 1,
				 .filter = filter,
				 .filter_count = 2};

	(void)state;
	page_open(&fixture, join_real(NULL),
		  (struct catalogue_render_options){0}, NULL);
	page_add_list(&fixture.page, &list);
	assert_renders(&fixture,
		       "{{#has_filter}}{{#filter}}{{key}} {{name}} "
		       "{{films_here}};{{/filter}}{{/has_filter}}",
		       "d1 Isao Takahata 5;d4 Yoshifumi Kondō 1;");
	assert_renders(&fixture, "{{#filter}}[{{no_such_name}}]{{/filter}}",
		       "[][]");
	page_close(&fixture);
}

static void one_director_is_no_filter(void **state)
{
	struct page_fixture fixture;
	const struct page_director filter[] = {{0, 5}};
	struct page_list list = {.count = 1,
				 .number = 1,
				 .pages = 1,
				 .filter = filter,
				 .filter_count = 1};

	(void)state;
	page_open(&fixture, join_real(NULL),
		  (struct catalogue_render_options){0}, NULL);
	page_add_list(&fixture.page, &list);
	assert_renders(&fixture,
		       "{{^has_filter}}none{{/has_filter}}{{#filter}}!"
		       "{{/filter}}",
		       "none");
	page_close(&fixture);
}

static const struct {
	uint32_t film;
	const char *expected;
} neighbours[] = {
	{0, "[Castle in the Sky >Grave of the Fireflies]"},
	{1, "[<Castle in the Sky Grave of the Fireflies >My Neighbor Totoro]"},
	{21, "[<The Red Turtle Earwig and the Witch]"},
};

static void a_films_page_knows_the_films_beside_it(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(neighbours); i++) {
		struct page_fixture fixture;

		page_open(&fixture, join_real(NULL),
			  (struct catalogue_render_options){0}, NULL);
		page_add_film(&fixture.page, neighbours[i].film);
		assert_renders(&fixture,
			       "[{{#previous_film}}<{{title}} "
			       "{{/previous_film}}{{#film}}{{title}}{{/film}}"
			       "{{#next_film}} >{{title}}{{/next_film}}]",
			       neighbours[i].expected);
		page_close(&fixture);
	}
}

static void an_error_page_has_status_title_and_text(void **state)
{
	struct page_fixture fixture;

	(void)state;
	page_open(&fixture, join_text("{}", NULL),
		  (struct catalogue_render_options){0}, NULL);
	page_add_error(&fixture.page, 404, "Title", "Text");
	assert_renders(&fixture, "{{status}} {{error_title}} {{error_text}}",
		       "404 Title Text");
	page_close(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_page_knows_style_totals_and_years),
		cmocka_unit_test(
			the_newest_come_first_and_those_without_a_year_last),
		cmocka_unit_test(one_film_of_one_year_reads_well),
		cmocka_unit_test(
			a_canonical_link_needs_a_public_url_and_a_path),
		cmocka_unit_test(pages_of_a_list_know_their_neighbours),
		cmocka_unit_test(a_list_by_year_follows_its_order),
		cmocka_unit_test(a_filter_offers_the_directors_of_the_page),
		cmocka_unit_test(one_director_is_no_filter),
		cmocka_unit_test(a_films_page_knows_the_films_beside_it),
		cmocka_unit_test(an_error_page_has_status_title_and_text),
	};

	return cmocka_run_group_tests(tests, silence_the_log, NULL);
}
