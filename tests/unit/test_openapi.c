/* openapi: finding one's way in a document. What openapi_check refuses is in
 * tests/data/docs, which test_docs.c reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <json-c/json.h>
#include <string.h>

#include "docs/openapi.h"

static void members_of_what_is_no_object_are_not_there(void **state)
{
	static const char *const cases[] = {
		"null", "1", "\"a\"", "[1]", "{\"b\":1}", "{\"a\":null}"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct json_object *json = json_tokener_parse(cases[i]);

		if (openapi_member(json, "a") != NULL ||
		    openapi_text(json, "a") != NULL)
			fail_msg("%s", cases[i]);
		json_object_put(json);
	}
}

static void only_strings_are_texts(void **state)
{
	struct json_object *json =
		json_tokener_parse("{\"a\":\"b\",\"c\":1,\"d\":[\"e\"]}");

	(void)state;
	assert_string_equal(openapi_text(json, "a"), "b");
	assert_null(openapi_text(json, "c"));
	assert_null(openapi_text(json, "d"));
	json_object_put(json);
}

static void items_end_with_the_array(void **state)
{
	struct json_object *json = json_tokener_parse("[1,{}]");

	(void)state;
	assert_int_equal(openapi_count(json), 2);
	assert_non_null(openapi_item(json, 1));
	assert_null(openapi_item(json, 2));
	assert_int_equal(openapi_count(openapi_item(json, 1)), 0);
	assert_null(openapi_item(openapi_item(json, 1), 0));
	assert_int_equal(openapi_count(NULL), 0);
	json_object_put(json);
}

static void a_reference_leads_to_its_component(void **state)
{
	struct json_object *json = json_tokener_parse(
		"{\"components\":{\"headers\":{\"A\":{\"is\":\"h\"}},"
		"\"schemas\":{\"A\":{\"is\":\"s\"}}},"
		"\"here\":{\"$ref\":\"#/components/schemas/A\"}}");
	struct json_object *ref = openapi_member(json, "here");
	struct json_object *found = openapi_follow(json, ref);

	(void)state;
	assert_string_equal(openapi_text(found, "is"), "s");
	assert_string_equal(openapi_ref_name(ref), "A");
	assert_ptr_equal(openapi_follow(json, found), found);
	assert_null(openapi_ref_name(found));
	json_object_put(json);
}

static void a_part_of_a_path_is_found_whole(void **state)
{
	(void)state;
	assert_true(openapi_path_has("/a/{b}", "b"));
	assert_true(openapi_path_has("/{a}/{bc}.json", "bc"));
	assert_false(openapi_path_has("/a/{bc}", "b"));
	assert_false(openapi_path_has("/a/{b}", "bc"));
	assert_false(openapi_path_has("/a/b", "b"));
	assert_false(openapi_path_has("/a/{b", "b"));
	assert_false(openapi_path_has("", "b"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_of_what_is_no_object_are_not_there),
		cmocka_unit_test(only_strings_are_texts),
		cmocka_unit_test(items_end_with_the_array),
		cmocka_unit_test(a_reference_leads_to_its_component),
		cmocka_unit_test(a_part_of_a_path_is_found_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
