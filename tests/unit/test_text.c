/* text: UTF-8, percent-encoding, numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <limits.h>

#include "base/text.h"
#include "base_fixture.h"

/* Bytes, whose literal may hold NUL. */
#define BYTES(literal) literal, sizeof(literal) - 1

/* Each copy ends where the memory ends, so that reading on is seen. */
static size_t step_of(const char *bytes, size_t length)
{
	char *copy = malloc(length != 0 ? length : 1);
	size_t step;

	assert_non_null(copy);
	memcpy(copy, bytes, length);
	step = text_utf8_step(copy, length);
	free(copy);
	return step;
}

static void well_formed_characters_are_stepped_over_whole(void **state)
{
	static const struct {
		const char *bytes;
		size_t length, step;
	} cases[] = {
		{BYTES("\0"), 1},
		{BYTES("a"), 1},
		{BYTES("\x7f"), 1},
		{BYTES("ab"), 1},
		{BYTES("\xc2\x80"), 2},
		{BYTES("\xdf\xbf"), 2},
		{BYTES("\xe0\xa0\x80"), 3},
		{BYTES("\xe0\xbf\xbf"), 3},
		{BYTES("\xe1\x80\x80"), 3},
		{BYTES("\xec\xbf\xbf"), 3},
		{BYTES("\xed\x9f\xbf"), 3},
		{BYTES("\xee\x80\x80"), 3},
		{BYTES("\xef\xbf\xbf"), 3},
		{BYTES("\xf0\x90\x80\x80"), 4},
		{BYTES("\xf3\xbf\xbf\xbf"), 4},
		{BYTES("\xf4\x8f\xbf\xbf"), 4},
		{BYTES("\xe3\x81\x82\xff"), 3},
	};
	size_t i, step;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		step = step_of(cases[i].bytes, cases[i].length);
		if (step != cases[i].step)
			fail_msg("case %zu: %zu, not %zu", i, step,
				 cases[i].step);
	}
}

static void ill_formed_bytes_are_no_character(void **state)
{
	static const struct {
		const char *what;
		const char *bytes;
		size_t length;
	} cases[] = {
		{"nothing", BYTES("")},
		{"lone continuation", BYTES("\x80")},
		{"lone continuation", BYTES("\xbf")},
		{"overlong of 2", BYTES("\xc0\x80")},
		{"overlong of 2", BYTES("\xc1\xbf")},
		{"overlong of 3", BYTES("\xe0\x80\x80")},
		{"overlong of 3", BYTES("\xe0\x9f\xbf")},
		{"overlong of 4", BYTES("\xf0\x80\x80\x80")},
		{"overlong of 4", BYTES("\xf0\x8f\xbf\xbf")},
		{"first surrogate", BYTES("\xed\xa0\x80")},
		{"last surrogate", BYTES("\xed\xbf\xbf")},
		{"past U+10FFFF", BYTES("\xf4\x90\x80\x80")},
		{"first byte f5", BYTES("\xf5\x80\x80\x80")},
		{"first byte ff", BYTES("\xff\xbf\xbf\xbf")},
		{"cut after 1 of 2", BYTES("\xc3")},
		{"cut after 1 of 3", BYTES("\xe3")},
		{"cut after 2 of 3", BYTES("\xe3\x81")},
		{"cut after 1 of 4", BYTES("\xf0")},
		{"cut after 2 of 4", BYTES("\xf0\x9f")},
		{"cut after 3 of 4", BYTES("\xf0\x9f\x8e")},
		{"no continuation", BYTES("\xc3\x28")},
		{"no third byte", BYTES("\xe3\x81\x28")},
		{"no fourth byte", BYTES("\xf0\x9f\x8e\xc0")},
		{"third byte too high", BYTES("\xe3\x81\xc2")},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		if (step_of(cases[i].bytes, cases[i].length) != 0)
			fail_msg("%s: case %zu", cases[i].what, i);
		if (cases[i].length != 0 &&
		    text_is_utf8(cases[i].bytes, cases[i].length))
			fail_msg("%s: case %zu is text", cases[i].what, i);
	}
}

/* All code points, encoded here a second time. */
static void exactly_the_unicode_scalars_are_characters(void **state)
{
	unsigned long code;
	char c[4];
	size_t length;

	(void)state;
	for (code = 0x80; code < 0x120000; code++) {
		bool is_scalar =
			code < 0x110000 && (code < 0xd800 || code > 0xdfff);

		if (code < 0x800) {
			length = 2;
			c[0] = (char)(0xc0 | code >> 6);
		} else if (code < 0x10000) {
			length = 3;
			c[0] = (char)(0xe0 | code >> 12);
			c[1] = (char)(0x80 | (code >> 6 & 0x3f));
		} else {
			length = 4;
			c[0] = (char)(0xf0 | code >> 18);
			c[1] = (char)(0x80 | (code >> 12 & 0x3f));
			c[2] = (char)(0x80 | (code >> 6 & 0x3f));
		}
		c[length - 1] = (char)(0x80 | (code & 0x3f));
		if (text_utf8_step(c, length) != (is_scalar ? length : 0))
			fail_msg("U+%04lX", code);
	}
}

