/* id_index: rows by id, and ids that come twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "catalogue/id_index.h"
#include "catalogue_fixture.h"

static void add_species(struct records *records, const char *id, size_t number)
{
	struct json_object *element = json_object_new_object();
	char name[32];

	snprintf(name, sizeof(name), "%zu", number);
	json_object_object_add(element, "id", json_object_new_string(id));
	json_object_object_add(element, "name", json_object_new_string(name));
	assert_int_equal(records_add(records, element, NULL), 0);
	json_object_put(element);
}

static void every_id_is_found_at_its_row(void **state)
{
	struct records records = RECORDS(&species_spec);
	struct id_index index;
	size_t duplicates;
	char id[32];
	size_t i;

	(void)state;
	/* 7,919 is prime to 1,000: the ids come in no order. */
	for (i = 0; i < 1000; i++) {
		snprintf(id, sizeof(id), "%zu", i * 7919 % 1000);
		add_species(&records, id, i);
	}
	assert_int_equal(id_index_build(&index, &records, &duplicates, NULL),
			 0);
	for (i = 0; i < 1000; i++) {
		snprintf(id, sizeof(id), "%zu", i * 7919 % 1000);
		assert_int_equal(id_index_find(&index, id), i);
	}
	assert_int_equal(id_index_find(&index, "1000"), ID_INDEX_NONE);
	assert_int_equal(id_index_find(&index, ""), ID_INDEX_NONE);
	id_index_free(&index);
	records_free(&records);
}

static void an_empty_index_finds_nothing(void **state)
{
	struct records records = RECORDS(&species_spec);
	struct id_index index;
	size_t duplicates;

	(void)state;
	assert_int_equal(id_index_build(&index, &records, &duplicates, NULL),
			 0);
	assert_int_equal(id_index_find(&index, "x"), ID_INDEX_NONE);
	assert_int_equal(duplicates, 0);
	id_index_free(&index);
	records_free(&records);
}

static void of_equal_ids_the_first_stays(void **state)
{
	static const char *const ids[] = {"b", "a", "b", "c", "b", "a"};
	static const char *const kept[] = {"0", "1", "3"};
	struct records records = RECORDS(&species_spec);
	struct id_index index;
	size_t i, duplicates;

	(void)state;
	for (i = 0; i < COUNT(ids); i++)
		add_species(&records, ids[i], i);
	assert_int_equal(id_index_build(&index, &records, &duplicates, NULL),
			 0);
	assert_int_equal(duplicates, 3);
	for (i = 0; i < COUNT(kept); i++)
		assert_int_equal(
			id_index_find(&index,
				      records_texts(&records, i)[RECORD_ID]),
			i);
	assert_int_equal(records.count, COUNT(kept));
	for (i = 0; i < COUNT(kept); i++)
		assert_string_equal(records_texts(&records, i)[RECORD_NAME],
				    kept[i]);
	id_index_free(&index);
	records_free(&records);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_id_is_found_at_its_row),
		cmocka_unit_test(an_empty_index_finds_nothing),
		cmocka_unit_test(of_equal_ids_the_first_stays),
	};

	return cmocka_run_group_tests(tests, silence_the_log, NULL);
}
