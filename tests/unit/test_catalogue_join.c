/* catalogue_join: who is in which film. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "catalogue_fixture.h"

/* Counted once from the three files with a few lines of Python that share
 * nothing with this code: the set of (film, person) pairs named by either side
 * after the last slash. 34 pairs stand in the films, 59 in the people. */
static void the_real_data_give_the_union_of_both_sides(void **state)
{
	struct catalogue *catalogue = join_real(NULL);
	const struct catalogue_counts *counts = catalogue_counts(catalogue);

	(void)state;
	assert_int_equal(counts->films, 22);
	assert_int_equal(counts->people, 57);
	assert_int_equal(counts->species, 7);
	assert_int_equal(counts->pairs, 59);
	assert_int_equal(counts->films_without_people, 11);
	assert_int_equal(counts->empty_refs, 17);
	assert_int_equal(counts->dangling_refs, 0);
	assert_int_equal(counts->duplicate_refs, 0);
	assert_int_equal(counts->without_species, 1);
	assert_int_equal(counts->refused, 0);
	assert_int_equal(counts->duplicates, 0);
	assert_int_equal(counts->ignored_fields, 0);
	assert_int_equal(counts->cut_texts, 0);
	assert_int_equal(counts->refused_images, 0);
	assert_int_equal(counts->people_hidden, 0);
	catalogue_free(catalogue);
}

static void real_films_have_their_people_in_the_order_of_people(void **state)
{
	struct catalogue *catalogue = join_real(NULL);

	(void)state;
	assert_string_equal(film_text(catalogue, 3, FILM_TITLE),
			    "Kiki's Delivery Service");
	assert_cast(catalogue, 3, "Jiji,Kiki,Osono,Ursula,Tombo,Madame,");
	assert_string_equal(film_text(catalogue, 7, FILM_TITLE),
			    "Whisper of the Heart");
	/* Only the people name this film; its own list is empty. */
	assert_cast(catalogue, 7,
		    "Renaldo Moon aka Moon aka Muta,"
		    "Baron Humbert von Gikkingen,");
	assert_string_equal(film_text(catalogue, 1, FILM_TITLE),
			    "Grave of the Fireflies");
	assert_cast(catalogue, 1, "");
	catalogue_free(catalogue);
}

static const char both_sides[] =
	"{'films': [{'id': 'f', 'title': 'F', 'people': ['r', 'p']},"
	"           {'id': 'g', 'title': 'G'}],"
	" 'people': [{'id': 'p', 'name': 'P', 'films': ['g']},"
	"            {'id': 'q', 'name': 'Q', 'films': ['g', 'f']},"
	"            {'id': 'r', 'name': 'R'}]}";

static void either_side_is_enough(void **state)
{
	struct catalogue *catalogue = join_text(both_sides, NULL);

	(void)state;
	assert_cast(catalogue, 0, "P,Q,R,");
	assert_cast(catalogue, 1, "P,Q,");
	assert_int_equal(catalogue_counts(catalogue)->pairs, 5);
	catalogue_free(catalogue);
}

static void a_persons_films_are_in_the_order_of_films(void **state)
{
	struct catalogue *catalogue = join_text(both_sides, NULL);

	(void)state;
	assert_int_equal(links_count(&catalogue->roles, 0), 2);
	assert_int_equal(links_item(&catalogue->roles, 0, 0), 0);
	assert_int_equal(links_item(&catalogue->roles, 0, 1), 1);
	assert_int_equal(links_count(&catalogue->roles, 1), 2);
	assert_int_equal(links_item(&catalogue->roles, 1, 0), 0);
	assert_int_equal(links_count(&catalogue->roles, 2), 1);
	assert_int_equal(links_item(&catalogue->roles, 2, 0), 0);
	catalogue_free(catalogue);
}

/* The pairs (f, p) and (g, p) are neighbours once they are sorted. */
static void one_person_alone_in_two_films_is_in_both(void **state)
{
	struct catalogue *catalogue =
		join_text("{'films': [{'id': 'f', 'title': 'F'},"
			  " {'id': 'g', 'title': 'G'}], 'people':"
			  " [{'id': 'p', 'name': 'P', 'films': ['f', 'g']}]}",
			  NULL);

	(void)state;
	assert_cast(catalogue, 0, "P,");
	assert_cast(catalogue, 1, "P,");
	assert_int_equal(catalogue_counts(catalogue)->duplicate_refs, 0);
	catalogue_free(catalogue);
}

static void nothing_at_all_joins(void **state)
{
	struct catalogue *catalogue = join_text("{}", NULL);

	(void)state;
	assert_int_equal(catalogue_counts(catalogue)->films, 0);
	assert_int_equal(catalogue_counts(catalogue)->pairs, 0);
	catalogue_free(catalogue);
}

static void too_many_elements_refuse_the_catalogue(void **state)
{
	struct catalogue *catalogue = catalogue_new(NULL);
	struct error err = {0};

	(void)state;
	catalogue->people.received = CATALOGUE_MAX_ELEMENTS + 1;
	assert_int_equal(catalogue_join(catalogue, NULL, &err), -1);
	assert_int_equal(err.code, EX_DATAERR);
	assert_int_equal(catalogue_counts(catalogue)->films, 0);
	catalogue_free(catalogue);
}

/* With one id a step, a join that compared all with all would take minutes
 * here; nothing is timed, the test's own time limit would tell. */
static void many_films_and_people_join(void **state)
{
	struct catalogue *catalogue = catalogue_new(NULL);
	struct buffer text = BUFFER_EMPTY;
	size_t i;

	(void)state;
	for (i = 0; i < 20000; i++) {
		buffer_clear(&text);
		buffer_format(&text,
			      "{'films': [{'id': '%zu', 'title': 'F',"
			      " 'people': ['%zu', '%zu']}],"
			      " 'people': [{'id': '%zu', 'name': 'P',"
			      " 'films': ['%zu']}]}",
			      i, i, (i + 1) % 20000, i, (i + 7) % 20000);
		add_text(catalogue, text.data);
	}
	assert_int_equal(catalogue_join(catalogue, NULL, NULL), 0);
	assert_int_equal(catalogue_counts(catalogue)->pairs, 60000);
	assert_int_equal(links_item(&catalogue->cast, 10, 0), 3);
	assert_int_equal(links_item(&catalogue->cast, 10, 1), 10);
	assert_int_equal(links_item(&catalogue->cast, 10, 2), 11);
	buffer_free(&text);
	catalogue_free(catalogue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_real_data_give_the_union_of_both_sides),
		cmocka_unit_test(
			real_films_have_their_people_in_the_order_of_people),
		cmocka_unit_test(either_side_is_enough),
		cmocka_unit_test(a_persons_films_are_in_the_order_of_films),
		cmocka_unit_test(one_person_alone_in_two_films_is_in_both),
		cmocka_unit_test(nothing_at_all_joins),
		cmocka_unit_test(too_many_elements_refuse_the_catalogue),
		cmocka_unit_test(many_films_and_people_join),
	};

	return cmocka_run_group_tests(tests, silence_the_log, NULL);
}
