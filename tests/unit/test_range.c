/* range: the Range header, case by case. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "web/range.h"
#include "web_fixture.h"

static void a_range_header_is_a_part_the_whole_or_an_error(void **state)
{
	static const struct {
		const char *header;
		uint64_t length;
		enum range_verdict verdict;
		uint64_t first, bytes;
	} cases[] = {
		{NULL, 10, RANGE_WHOLE, 0, 0},
		{"bytes=0-0", 10, RANGE_PART, 0, 1},
		{"bytes=0-9", 10, RANGE_PART, 0, 10},
		{"bytes=2-5", 10, RANGE_PART, 2, 4},
		{"bytes=9-", 10, RANGE_PART, 9, 1},
		{"bytes=0-", 10, RANGE_PART, 0, 10},
		{"bytes=5-100", 10, RANGE_PART, 5, 5},
		{"bytes=-1", 10, RANGE_PART, 9, 1},
		{"bytes=-10", 10, RANGE_PART, 0, 10},
		{"bytes=-11", 10, RANGE_PART, 0, 10},
		{"BYTES=1-2", 10, RANGE_PART, 1, 2},
		{"bytes= 1-2 ", 10, RANGE_PART, 1, 2},
		{"bytes=0-18446744073709551615", 10, RANGE_PART, 0, 10},
		{"bytes=0-99999999999999999999999999", 10, RANGE_PART, 0, 10},
		{"bytes=-99999999999999999999999999", 10, RANGE_PART, 0, 10},
		{"bytes=10-", 10, RANGE_UNSATISFIABLE, 0, 0},
		{"bytes=10-20", 10, RANGE_UNSATISFIABLE, 0, 0},
		{"bytes=99999999999999999999999999-", 10, RANGE_UNSATISFIABLE,
		 0, 0},
		/* Not 2 and 0, as 64 bits would have it. */
		{"bytes=18446744073709551618-", 10, RANGE_UNSATISFIABLE, 0, 0},
		{"bytes=0-18446744073709551616", 10, RANGE_PART, 0, 10},
		{"bytes=-0", 10, RANGE_UNSATISFIABLE, 0, 0},
		{"bytes=0-", 0, RANGE_UNSATISFIABLE, 0, 0},
		{"bytes=-1", 0, RANGE_UNSATISFIABLE, 0, 0},
		{"bytes=0-1,3-4", 10, RANGE_WHOLE, 0, 0},
		{"bytes=0-1,", 10, RANGE_WHOLE, 0, 0},
		{"bytes=5-2", 10, RANGE_WHOLE, 0, 0},
		{"bytes=-", 10, RANGE_WHOLE, 0, 0},
		{"bytes=", 10, RANGE_WHOLE, 0, 0},
		{"bytes", 10, RANGE_WHOLE, 0, 0},
		{"", 10, RANGE_WHOLE, 0, 0},
		{"bytes=1", 10, RANGE_WHOLE, 0, 0},
		{"bytes=a-b", 10, RANGE_WHOLE, 0, 0},
		{"bytes=1-2x", 10, RANGE_WHOLE, 0, 0},
		{"bytes=--1", 10, RANGE_WHOLE, 0, 0},
		{"bytes=+1-2", 10, RANGE_WHOLE, 0, 0},
		{"bytes=1 - 2", 10, RANGE_WHOLE, 0, 0},
		{"bytes =1-2", 10, RANGE_WHOLE, 0, 0},
		{"lines=1-2", 10, RANGE_WHOLE, 0, 0},
	};
	struct range range;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		range = (struct range){0};
		if (range_read(cases[i].header, cases[i].length, &range) !=
			    cases[i].verdict ||
		    range.first != cases[i].first ||
		    range.bytes != cases[i].bytes)
			fail_msg("Range: %s of %llu", cases[i].header,
				 (unsigned long long)cases[i].length);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_range_header_is_a_part_the_whole_or_an_error),
	};

	return cmocka_run_group_tests_name("range", tests, NULL, NULL);
}
