/* directors: who can be filtered by. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "catalogue/directors.h"
#include "catalogue_fixture.h"

static void the_real_directors_come_by_films_and_then_by_first_film(
	void **state)
{
	static const struct {
		const char *name;
		size_t films;
	} expected[] = {
		{"Hayao Miyazaki", 9},       {"Isao Takahata", 5},
		{"Gorō Miyazaki", 3},        {"Hiromasa Yonebayashi", 2},
		{"Yoshifumi Kondō", 1},      {"Hiroyuki Morita", 1},
		{"Michaël Dudok de Wit", 1},
	};
	struct catalogue *catalogue = join_real(NULL);
	struct directors directors;
	size_t i;

	(void)state;
	assert_int_equal(directors_find(catalogue, &directors, NULL), 0);
	assert_int_equal(directors.count, COUNT(expected));
	for (i = 0; i < COUNT(expected); i++) {
		assert_string_equal(directors.items[i].name, expected[i].name);
		assert_int_equal(directors.items[i].films, expected[i].films);
	}
	for (i = 0; i < 22; i++)
		assert_string_equal(directors.items[directors.of_film[i]].name,
				    film_text(catalogue, i, FILM_DIRECTOR));
	directors_free(&directors);
	catalogue_free(catalogue);
}

static void a_film_without_director_has_none(void **state)
{
	struct catalogue *catalogue =
		join_text("{'films': [{'id': 'a', 'title': 'A'},"
			  " {'id': 'b', 'title': 'B', 'director': ''},"
			  " {'id': 'c', 'title': 'C', 'director': 'D'}]}",
			  NULL);
	struct directors directors;

	(void)state;
	assert_int_equal(directors_find(catalogue, &directors, NULL), 0);
	assert_int_equal(directors.count, 1);
	assert_int_equal(directors.of_film[0], MODEL_NONE);
	assert_int_equal(directors.of_film[1], MODEL_NONE);
	assert_int_equal(directors.of_film[2], 0);
	directors_free(&directors);
	catalogue_free(catalogue);
}

static void past_the_limit_those_with_fewer_films_have_no_number(void **state)
{
	struct catalogue *catalogue = catalogue_new(NULL);
	struct buffer text = BUFFER_EMPTY;
	struct directors directors;
	size_t i;

	(void)state;
	/* The last two films share a director; all others have their own. */
	for (i = 0; i < CATALOGUE_MAX_DIRECTORS + 5; i++) {
		size_t director = i == CATALOGUE_MAX_DIRECTORS + 4 ? i - 1 : i;

		buffer_clear(&text);
		buffer_format(&text,
			      "{'films': [{'id': '%zu', 'title': 'F',"
			      " 'director': '%zu'}]}",
			      i, director);
		add_text(catalogue, text.data);
	}
	assert_int_equal(catalogue_join(catalogue, NULL, NULL), 0);
	assert_int_equal(directors_find(catalogue, &directors, NULL), 0);
	assert_int_equal(directors.count, CATALOGUE_MAX_DIRECTORS);
	assert_int_equal(directors.of_film[CATALOGUE_MAX_DIRECTORS + 3], 0);
	assert_int_equal(directors.of_film[CATALOGUE_MAX_DIRECTORS + 4], 0);
	assert_int_equal(directors.of_film[0], 1);
	assert_int_equal(directors.of_film[CATALOGUE_MAX_DIRECTORS - 2],
			 CATALOGUE_MAX_DIRECTORS - 1);
	assert_int_equal(directors.of_film[CATALOGUE_MAX_DIRECTORS - 1],
			 MODEL_NONE);
	directors_free(&directors);
	buffer_free(&text);
	catalogue_free(catalogue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			the_real_directors_come_by_films_and_then_by_first_film),
		cmocka_unit_test(a_film_without_director_has_none),
		cmocka_unit_test(
			past_the_limit_those_with_fewer_films_have_no_number),
	};

	return cmocka_run_group_tests(tests, silence_the_log, NULL);
}
