/* records: taking back what came, and what is too much. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "catalogue/records.h"
#include "catalogue_fixture.h"

static void add_film(struct records *records, const char *text)
{
	struct json_object *element = json_tokener_parse(text);

	assert_int_equal(records_add(records, element, NULL), 0);
	json_object_put(element);
}

static void rewinding_forgets_rows_refs_and_refusals(void **state)
{
	struct records records = {.spec = &film_spec};

	(void)state;
	add_film(&records, "{'id': 'a', 'title': 'A', 'people': ['x', 'y']}");
	add_film(&records, "{'id': ''}");
	add_film(&records, "{'id': 'b', 'title': 'B', 'people': ['z']}");
	add_film(&records, "7");
	assert_int_equal(records.count, 2);
	assert_int_equal(records.ref_count, 3);
	assert_int_equal(records.refused_count, 2);

	records_rewind(&records, 2);
	assert_int_equal(records.received, 2);
	assert_int_equal(records.count, 1);
	assert_int_equal(records.ref_count, 2);
	assert_int_equal(records.refused_count, 1);

	add_film(&records, "{'id': 'c', 'title': 'C', 'people': ['w']}");
	assert_int_equal(records.rows[1].position, 2);
	assert_string_equal(records.rows[1].texts[RECORD_ID], "c");
	assert_string_equal(records.refs[2].target, "w");
	assert_int_equal(records.refs[2].owner, 1);
	records_free(&records);
}

static void rewinding_to_more_than_came_changes_nothing(void **state)
{
	struct records records = {.spec = &film_spec};

	(void)state;
	add_film(&records, "{'id': 'a', 'title': 'A'}");
	records_rewind(&records, 1);
	records_rewind(&records, 5);
	assert_int_equal(records.received, 1);
	assert_int_equal(records.count, 1);
	records_free(&records);
}

static void rewinding_to_nothing_gives_the_memory_back(void **state)
{
	struct records records = {.spec = &film_spec};

	(void)state;
	add_film(&records, "{'id': 'a', 'title': 'A'}");
	records_rewind(&records, 0);
	assert_null(records.arena.blocks);
	add_film(&records, "{'id': 'b', 'title': 'B'}");
	assert_int_equal(records.count, 1);
	assert_int_equal(records.rows[0].position, 0);
	records_free(&records);
}

/* A million empty objects, 3 MB of JSON, took 104 MB. */
static void regress_refused_elements_were_kept_in_memory(void **state)
{
	struct records records = {.spec = &film_spec};

	(void)state;
	add_film(&records, "{}");
	add_film(&records, "{\"id\": \"1\", \"title\": []}");
	assert_int_equal(records.refused_count, 2);
	assert_null(records.arena.blocks);
	records_free(&records);
}

static void dropped_rows_take_their_refs_along(void **state)
{
	struct records records = {.spec = &film_spec};
	const unsigned char is_dropped[] = {0, 1, 0};
	uint32_t scratch[3];

	(void)state;
	add_film(&records, "{'id': 'a', 'title': 'A', 'people': ['x']}");
	add_film(&records, "{'id': 'b', 'title': 'B', 'people': ['y', 'y']}");
	add_film(&records, "{'id': 'c', 'title': 'C', 'people': ['z']}");
	records_drop(&records, is_dropped, scratch);
	assert_int_equal(records.count, 2);
	assert_int_equal(records.ref_count, 2);
	assert_string_equal(records.rows[1].texts[RECORD_ID], "c");
	assert_int_equal(records.refs[1].owner, 1);
	assert_string_equal(records.refs[1].target, "z");
	records_free(&records);
}

static void more_elements_than_allowed_are_not_kept_and_told(void **state)
{
	struct records records = {.spec = &film_spec};
	struct error err = {0};
	size_t i;

	(void)state;
	/* One below the limit, as if so many had come. */
	records.received = CATALOGUE_MAX_ELEMENTS - 1;
	for (i = 0; i < 2; i++) {
		assert_int_equal(records_check(&records, &err), 0);
		add_film(&records, "{'id': 'a', 'title': 'A'}");
	}
	assert_int_equal(records.count, 1);
	assert_int_equal(records_check(&records, &err), -1);
	assert_int_equal(err.code, EX_DATAERR);
	assert_holds(err.message, "1000000 elements in the film collection");
	records_free(&records);
}

static void more_references_than_allowed_are_told(void **state)
{
	struct records records = {.spec = &film_spec};
	struct error err = {0};

	(void)state;
	records.ref_count = CATALOGUE_MAX_REFERENCES;
	assert_int_equal(records_check(&records, &err), 0);
	records.ref_count++;
	assert_int_equal(records_check(&records, &err), -1);
	assert_int_equal(err.code, EX_DATAERR);
	assert_holds(err.message, "references");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rewinding_forgets_rows_refs_and_refusals),
		cmocka_unit_test(rewinding_to_more_than_came_changes_nothing),
		cmocka_unit_test(rewinding_to_nothing_gives_the_memory_back),
		cmocka_unit_test(regress_refused_elements_were_kept_in_memory),
		cmocka_unit_test(dropped_rows_take_their_refs_along),
		cmocka_unit_test(
			more_elements_than_allowed_are_not_kept_and_told),
		cmocka_unit_test(more_references_than_allowed_are_told),
	};

	return cmocka_run_group_tests(tests, silence_the_log, NULL);
}
