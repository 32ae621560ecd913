/* hex: bytes as hexadecimal digits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/hex.h"
#include "base_fixture.h"

static void every_byte_has_its_two_lower_case_digits(void **state)
{
	char expected[3], hex[3];
	unsigned char byte;
	int i;

	(void)state;
	for (i = 0; i < 256; i++) {
		byte = (unsigned char)i;
		snprintf(expected, sizeof(expected), "%02x", (unsigned)byte);
		hex_encode(&byte, 1, hex);
		assert_string_equal(hex, expected);
	}
}

static void bytes_keep_their_order_and_nothing_past_the_nul_is_written(
	void **state)
{
	static const unsigned char bytes[] = {0x00, 0xde, 0xad, 0xff};
	char hex[2 * sizeof(bytes) + 2];

	(void)state;
	memset(hex, '?', sizeof(hex));
	hex_encode(bytes, sizeof(bytes), hex);
	assert_string_equal(hex, "00deadff");
	assert_int_equal(hex[sizeof(hex) - 1], '?');
}

static void no_bytes_are_an_empty_text(void **state)
{
	char hex[1] = {'?'};

	(void)state;
	hex_encode(NULL, 0, hex);
	assert_string_equal(hex, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_byte_has_its_two_lower_case_digits),
		cmocka_unit_test(
			bytes_keep_their_order_and_nothing_past_the_nul_is_written),
		cmocka_unit_test(no_bytes_are_an_empty_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
