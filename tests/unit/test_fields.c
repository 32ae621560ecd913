/* fields: what tests/data/catalogue does not show of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "catalogue/fields.h"
#include "catalogue_fixture.h"

static const struct {
	const char *ref;
	const char *segment;
} refs[] = {
	{"https://host/people/x", "x"},
	{"https://host/people/", ""},
	{"x", "x"},
	{"", ""},
	{"/", ""},
	{"a//b", "b"},
};

static void the_last_segment_follows_the_last_slash(void **state)
{
	size_t i, length;

	(void)state;
	for (i = 0; i < COUNT(refs); i++) {
		length = strlen(refs[i].ref);
		assert_string_equal(field_last_segment(refs[i].ref, &length),
				    refs[i].segment);
		assert_int_equal(length, strlen(refs[i].segment));
	}
}

static const struct {
	const char *text;
	size_t max_bytes;
	size_t expected;
} cuts[] = {
	{"abc", 3, 3},  {"abcd", 3, 3}, {"ab語", 4, 2}, {"ab語", 5, 5},
	{"a語b", 4, 4}, {"語", 2, 0},   {"𝄞", 3, 0},    {"", 0, 0},
};

static void a_cut_falls_between_characters(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cuts); i++)
		if (field_cut(cuts[i].text, strlen(cuts[i].text),
			      cuts[i].max_bytes) != cuts[i].expected)
			fail_msg("%s at %zu", cuts[i].text, cuts[i].max_bytes);
}

static enum field_result read_bytes(enum field_rule rule, const char *bytes,
				    int length)
{
	const struct field_spec spec = {"key", rule, 100, NULL};
	struct json_object *value = json_object_new_string_len(bytes, length);
	struct arena arena = ARENA_EMPTY;
	const char *text = NULL, *reason = NULL;
	enum field_result result =
		field_read(&spec, value, &arena, &text, &reason);

	if (result == FIELD_WRONG)
		assert_string_equal(reason, "is of a wrong type");
	arena_clear(&arena);
	json_object_put(value);
	return result;
}

static void bytes_that_are_not_utf8_are_no_text(void **state)
{
	static const char *const wrong[] = {"a\xff", "\xc3", "\xc0\xaf",
					    "\xed\xa0\x80"};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(wrong); i++) {
		int length = (int)strlen(wrong[i]);

		assert_int_equal(read_bytes(FIELD_TEXT, wrong[i], length),
				 FIELD_WRONG);
		assert_int_equal(read_bytes(FIELD_ID, wrong[i], length),
				 FIELD_WRONG);
		assert_int_equal(read_bytes(FIELD_REF, wrong[i], length),
				 FIELD_WRONG);
	}
	assert_int_equal(read_bytes(FIELD_TEXT, "\xc3\xa4", 2), FIELD_KEPT);
}

static void only_a_text_field_takes_a_number(void **state)
{
	static const enum field_rule rules[] = {FIELD_ID, FIELD_NAME, FIELD_REF,
						FIELD_IMAGE};
	struct json_object *number = json_object_new_int(7);
	struct arena arena = ARENA_EMPTY;
	const char *text = NULL, *reason;
	struct field_spec spec = {"key", FIELD_TEXT, 100, NULL};
	size_t i;

	(void)state;
	assert_int_equal(field_read(&spec, number, &arena, &text, &reason),
			 FIELD_KEPT);
	assert_string_equal(text, "7");
	for (i = 0; i < COUNT(rules); i++) {
		spec.rule = rules[i];
		assert_int_equal(field_read(&spec, number, &arena, &text,
					    &reason),
				 FIELD_WRONG);
	}
	arena_clear(&arena);
	json_object_put(number);
}

static void a_link_has_no_character_that_a_browser_repairs(void **state)
{
	static const char *const links[] = {"https://image.tmdb.org/ ",
					    "https://image.tmdb.org/\x7f",
					    "https://image.tmdb.org/\xc3\xa4",
					    "https://image.tmdb.org/^"};
	size_t i;

	(void)state;
	assert_int_equal(read_bytes(FIELD_IMAGE, "https://image.tmdb.org/", 23),
			 FIELD_KEPT);
	for (i = 0; i < COUNT(links); i++)
		if (read_bytes(FIELD_IMAGE, links[i], (int)strlen(links[i])) !=
		    FIELD_REFUSED)
			fail_msg("%s", links[i]);
}

static const struct {
	const char *name;
	enum field_result expected;
} names[] = {
	{"a", FIELD_KEPT},
	{" \t\x7f a", FIELD_KEPT},
	{"\xc2\x85\xc3\x85", FIELD_KEPT},
	{"\xc2\xa0", FIELD_KEPT}, /* no-break space: no control */
	{"", FIELD_REFUSED},
	{" \t\x7f", FIELD_REFUSED},
	{"\xc2\x85", FIELD_REFUSED},
	{" \xc2\x9f\xc2\x80\n", FIELD_REFUSED},
};

static void regress_a_name_of_c1_controls_is_empty(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(names); i++)
		if (read_bytes(FIELD_NAME, names[i].name,
			       (int)strlen(names[i].name)) != names[i].expected)
			fail_msg("case %zu", i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_segment_follows_the_last_slash),
		cmocka_unit_test(a_cut_falls_between_characters),
		cmocka_unit_test(bytes_that_are_not_utf8_are_no_text),
		cmocka_unit_test(only_a_text_field_takes_a_number),
		cmocka_unit_test(
			a_link_has_no_character_that_a_browser_repairs),
		cmocka_unit_test(regress_a_name_of_c1_controls_is_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
