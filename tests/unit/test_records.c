/* records: taking back what came, and what is too much. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "catalogue/shelf.h"
#include "catalogue_fixture.h"

static void add_film(struct records *records, const char *text)
{
	struct json_object *element = json_tokener_parse(text);

	assert_int_equal(records_add(records, element, NULL), 0);
	json_object_put(element);
}

static void rewinding_forgets_rows_refs_and_refusals(void **state)
{
	struct records records = RECORDS(&film_spec);

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
	assert_int_equal(records.ref_count, 3);
	assert_string_equal(records_texts(&records, 1)[RECORD_ID], "c");
	assert_string_equal(records_refs(&records, 1), "w");
	assert_int_equal(records_put_back(&records, NULL), 0);
	records_free(&records);
}

static void rewinding_to_more_than_came_changes_nothing(void **state)
{
	struct records records = RECORDS(&film_spec);

	(void)state;
	add_film(&records, "{'id': 'a', 'title': 'A'}");
	records_rewind(&records, 1);
	records_rewind(&records, 5);
	assert_int_equal(records.received, 1);
	assert_int_equal(records.count, 1);
	records_free(&records);
}

static void what_comes_after_rewinding_to_nothing_comes_first(void **state)
{
	struct records records = RECORDS(&film_spec);

	(void)state;
	add_film(&records, "{'id': 'a', 'title': 'A'}");
	records_rewind(&records, 0);
	assert_int_equal(records.shelf->spool.held.length, 0);
	add_film(&records, "{'id': 'b', 'title': 'B'}");
	assert_int_equal(records.count, 1);
	assert_int_equal(records.rows[0].position, 0);
	assert_string_equal(records_texts(&records, 0)[RECORD_ID], "b");
	records_free(&records);
}

/* A million empty objects, 3 MB of JSON, took 104 MB. */
static void regress_refused_elements_were_kept_in_memory(void **state)
{
	struct records records = RECORDS(&film_spec);

	(void)state;
	add_film(&records, "{}");
	add_film(&records, "{\"id\": \"1\", \"title\": []}");
	assert_int_equal(records.refused_count, 2);
	assert_null(records.shelf);
	records_free(&records);
}

static void dropped_rows_take_their_refs_along(void **state)
{
	struct records records = RECORDS(&film_spec);
	const unsigned char is_dropped[] = {0, 1, 0};

	(void)state;
	add_film(&records, "{'id': 'a', 'title': 'A', 'people': ['x']}");
	add_film(&records, "{'id': 'b', 'title': 'B', 'people': ['y', 'y']}");
	add_film(&records, "{'id': 'c', 'title': 'C', 'people': ['z']}");
	records_drop(&records, is_dropped);
	assert_int_equal(records.count, 2);
	assert_int_equal(records.ref_count, 2);
	assert_string_equal(records_texts(&records, 1)[RECORD_ID], "c");
	assert_string_equal(records_refs(&records, 1), "z");
	records_free(&records);
}

static void more_elements_than_allowed_are_not_kept_and_told(void **state)
{
	struct records records = RECORDS(&film_spec);
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
	struct records records = RECORDS(&film_spec);
	struct error err = {0};

	(void)state;
	records.ref_count = CATALOGUE_MAX_REFERENCES;
	assert_int_equal(records_check(&records, &err), 0);
	records.ref_count++;
	assert_int_equal(records_check(&records, &err), -1);
	assert_int_equal(err.code, EX_DATAERR);
	assert_holds(err.message, "references");
}

static void texts_are_the_same_from_a_file_as_from_memory(void **state)
{
	struct records held = RECORDS(&film_spec), filed = RECORDS(&film_spec);
	char text[2600] = "{'id': '", *at;
	size_t row, field;

	(void)state;
	filed.dir = open("/tmp", O_RDONLY | O_DIRECTORY);
	/* More than is held, more than a block each time. */
	for (row = 0; row < 1000; row++) {
		at = text + 8;
		at += sprintf(at, "%zu', 'title': 'T%zu', 'description': '",
			      row, row);
		memset(at, (int)('a' + row % 26), 2300);
		strcpy(at + 2300, "', 'people': ['p', 'q']}");
		add_film(&held, text);
		add_film(&filed, text);
	}
	assert_int_not_equal(filed.shelf->spool.written, 0);
	assert_int_equal(held.shelf->spool.written, 0);
	for (row = 0; row < 1000; row++) {
		size_t any = row * 7919 % 1000;

		for (field = 0; field < FILM_FIELDS; field++) {
			const char *a = records_texts(&held, any)[field];
			const char *b = records_texts(&filed, any)[field];

			assert_int_equal(a == NULL, b == NULL);
			assert_string_equal(a != NULL ? a : "",
					    b != NULL ? b : "");
		}
		assert_memory_equal(records_refs(&filed, any), "p\0q", 4);
		assert_int_equal(records_put_back(&filed, NULL), 0);
		assert_int_equal(records_put_back(&held, NULL), 0);
	}
	close(filed.dir);
	records_free(&held);
	records_free(&filed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rewinding_forgets_rows_refs_and_refusals),
		cmocka_unit_test(rewinding_to_more_than_came_changes_nothing),
		cmocka_unit_test(
			what_comes_after_rewinding_to_nothing_comes_first),
		cmocka_unit_test(regress_refused_elements_were_kept_in_memory),
		cmocka_unit_test(dropped_rows_take_their_refs_along),
		cmocka_unit_test(
			more_elements_than_allowed_are_not_kept_and_told),
		cmocka_unit_test(more_references_than_allowed_are_told),
		cmocka_unit_test(texts_are_the_same_from_a_file_as_from_memory),
	};

	return cmocka_run_group_tests(tests, silence_the_log, NULL);
}
