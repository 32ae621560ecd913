/* day: the last day's maxima, in a text that does not grow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <limits.h>
#include <string.h>

#include "base/day.h"

#define NOW 1800000000LL
#define SLOT (NOW / DAY_SLOT_S)
#define LAST (DAY_SLOTS - 1)

static void read_text(const char *text, struct day *day)
{
	struct buffer note = BUFFER_EMPTY;

	buffer_text(&note, text);
	day_read(&note, NOW, day);
	buffer_free(&note);
}

static void assert_empty(const struct day *day)
{
	int i, k;

	for (i = 0; i < DAY_VALUES; i++)
		for (k = 0; k < DAY_SLOTS; k++)
			assert_int_equal(day->values[i][k], -1);
}

static void what_was_written_is_read_again(void **state)
{
	struct buffer text = BUFFER_EMPTY, again = BUFFER_EMPTY;
	struct day day, read;

	(void)state;
	read_text("", &day);
	assert_empty(&day);
	day_raise(&day, DAY_AGE_S, 0);
	day.values[DAY_RUN_MS][0] = LLONG_MAX;
	day.values[DAY_AGE_S][7] = 25;
	day.values[DAY_RUN_MS][7] = 350;
	day_write(&day, &text);
	day_read(&text, NOW, &read);
	assert_memory_equal(&read, &day, sizeof(day));
	day_write(&read, &again);
	assert_string_equal(again.data, text.data);
	buffer_free(&text);
	buffer_free(&again);
}

static void only_what_is_larger_changes_a_value(void **state)
{
	struct day day;

	(void)state;
	read_text("", &day);
	day_raise(&day, DAY_RUN_MS, 5);
	day_raise(&day, DAY_RUN_MS, 9);
	day_raise(&day, DAY_RUN_MS, 7);
	assert_int_equal(day.values[DAY_RUN_MS][LAST], 9);
	assert_int_equal(day.values[DAY_AGE_S][LAST], -1);
}

static void a_day_goes_on_and_is_forgotten(void **state)
{
	struct buffer text = BUFFER_EMPTY;
	struct day day;
	int slots;

	(void)state;
	read_text("", &day);
	day_raise(&day, DAY_AGE_S, 3);
	day_write(&day, &text);
	for (slots = 0; slots < DAY_SLOTS; slots++) {
		day_read(&text, NOW + (long long)slots * DAY_SLOT_S, &day);
		assert_int_equal(day.values[DAY_AGE_S][LAST - slots], 3);
	}
	day_read(&text, NOW + (long long)slots * DAY_SLOT_S, &day);
	assert_empty(&day);
	day_read(&text, NOW - DAY_SLOT_S, &day);
	assert_empty(&day);
	buffer_free(&text);
}

static void the_text_does_not_grow(void **state)
{
	struct buffer text = BUFFER_EMPTY;
	struct day day;
	size_t lines = 0;
	const char *at;
	int i;

	(void)state;
	for (i = 0; i < 3 * DAY_SLOTS; i++) {
		day_read(&text, NOW + (long long)i * DAY_SLOT_S, &day);
		day_raise(&day, DAY_AGE_S, i);
		day_raise(&day, DAY_RUN_MS, i);
		buffer_clear(&text);
		day_write(&day, &text);
	}
	for (at = text.data; *at != '\0'; at++)
		lines += *at == '\n';
	assert_int_equal(lines, DAY_SLOTS);
	buffer_free(&text);
}

static void lines_that_are_none_are_left_out(void **state)
{
	static const char *const lines[] = {
		"\n",
		"x 1 2\n",
		"3000000\n",
		"3000000 1\n",
		"3000000 1 2 3\n",
		"3000000 1 x\n",
		"3000000 -1 2\n",
		"3000000 1  2\n",
		" 3000000 1 2\n",
		"3000000 1 2",
		"- 1 2\n",
		"3000001 1 2\n",
		"2999856 1 2\n",
		"3000000 1.5 2\n",
		"3000000 99999999999999999999 1\n",
	};
	struct day day;
	size_t i;

	(void)state;
	assert_int_equal(SLOT, 3000000);
	for (i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		read_text(lines[i], &day);
		assert_empty(&day);
	}
	read_text("junk\n3000000 1 -\n2999857 - 2\n", &day);
	assert_int_equal(day.values[DAY_AGE_S][LAST], 1);
	assert_int_equal(day.values[DAY_RUN_MS][0], 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_written_is_read_again),
		cmocka_unit_test(only_what_is_larger_changes_a_value),
		cmocka_unit_test(a_day_goes_on_and_is_forgotten),
		cmocka_unit_test(the_text_does_not_grow),
		cmocka_unit_test(lines_that_are_none_are_left_out),
	};

	return cmocka_run_group_tests_name("day", tests, NULL, NULL);
}
