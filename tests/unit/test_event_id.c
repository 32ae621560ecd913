#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <limits.h>
#include <string.h>

#include "base/count.h"
#include "events/event_id.h"

/* The first is of RFC 9562's own example (appendix A.6). */
static void an_id_begins_with_its_time(void **state)
{
	static const struct {
		long long wall_ms;
		const char *start;
	} cases[] = {
		{0x017f22e279b0, "017f22e2-79b0-7"},
		{0, "00000000-0000-7"},
		{1, "00000000-0001-7"},
		{0xffffffffffff, "ffffffff-ffff-7"},
		{-1, "00000000-0000-7"},
		{LLONG_MIN, "00000000-0000-7"},
		{0x1000000000000, "ffffffff-ffff-7"},
		{LLONG_MAX, "ffffffff-ffff-7"},
	};
	char id[EVENT_ID_BYTES];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		assert_int_equal(event_id_make(cases[i].wall_ms, id, NULL), 0);
		if (strncmp(id, cases[i].start, strlen(cases[i].start)) != 0)
			fail_msg("%lld: %s", cases[i].wall_ms, id);
	}
}

static void every_id_is_a_uuid_of_version_7_and_another_one(void **state)
{
	enum { IDS = 2000 };
	static char ids[IDS][EVENT_ID_BYTES];
	size_t i, k;

	(void)state;
	for (i = 0; i < IDS; i++) {
		assert_int_equal(event_id_make(1795248000123, ids[i], NULL), 0);
		assert_int_equal(strlen(ids[i]), EVENT_ID_BYTES - 1);
		assert_true(event_id_is(ids[i], strlen(ids[i])));
		assert_int_equal(ids[i][14], '7');
		assert_non_null(strchr("89ab", ids[i][19]));
	}
	for (i = 0; i < IDS; i++)
		for (k = i + 1; k < IDS; k++)
			assert_string_not_equal(ids[i], ids[k]);
}

/* Each random digit takes each value; in 2,000 ids one is missing once in
 * 10^53 runs. */
static void what_is_not_time_is_random(void **state)
{
	bool seen[EVENT_ID_BYTES][128] = {{false}};
	char id[EVENT_ID_BYTES];
	size_t i, at;
	int digits;

	(void)state;
	for (i = 0; i < 2000; i++) {
		assert_int_equal(event_id_make(0, id, NULL), 0);
		for (at = 0; at < EVENT_ID_BYTES - 1; at++)
			seen[at][(unsigned char)id[at]] = true;
	}
	for (at = 0; at < EVENT_ID_BYTES - 1; at++) {
		for (digits = 0, i = 0; i < 128; i++)
			digits += seen[at][i];
		if (at < 15 || at == 18 || at == 23)
			assert_int_equal(digits, 1);
		else
			assert_int_equal(digits, at == 19 ? 4 : 16);
	}
}

static void only_the_spelling_of_ours_is_an_id(void **state)
{
	static const struct {
		const char *text;
		bool is_id;
	} cases[] = {
		{"017f22e2-79b0-7cc3-98c4-dc0c0c07398f", true},
		{"00000000-0000-0000-0000-000000000000", true},
		{"ffffffff-ffff-4fff-bfff-ffffffffffff", true},
		{"017F22E2-79B0-7CC3-98C4-DC0C0C07398F", false},
		{"017f22e279b07cc398c4dc0c0c07398f", false},
		{"017f22e279-b07cc3-98c4-dc0c0c0739-8f", false},
		{"{017f22e2-79b0-7cc3-98c4-dc0c0c0739}", false},
		{"017f22e2-79b0-7cc3-98c4-dc0c0c07398g", false},
		{"017f22e2-79b0-7cc3-98c4-dc0c0c07398", false},
		{"017f22e2-79b0-7cc3-98c4-dc0c0c07398ff", false},
		{"017f22e2-79b0-7cc3-98c4-dc0c0c07398 ", false},
		{"017f22e2/79b0-7cc3-98c4-dc0c0c07398f", false},
		{"017f22e2--9b0-7cc3-98c4-dc0c0c07398f", false},
		{"017f22e2-79b0-7cc3-98c4-dc0c0c0739`f", false},
		{"", false},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++)
		if (event_id_is(cases[i].text, strlen(cases[i].text)) !=
		    cases[i].is_id)
			fail_msg("\"%s\"", cases[i].text);
	assert_false(event_id_is("017f22e2-79b0-7cc3-98c4-dc0c0c07398\0f", 37));
	assert_false(event_id_is("017f22e2-79b0-7cc3-98c4-dc0c0c07398", 36));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_id_begins_with_its_time),
		cmocka_unit_test(
			every_id_is_a_uuid_of_version_7_and_another_one),
		cmocka_unit_test(what_is_not_time_is_random),
		cmocka_unit_test(only_the_spelling_of_ours_is_an_id),
	};

	return cmocka_run_group_tests_name("event_id", tests, NULL, NULL);
}
