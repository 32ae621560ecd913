#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cache/pack.h"

static struct pack_record example(void)
{
	struct pack_record record = {
		.name = "movies/1.json",
		.name_length = 13,
		.media_type = "application/json",
		.media_type_length = 16,
		.flags = PACK_IS_FILE,
		.bodies = {{16, 1000, "abcdefghijklmno"},
			   {0, 0, {0}},
			   {UINT64_MAX, 300, "ABCDEFGHIJKLMNO"}},
	};

	return record;
}

static void a_record_reads_back_as_it_was_written(void **state)
{
	struct pack_record written = example(), read;
	struct buffer bytes = BUFFER_EMPTY;

	(void)state;
	pack_write_record(&bytes, &written);
	assert_int_equal(bytes.length, PACK_RECORD_HEAD_BYTES + 13 + 16);
	assert_int_equal(pack_read_record((unsigned char *)bytes.data,
					  bytes.length, &read),
			 bytes.length);
	assert_int_equal(read.flags, PACK_IS_FILE);
	assert_int_equal(read.name_length, 13);
	assert_memory_equal(read.name, "movies/1.json", 13);
	assert_memory_equal(read.media_type, "application/json", 16);
	assert_memory_equal(read.bodies, written.bodies, sizeof(read.bodies));
	buffer_free(&bytes);
}

static void a_record_cut_anywhere_is_not_read(void **state)
{
	struct pack_record written = example(), read;
	struct buffer bytes = BUFFER_EMPTY;
	size_t length;

	(void)state;
	pack_write_record(&bytes, &written);
	for (length = 0; length < bytes.length; length++)
		assert_int_equal(pack_read_record((unsigned char *)bytes.data,
						  length, &read),
				 0);
	buffer_free(&bytes);
}

static void numbers_stand_in_little_endian_order(void **state)
{
	struct buffer bytes = BUFFER_EMPTY;

	(void)state;
	pack_write_u64(&bytes, 0x0102030405060708u);
	assert_memory_equal(bytes.data, "\x08\x07\x06\x05\x04\x03\x02\x01", 8);
	assert_true(pack_read_u64((unsigned char *)bytes.data) ==
		    0x0102030405060708u);
	buffer_free(&bytes);
}

static void a_hash_is_never_zero_and_depends_on_every_byte(void **state)
{
	(void)state;
	assert_true(pack_hash("", 0) != 0);
	assert_true(pack_hash("a", 1) != pack_hash("b", 1));
	assert_true(pack_hash("ab", 2) != pack_hash("ba", 2));
	assert_true(pack_hash("a\0b", 3) != pack_hash("a", 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_reads_back_as_it_was_written),
		cmocka_unit_test(a_record_cut_anywhere_is_not_read),
		cmocka_unit_test(numbers_stand_in_little_endian_order),
		cmocka_unit_test(
			a_hash_is_never_zero_and_depends_on_every_byte),
	};

	return cmocka_run_group_tests_name("pack", tests, NULL, NULL);
}
