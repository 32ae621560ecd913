/* site: the order by year, and directors counted per page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "page_fixture.h"

static void films_by_year_keep_the_upstreams_order_within_one(void **state)
{
	static const char films[] =
		"{'films': [{'id': 'a', 'title': 'A', 'release_date': '2001'},"
		" {'id': 'b', 'title': 'B'},"
		" {'id': 'c', 'title': 'C', 'release_date': '1986'},"
		" {'id': 'd', 'title': 'D', 'release_date': 'soon'},"
		" {'id': 'e', 'title': 'E', 'release_date': '2001'},"
		" {'id': 'f', 'title': 'F', 'release_date': '1999'}]}";
	static const uint32_t expected[] = {2, 5, 0, 4, 1, 3};
	struct catalogue *catalogue = join_text(films, NULL);
	struct catalogue_render_options options = {0};
	struct site site;
	size_t i;

	(void)state;
	assert_int_equal(site_prepare(&site, catalogue, &options, NULL), 0);
	for (i = 0; i < COUNT(expected); i++)
		assert_int_equal(site.by_year[i], expected[i]);
	assert_int_equal(site.first_year, 1986);
	assert_int_equal(site.last_year, 2001);
	site_free(&site);
	catalogue_free(catalogue);
}

static void without_any_year_there_is_no_first_one(void **state)
{
	struct catalogue *catalogue =
		join_text("{'films': [{'id': 'a', 'title': 'A'}]}", NULL);
	struct catalogue_render_options options = {0};
	struct site site;

	(void)state;
	assert_int_equal(site_prepare(&site, catalogue, &options, NULL), 0);
	assert_int_equal(site.first_year, 0);
	assert_int_equal(site.last_year, 0);
	site_free(&site);
	catalogue_free(catalogue);
}

/* The first five films: Miyazaki, Takahata, Miyazaki, Miyazaki, Takahata; the
 * last one is by another Miyazaki, director 2. */
static void directors_are_counted_on_their_page_only(void **state)
{
	struct page_director filter[CATALOGUE_MAX_DIRECTORS];
	struct catalogue *catalogue = join_real(NULL);
	struct catalogue_render_options options = {0};
	const uint32_t order[] = {21, 0, 2};
	struct site site;

	(void)state;
	assert_int_equal(site_prepare(&site, catalogue, &options, NULL), 0);
	assert_int_equal(site_count_directors(&site, NULL, 1, 4, filter), 2);
	assert_int_equal(filter[0].director, 0);
	assert_int_equal(filter[0].films, 2);
	assert_int_equal(filter[1].director, 1);
	assert_int_equal(filter[1].films, 2);
	assert_int_equal(site_count_directors(&site, order, 0, 3, filter), 2);
	assert_int_equal(filter[0].films, 2);
	assert_int_equal(filter[1].director, 2);
	assert_int_equal(filter[1].films, 1);
	site_free(&site);
	catalogue_free(catalogue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			films_by_year_keep_the_upstreams_order_within_one),
		cmocka_unit_test(without_any_year_there_is_no_first_one),
		cmocka_unit_test(directors_are_counted_on_their_page_only),
	};

	return cmocka_run_group_tests(tests, silence_the_log, NULL);
}
