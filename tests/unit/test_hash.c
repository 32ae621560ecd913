/* hash: SHA-256, and texts that do not run together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/hash.h"
#include "base/hex.h"
#include "base_fixture.h"

/* Ends `hash` and compares; FIPS 180-4's own examples and NIST's. */
static void assert_digest(struct hash *hash, const char *expected)
{
	char hex[HASH_HEX_BYTES];

	assert_int_equal(hash_finish_hex(hash, hex, NULL), 0);
	assert_string_equal(hex, expected);
}

static const struct {
	const char *text;
	const char *digest;
} vectors[] = {
	{"",
	 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
	{"abc",
	 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
	{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	 "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
};

static void the_published_vectors_come_out(void **state)
{
	unsigned char digest[HASH_BYTES];
	char hex[HASH_HEX_BYTES], encoded[HASH_HEX_BYTES];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(vectors); i++) {
		const char *text = vectors[i].text;
		size_t length = strlen(text);

		assert_int_equal(hash_bytes(text, length, digest, NULL), 0);
		hex_encode(digest, sizeof(digest), encoded);
		assert_string_equal(encoded, vectors[i].digest);
		assert_int_equal(hash_bytes_hex(text, length, hex, NULL), 0);
		assert_string_equal(hex, vectors[i].digest);
	}
}

static void a_million_letters_in_pieces_come_out(void **state)
{
	struct hash *hash = hash_start(NULL);
	char letters[1000];
	int i;

	(void)state;
	assert_non_null(hash);
	memset(letters, 'a', sizeof(letters));
	for (i = 0; i < 1000; i++)
		hash_update(hash, letters, sizeof(letters));
	assert_digest(hash, "cdc76e5c9914fb9281a1c7e284d73e67"
			    "f1809a48a497200e046d39ccc7112cd0");
}

static void pieces_make_the_digest_of_the_whole(void **state)
{
	struct hash *hash = hash_start(NULL);

	(void)state;
	assert_non_null(hash);
	hash_update(hash, "a", 1);
	hash_update(hash, NULL, 0);
	hash_update(hash, "bc", 2);
	assert_digest(hash, vectors[1].digest);
}

/* The length is eight bytes, the lowest first, on every host. */
static void a_text_is_its_length_and_then_its_bytes(void **state)
{
	static const char bytes[] = "\3\0\0\0\0\0\0\0abc\1\0\0\0\0\0\0\0d";
	const char *const texts[] = {"abc", "d"};
	struct hash *hash = hash_start(NULL);
	char expected[HASH_HEX_BYTES], hex[HASH_HEX_BYTES];

	(void)state;
	hash_bytes_hex(bytes, sizeof(bytes) - 1, expected, NULL);
	assert_non_null(hash);
	hash_update_text(hash, "abc", 3);
	hash_update_text(hash, "d", 1);
	assert_digest(hash, expected);
	assert_int_equal(hash_texts_hex(texts, 2, hex, NULL), 0);
	assert_string_equal(hex, expected);
}

static void texts_cut_at_another_place_do_not_meet(void **state)
{
	static const struct {
		const char *first, *second;
	} cases[] = {{"ab", "c"}, {"a", "bc"}, {"abc", ""}, {"", "abc"}};
	unsigned char digests[COUNT(cases)][HASH_BYTES];
	size_t i, k;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct hash *hash = hash_start(NULL);

		assert_non_null(hash);
		hash_update_text(hash, cases[i].first, strlen(cases[i].first));
		hash_update_text(hash, cases[i].second,
				 strlen(cases[i].second));
		assert_int_equal(hash_finish(hash, digests[i], NULL), 0);
		for (k = 0; k < i; k++)
			assert_memory_not_equal(digests[i], digests[k],
						HASH_BYTES);
	}
}

static void a_copy_goes_its_own_way(void **state)
{
	struct hash *hash = hash_start(NULL);
	struct hash *copy;

	(void)state;
	assert_non_null(hash);
	hash_update(hash, "a", 1);
	copy = hash_copy(hash, NULL);
	assert_non_null(copy);
	hash_update(hash, "x", 1);
	hash_update(copy, "bc", 2);
	hash_discard(hash);
	assert_digest(copy, vectors[1].digest);
}

static void a_digest_may_be_given_up(void **state)
{
	struct hash *hash = hash_start(NULL);

	(void)state;
	assert_non_null(hash);
	hash_update(hash, "abc", 3);
	hash_discard(hash); /* a leak fails the program */
	hash_discard(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_published_vectors_come_out),
		cmocka_unit_test(a_million_letters_in_pieces_come_out),
		cmocka_unit_test(pieces_make_the_digest_of_the_whole),
		cmocka_unit_test(a_text_is_its_length_and_then_its_bytes),
		cmocka_unit_test(texts_cut_at_another_place_do_not_meet),
		cmocka_unit_test(a_copy_goes_its_own_way),
		cmocka_unit_test(a_digest_may_be_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
