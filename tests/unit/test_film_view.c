/* film_view: a film and its people as templates see them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "page_fixture.h"

static const struct catalogue_render_options plain = {.has_posters = true};

/* Renders `text` over the page of the first film of `films`. */
static void assert_film(const char *films, const char *text,
			const char *expected)
{
	struct page_fixture fixture;

	page_open(&fixture, join_text(films, NULL), plain, "/movies/f");
	page_add_film(&fixture.page, 0);
	assert_renders(&fixture, text, expected);
	page_close(&fixture);
}

/* sha256sum of "marquee film f", with the bits of version and variant. */
#define URN_OF_F "urn:uuid:d8646b99-ba33-8b3e-b92f-49bf8a528b36"

#define FILM(fields) "{'films': [{'id': 'f', 'title': 'F'" fields "}]}"

static const struct {
	const char *film;
	const char *text;
	const char *expected;
} films[] = {
	{FILM(""), "{{#film}}{{title}}{{/film}}", "F"},
	{FILM(""), "{{#film}}{{url}}{{/film}}", "/movies/f"},
	{"{'films': [{'id': 'a/b <ä>', 'title': 'F'}]}",
	 "{{#film}}{{url}}{{/film}}", "/movies/a%2Fb%20%3C%C3%A4%3E"},
	/* The title may change: what a feed reader knows it by does not. */
	{FILM(""), "{{#film}}{{urn}}{{/film}}", URN_OF_F},
	{FILM(", 'description': 'd'"), "{{#film}}{{urn}}{{/film}}", URN_OF_F},
	{"{'films': [{'id': 'f', 'title': '語 F'}]}",
	 "{{#film}}{{initial}}{{/film}}", "語"},
	{FILM(", 'release_date': '1986-08-02'"),
	 "{{#film}}{{year}} {{release_date}}{{/film}}", "1986 1986-08-02"},
	{FILM(", 'release_date': '1986x'"), "{{#film}}{{year}}{{/film}}",
	 "1986"},
	{FILM(", 'release_date': '19860'"), "{{#film}}[{{year}}]{{/film}}",
	 "[]"},
	{FILM(", 'release_date': 'soon'"),
	 "{{#film}}{{year}}{{^year}}{{release_date}}{{/year}}{{/film}}",
	 "soon"},
	{FILM(", 'running_time': '124'"),
	 "{{#film}}{{minutes}} {{length}}{{/film}}", "124 2 h 4 min"},
	{FILM(", 'running_time': '60'"), "{{#film}}{{length}}{{/film}}",
	 "1 h 0 min"},
	{FILM(", 'running_time': '59'"), "{{#film}}{{length}}{{/film}}",
	 "59 min"},
	{FILM(", 'running_time': 'long'"),
	 "{{#film}}{{length}}{{^minutes}}!{{/minutes}}{{/film}}", "long!"},
	{FILM(""), "{{#film}}{{^length}}none{{/length}}{{/film}}", "none"},
	{FILM(", 'rt_score': '095'"), "{{#film}}{{percent}}{{/film}}", "95"},
	{FILM(", 'rt_score': '101'"),
	 "{{#film}}{{^percent}}{{score}}{{/percent}}{{/film}}", "101"},
	{FILM(", 'rt_score': '-5'"),
	 "{{#film}}{{^percent}}{{score}}{{/percent}}{{/film}}", "-5"},
	{FILM(", 'image': 'https://image.tmdb.org/i'"),
	 "{{#film}}{{poster}}{{/film}}", "https://image.tmdb.org/i"},
	{FILM(", 'director': 'D'"), "{{#film}}{{director_key}}{{/film}}", "d0"},
	{FILM(""), "{{#film}}[{{director_key}}]{{/film}}", "[]"},
	{FILM(""), "{{#film}}[{{people_count}}]{{/film}}", "[]"},
	{FILM(""), "{{#film}}[{{no_such_name}}]{{/film}}", "[]"},
	{FILM(", 'description': '<b> & \"'"),
	 "{{#film}}{{description}}{{/film}}", "&lt;b&gt; &amp; &quot;"},
};

static void a_films_members_render_as_told(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(films); i++)
		assert_film(films[i].film, films[i].text, films[i].expected);
}

static void without_posters_a_film_has_none(void **state)
{
	struct page_fixture fixture;

	(void)state;
	page_open(&fixture,
		  join_text(FILM(", 'image': 'https://image.tmdb.org/i'"),
			    NULL),
		  (struct catalogue_render_options){0}, NULL);
	page_add_film(&fixture.page, 0);
	assert_renders(&fixture, "{{#film}}{{^poster}}none{{/poster}}{{/film}}",
		       "none");
	page_close(&fixture);
}