static void a_text_is_utf8_to_its_last_byte(void **state)
{
	(void)state;
	assert_true(text_is_utf8(BYTES("")));
	assert_true(text_is_utf8(BYTES("Tonari \xe3\x81\xae Totoro\0!")));
	assert_false(text_is_utf8(BYTES("Totoro\xe3\x81")));
	assert_false(text_is_utf8(BYTES("\xffTotoro")));
	assert_true(text_is_utf8("Totoro\xff", 6));
}

static void control_characters_are_found_wherever_they_stand(void **state)
{
	static const struct {
		const char *bytes;
		size_t length;
		bool has_control;
	} cases[] = {
		{BYTES(""), false},
		{BYTES(" ~"), false},
		{BYTES("a\0b"), true},
		{BYTES("\n"), true},
		{BYTES("a\r"), true},
		{BYTES("\x1f"), true},
		{BYTES("a\x7f"), true},
		{BYTES("a\xc2\x80"), true},
		{BYTES("\xc2\x9f-"), true},
		{BYTES("\xc2\xa0"), false}, /* no-break space */
		{BYTES("\xc2"), false},
		{BYTES("\xc2-"), false}, /* no UTF-8 */
		{BYTES("\xe3\x82\x80\xc3\x80"), false},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++)
		if (text_has_control(cases[i].bytes, cases[i].length) !=
		    cases[i].has_control)
			fail_msg("case %zu", i);
}

static void a_path_segment_has_one_spelling(void **state)
{
	static const struct {
		const char *bytes;
		size_t length;
		const char *encoded;
	} cases[] = {
		{BYTES("AZaz09-._~"), "AZaz09-._~"},
		{BYTES("a/b?c#d%e"), "a%2Fb%3Fc%23d%25e"},
		{BYTES(" +&=;:@!$'()*,"),
		 "%20%2B%26%3D%3B%3A%40%21%24%27%28%29%2A%2C"},
		{BYTES("\xe3\x81\x82"), "%E3%81%82"},
		{BYTES("\0\r\n\x7f\xff"), "%00%0D%0A%7F%FF"},
		{BYTES("%2f"), "%252f"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct buffer out = BUFFER_EMPTY;

		text_percent_encode(&out, cases[i].bytes, cases[i].length);
		assert_string_equal(out.data, cases[i].encoded);
		buffer_free(&out);
	}
}

static void whole_decimal_numbers_are_read(void **state)
{
	static const struct {
		const char *text;
		long long number;
	} cases[] = {
		{"0", 0},
		{"00022", 22},
		{"9223372036854775806", LLONG_MAX - 1},
		{"9223372036854775807", LLONG_MAX},
		{"0000000000000000000000000000009223372036854775807",
		 LLONG_MAX},
	};
	long long number;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		number = -1;
		if (text_number(cases[i].text, strlen(cases[i].text),
				&number) != 0)
			fail_msg("%s is refused", cases[i].text);
		assert_int_equal(number, cases[i].number);
	}
	assert_int_equal(text_number("123", 2, &number), 0);
	assert_int_equal(number, 12);
}

static void what_is_no_whole_number_changes_nothing(void **state)
{
	static const char *const cases[] = {
		"",
		"-1",
		"+1",
		" 1",
		"1 ",
		"1.0",
		"1e3",
		"0x10",
		"\xc2\xb2",
		"9223372036854775808",
		"9223372036854775810",
		"18446744073709551616",
		"99999999999999999999999999",
		"1/",
		"1:",
	};
	long long number;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		number = 42;
		if (text_number(cases[i], strlen(cases[i]), &number) != -1)
			fail_msg("\"%s\" is read as %lld", cases[i], number);
		assert_int_equal(number, 42);
	}
	assert_int_equal(text_number("1\0002", 3, &number), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(well_formed_characters_are_stepped_over_whole),
		cmocka_unit_test(ill_formed_bytes_are_no_character),
		cmocka_unit_test(exactly_the_unicode_scalars_are_characters),
		cmocka_unit_test(a_text_is_utf8_to_its_last_byte),
		cmocka_unit_test(
			control_characters_are_found_wherever_they_stand),
		cmocka_unit_test(a_path_segment_has_one_spelling),
		cmocka_unit_test(whole_decimal_numbers_are_read),
		cmocka_unit_test(what_is_no_whole_number_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
