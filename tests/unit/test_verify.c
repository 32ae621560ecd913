#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cache_fixture.h"

#include "base/buffer.h"
#include "base/hash.h"
#include "cache/pack.h"
#include "cache/verify.h"

#define BODY "0123456789"

/* A pack that is nothing but a body, a file "list" with the same one, and the
 * records of both. */
static int make(struct buffer *records, struct error *err)
{
	unsigned char digest[HASH_BYTES];
	struct pack_record record = {
		.name = "page",
		.name_length = 4,
		.media_type = "t",
		.media_type_length = 1,
	};
	int fd = open("pack", O_RDWR | O_CREAT, 0644);

	assert_int_equal(write(fd, "*" BODY, 11), 11);
	assert_int_equal(files_create(AT_FDCWD, "list", BODY, 10, err), 0);
	assert_int_equal(hash_bytes(BODY, 10, digest, err), 0);
	memcpy(record.bodies[0].tag, digest, PACK_TAG_BYTES);
	record.bodies[0].offset = 1;
	record.bodies[0].length = 10;
	pack_write_record(records, &record);
	record.name = "list";
	record.flags = PACK_IS_FILE;
	pack_write_record(records, &record);
	return fd;
}

/* Verifies one record after another. */
static int verify_bodies(int dir, int pack, const struct buffer *records,
			 struct error *err)
{
	const unsigned char *bytes = (const unsigned char *)records->data;
	struct pack_record record;
	size_t at = 0, step;

	for (; at < records->length; at += step) {
		step = pack_read_record(bytes + at, records->length - at,
					&record);
		assert_int_not_equal(step, 0);
		if (verify_record(dir, pack, &record, err) != 0)
			return -1;
	}
	return 0;
}

static void bytes_that_are_what_was_meant_pass(void **state)
{
	struct buffer records = BUFFER_EMPTY;
	struct error err = {0};
	int pack = make(&records, &err);

	(void)state;
	assert_int_equal(verify_bodies(AT_FDCWD, pack, &records, &err), 0);
	close(pack);
	buffer_free(&records);
}

static void one_wrong_byte_is_found_and_named(void **state)
{
	static const struct {
		const char *file;
		const char *named;
	} cases[] = {{"pack", "page: "}, {"list", "list: "}};
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct buffer records = BUFFER_EMPTY;
		struct error err = {0};
		int pack, fd;

		unlink("pack");
		unlink("list");
		pack = make(&records, &err);
		fd = open(cases[i].file, O_WRONLY);
		assert_int_equal(pwrite(fd, "!", 1, 5), 1);
		close(fd);
		assert_int_equal(verify_bodies(AT_FDCWD, pack, &records, &err),
				 -1);
		assert_int_equal(err.code, EX_IOERR);
		assert_int_equal(strncmp(err.message, cases[i].named, 6), 0);
		close(pack);
		buffer_free(&records);
	}
}

static void missing_bytes_and_surplus_ones_are_found(void **state)
{
	struct buffer records = BUFFER_EMPTY;
	struct error err = {0};
	int pack = make(&records, &err);

	(void)state;
	assert_int_equal(truncate("list", 11), 0);
	assert_int_equal(verify_bodies(AT_FDCWD, pack, &records, &err), -1);
	assert_int_equal(truncate("list", 9), 0);
	assert_int_equal(verify_bodies(AT_FDCWD, pack, &records, &err), -1);
	assert_int_equal(truncate("pack", 6), 0);
	assert_int_equal(verify_bodies(AT_FDCWD, pack, &records, &err), -1);
	assert_non_null(strstr(err.message, "bytes are missing"));
	assert_int_equal(unlink("list"), 0);
	close(pack);
	buffer_free(&records);
}

int main(void)
{
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, enter_directory, leave_directory)
	const struct CMUnitTest tests[] = {
		TEST(bytes_that_are_what_was_meant_pass),
		TEST(one_wrong_byte_is_found_and_named),
		TEST(missing_bytes_and_surplus_ones_are_found),
	};

	return cmocka_run_group_tests_name("verify", tests, NULL, NULL);
}