static const char cast[] =
	"{'films': [{'id': 'f', 'title': 'F', 'director': 'D'},"
	"           {'id': 'g', 'title': 'G'}, {'id': 'h', 'title': 'H'}],"
	" 'people': [{'id': 'p', 'name': 'P', 'age': 'NA', 'gender': '',"
	"             'eye_color': 'E', 'hair_color': 'H', 'species': 's',"
	"             'films': ['h', 'f', 'g']},"
	"            {'id': 'q', 'name': 'Q', 'films': ['f']}],"
	" 'species': [{'id': 's', 'name': 'S'}]}";

static void a_person_has_name_species_and_what_is_known(void **state)
{
	(void)state;
	assert_film(cast,
		    "{{#film}}{{people_count}}{{#people}} {{name}}/{{species}}/"
		    "{{age}}/{{gender}}/{{eye_color}}/{{hair_color}}"
		    "{{/people}}{{/film}}",
		    "2 P/S///E/H Q/////");
}

static void what_no_person_has_is_looked_for_around_it(void **state)
{
	(void)state;
	assert_film(cast,
		    "{{#film}}{{#people}}[{{director}}{{nothing}}]{{/people}}"
		    "{{/film}}",
		    "[D][D]");
}

/* A person has no director; the film around it does. */
static void a_person_does_not_borrow_what_it_lacks(void **state)
{
	(void)state;
	assert_film("{'films': [{'id': 'f', 'title': 'F', 'people': ['p']}],"
		    " 'people': [{'id': 'p', 'name': 'P'}]}",
		    "{{#film}}{{#people}}[{{species}}{{age}}]{{/people}}"
		    "{{/film}}",
		    "[]");
	assert_film("{'films': [{'id': 'f', 'title': 'F', 'director': 'D',"
		    " 'people': ['p']}, {'id': 'g', 'title': 'G', 'people':"
		    " ['p']}], 'people': [{'id': 'p', 'name': 'P'}]}",
		    "{{#film}}{{#people}}{{#other_films}}[{{director}}]"
		    "{{/other_films}}{{/people}}{{/film}}",
		    "[]");
}

static void other_films_leave_out_the_pages_own(void **state)
{
	struct page_fixture fixture;
	static const char text[] =
		"{{#film}}{{#people}}{{name}}:{{#has_other_films}}"
		"{{#other_films}} {{title}}{{/other_films}}"
		"{{/has_other_films}}; {{/people}}{{/film}}";

	(void)state;
	assert_film(cast, text, "P: G H; Q:; ");
	page_open(&fixture, join_text(cast, NULL), plain, NULL);
	page_add_film(&fixture.page, 2);
	assert_renders(&fixture, text, "P: F G; ");
	page_close(&fixture);
}

static void past_the_limit_other_films_are_only_counted(void **state)
{
	struct catalogue *catalogue = catalogue_new(NULL);
	struct buffer text = BUFFER_EMPTY;
	struct page_fixture fixture;
	size_t i;

	(void)state;
	for (i = 0; i < CATALOGUE_MAX_OTHER_FILMS + 4; i++) {
		buffer_clear(&text);
		buffer_format(&text,
			      "{'films': [{'id': '%zu', 'title': '%zu',"
			      " 'people': ['p']}]}",
			      i, i);
		add_text(catalogue, text.data);
	}
	add_text(catalogue, "{'people': [{'id': 'p', 'name': 'P'}]}");
	assert_int_equal(catalogue_join(catalogue, NULL, NULL), 0);
	page_open(&fixture, catalogue, plain, NULL);
	page_add_film(&fixture.page, 1);
	assert_renders(&fixture,
		       "{{#film}}{{#people}}{{#other_films}}{{title}} "
		       "{{/other_films}}+{{more_films}}{{/people}}{{/film}}",
		       "0 2 3 4 5 6 7 8 9 10 11 12 +3");
	page_close(&fixture);
	buffer_free(&text);
}

static void neighbouring_films_have_different_tones(void **state)
{
	struct page_fixture fixture;

	(void)state;
	page_open(&fixture, join_real(NULL), plain, NULL);
	page_add_films(&fixture.page, 8);
	assert_renders(&fixture, "{{#films}}{{tone}} {{/films}}",
		       "t0 t1 t2 t3 t4 t5 t6 t0 ");
	page_close(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_films_members_render_as_told),
		cmocka_unit_test(without_posters_a_film_has_none),
		cmocka_unit_test(a_person_has_name_species_and_what_is_known),
		cmocka_unit_test(what_no_person_has_is_looked_for_around_it),
		cmocka_unit_test(a_person_does_not_borrow_what_it_lacks),
		cmocka_unit_test(other_films_leave_out_the_pages_own),
		cmocka_unit_test(past_the_limit_other_films_are_only_counted),
		cmocka_unit_test(neighbouring_films_have_different_tones),
	};

	return cmocka_run_group_tests(tests, silence_the_log, NULL);
}
