/* species_filter: MARQUEE_SPECIES. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "catalogue/species_filter.h"
#include "catalogue_fixture.h"

static const char zoo[] =
	"{'films': [{'id': 'f', 'title': 'F', 'people': ['a', 'b', 'c', 'd']}],"
	" 'people': [{'id': 'a', 'name': 'A', 'species': 'human'},"
	"            {'id': 'b', 'name': 'B', 'species': 'cat'},"
	"            {'id': 'c', 'name': 'C'},"
	"            {'id': 'd', 'name': 'D', 'species': 'owl'}],"
	" 'species': [{'id': 'human', 'name': 'Human'},"
	"             {'id': 'cat', 'name': 'Cat'},"
	"             {'id': 'owl', 'name': 'Great Owl'}]}";

static const struct {
	const char *filter;
	const char *cast;
	size_t hidden;
} filters[] = {
	{NULL, "A,B,C,D,", 0},   {"", "A,B,C,D,", 0},
	{" , ,", "A,B,C,D,", 0}, {"Human", "A,", 3},
	{"hUMAN", "A,", 3},      {" Human ,\tCat ", "A,B,", 2},
	{",,cat,,", "B,", 3},    {"Great Owl", "D,", 3},
	{"Owl", "", 4},          {"Hum", "", 4},
	{"Human Cat", "", 4},    {"Spirit,Cat", "B,", 3},
};

static void only_people_of_the_named_species_stay(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(filters); i++) {
		struct catalogue *catalogue = join_text(zoo, filters[i].filter);
		const struct catalogue_counts *counts =
			catalogue_counts(catalogue);

		assert_cast(catalogue, 0, filters[i].cast);
		assert_int_equal(counts->people_hidden, filters[i].hidden);
		assert_int_equal(counts->people, 4);
		assert_int_equal(counts->pairs, 4 - filters[i].hidden);
		catalogue_free(catalogue);
	}
}

/* Castle in the Sky has 13 humans and a robot without a species. */
static void the_real_humans_stay(void **state)
{
	struct catalogue *catalogue = join_real("human");

	(void)state;
	assert_int_equal(links_count(&catalogue->cast, 0), 13);
	assert_int_equal(catalogue_counts(catalogue)->people, 57);
	catalogue_free(catalogue);
}

static void an_unknown_name_is_logged(void **state)
{
	struct caught_log caught = catch_log();
	struct catalogue *catalogue = join_text(zoo, "Human,Sea Cow");
	struct buffer text = caught_text(caught);

	(void)state;
	assert_holds(text.data, "no species has this name");
	assert_holds(text.data, "name=\"Sea Cow\"");
	assert_lacks(text.data, "Human");
	buffer_free(&text);
	catalogue_free(catalogue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_people_of_the_named_species_stay),
		cmocka_unit_test(the_real_humans_stay),
		cmocka_unit_test(an_unknown_name_is_logged),
	};

	return cmocka_run_group_tests(tests, silence_the_log, NULL);
}
