/* id_key: SipHash-2-4 of 128 bits, as its authors have it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "catalogue/id_key.h"

/* From the reference implementation's vectors.h: key 00 01 … 0f, input
 * 00 01 02 …, as many bytes as `length`. */
static const struct {
	size_t length;
	uint64_t high, low;
} vectors[] = {
	{0, 0xe6a825ba047f81a3u, 0x930255c71472f66du},
	{1, 0x44af996bd8c187dau, 0x45fc229b11597634u},
};

static void keys_are_those_of_the_reference(void **state)
{
	const struct id_secret secret = {
		{0x0706050403020100u, 0x0f0e0d0c0b0a0908u}};
	char input[64];
	struct id_key key;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(input); i++)
		input[i] = (char)i;
	for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		key = id_key(&secret, input, vectors[i].length);
		assert_int_equal(key.high, vectors[i].high);
		assert_int_equal(key.low, vectors[i].low);
	}
}

static void texts_that_differ_in_anything_have_other_keys(void **state)
{
	static const char text[] = "0123456789abcdef";
	struct id_secret secret;
	struct id_key a, b;
	size_t i, k;

	(void)state;
	assert_int_equal(id_secret_draw(&secret, NULL), 0);
	for (i = 0; i < sizeof(text); i++)
		for (k = 0; k < sizeof(text); k++) {
			a = id_key(&secret, text, i);
			b = id_key(&secret, text, k);
			assert_int_equal(id_key_compare(&a, &b) == 0, i == k);
			assert_int_equal(id_key_compare(&a, &b),
					 -id_key_compare(&b, &a));
		}
}

static void keys_are_in_the_order_of_their_halves(void **state)
{
	static const struct id_key keys[] = {{.high = 1, .low = 1},
					     {.high = 1, .low = 2},
					     {.high = 2, .low = 0}};
	size_t i, k;

	(void)state;
	for (i = 0; i < 3; i++)
		for (k = 0; k < 3; k++)
			assert_int_equal(id_key_compare(&keys[i], &keys[k]),
					 (i > k) - (i < k));
}

static void another_secret_makes_other_keys(void **state)
{
	struct id_secret secrets[2];
	struct id_key a, b;

	(void)state;
	assert_int_equal(id_secret_draw(&secrets[0], NULL), 0);
	assert_int_equal(id_secret_draw(&secrets[1], NULL), 0);
	a = id_key(&secrets[0], "film", 4);
	b = id_key(&secrets[1], "film", 4);
	assert_int_not_equal(id_key_compare(&a, &b), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_those_of_the_reference),
		cmocka_unit_test(texts_that_differ_in_anything_have_other_keys),
		cmocka_unit_test(keys_are_in_the_order_of_their_halves),
		cmocka_unit_test(another_secret_makes_other_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
