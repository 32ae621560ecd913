/* cache_import: a generation made elsewhere goes live whole, or not at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "cache/cache_import.h"
#include "cache/cache_keep.h"
#include "cache/pack.h"
#include "cache/pack_footer.h"
#include "cache_fixture.h"

/* Of what is published there, by publish(). */
static const char *const files[] = {"pack", "list", "list.gz", "list.br"};

#define FILES (sizeof(files) / sizeof(files[0]))

/* In the body of a kept file. */
#define PACK_MIDDLE 40

static const char body[] =
	"A body that is long enough to be worth compressing, compressing, "
	"compressing, compressing, compressing, compressing, compressing.";

struct made {
	char name[LAYOUT_GENERATION_DIGITS + 1];
	struct buffer bytes[FILES]; /* empty where there is no such file */
};

/* Publishes in another cache, that many short pages with it, and reads what came
 * of it. */
static void make_many(struct made *made, int count)
{
	struct cache_writer *writer = open_writer();
	struct cache_snapshot snapshot;
	char name[24];
	size_t i;

	memset(made, 0, sizeof(*made));
	add(writer, "page", body, false);
	add(writer, "list", body, true);
	for (; count > 0; count--) {
		snprintf(name, sizeof(name), "short-%d", count);
		add(writer, name, "x", false);
	}
	assert_int_equal(cache_writer_commit(writer, NULL), 1);
	snprintf(made->name, sizeof(made->name), "%s",
		 cache_writer_current(writer));
	cache_writer_close(writer);
	assert_int_equal(
		cache_snapshot_open("cache", "movies", &snapshot, NULL), 0);
	for (i = 0; i < FILES; i++)
		files_read(snapshot.dir, files[i], 1 << 20, &made->bytes[i],
			   NULL);
	cache_snapshot_close(&snapshot);
	assert_int_equal(files_remove_tree(AT_FDCWD, "cache", NULL), 0);
	publish("what was before");
}

static void make(struct made *made)
{
	make_many(made, 0);
}

static void unmake(struct made *made)
{
	size_t i;

	for (i = 0; i < FILES; i++)
		buffer_free(&made->bytes[i]);
}

/* Byte by byte but for the pack, which shows that pieces are put together. */
static int import(const struct made *made, const char *name, struct error *err)
{
	struct cache_writer *writer = open_writer();
	struct cache_import *import = cache_import_start(writer, err);
	int status = 0;
	size_t i, at;

	assert_non_null(import);
	for (i = 0; i < FILES && status == 0; i++) {
		const struct buffer *bytes = &made->bytes[i];

		if (i == 0 && bytes->length > 0)
			status = cache_import_write(import, files[i],
						    bytes->data, bytes->length,
						    err);
		for (at = 0; i > 0 && at < bytes->length && status == 0; at++)
			status = cache_import_write(import, files[i],
						    bytes->data + at, 1, err);
	}
	if (status == 0)
		status = cache_import_commit(import, name, err);
	cache_import_free(import);
	cache_writer_close(writer);
	assert_int_equal(access("cache/movies/staging", F_OK), -1);
	return status;
}

static void an_import_is_live_as_it_was_elsewhere(void **state)
{
	struct cache_writer *writer;
	struct made made;
	struct error err = {0};

	(void)state;
	make(&made);
	if (import(&made, made.name, &err) != 1)
		fail_msg("%s", err.message);
	assert_live(body);
	writer = open_writer();
	assert_string_equal(cache_writer_current(writer), made.name);
	cache_writer_close(writer);
	assert_int_equal(import(&made, made.name, &err), 0);
	unmake(&made);
}

/* Its index is not read at once. */
static void a_generation_of_thousands_is_imported(void **state)
{
	struct made made;
	struct error err = {0};

	(void)state;
	make_many(&made, 2100);
	if (import(&made, made.name, &err) != 1)
		fail_msg("%s", err.message);
	assert_live(body);
	unmake(&made);
	cache_import_free(NULL);
}

static void refused(const struct made *made, const char *name, const char *why)
{
	struct error err = {0};

	if (import(made, name, &err) != -1)
		fail_msg("%s is taken", why);
	if (err.code != EX_DATAERR)
		fail_msg("%s: %d, %s", why, err.code, err.message);
	assert_live("what was before");
}

/* As many as there are records, but of one of them twice. */
static void an_index_that_leads_to_one_place_twice_is_refused(void **state)
{
	struct pack_footer footer;
	struct made made;
	char *slots, *first = NULL;
	uint64_t i;
	int fd;

	(void)state;
	make(&made);
	fd = open("pack", O_RDWR | O_CREAT, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, made.bytes[0].data, made.bytes[0].length),
			 made.bytes[0].length);
	assert_int_equal(pack_footer_read(fd, &footer), 0);
	close(fd);
	slots = made.bytes[0].data + footer.slots_at;
	for (i = 0; i < footer.slot_count; i++) {
		char *place = slots + i * PACK_SLOT_BYTES + 8;

		if (pack_read_u64((const unsigned char *)place) == 0)
			continue;
		if (first != NULL)
			memcpy(place, first, 8);
		else
			first = place;
	}
	refused(&made, made.name, "one place twice");
	unmake(&made);
}

/* Wherever it is: in a body, a record, a slot, the footer. */
static void a_byte_that_is_another_one_anywhere_is_found(void **state)
{
	struct made made;
	size_t i, at, kept = 0;
	char why[64];

	(void)state;
	make(&made);
	for (i = 0; i < FILES; i++)
		for (at = 0; at < made.bytes[i].length;
		     at += i == 0 ? 23 : 60) {
			struct buffer *bytes = &made.bytes[i];
			struct error err = {0};

			bytes->data[at] ^= 0x55;
			snprintf(why, sizeof(why), "%s, byte %zu", files[i],
				 at);
			/* A hash in a slot belongs to no body: whoever looks
			 * for the name would not find it, so the digest of the
			 * whole file is compared by whoever takes it. */
			if (import(&made, made.name, &err) == 1) {
				kept++;
				publish("what was before");
			} else if (err.code != EX_DATAERR) {
				fail_msg("%s: %s", why, err.message);
			}
			bytes->data[at] ^= 0x55;
		}
	if (kept > made.bytes[0].length / 20)
		fail_msg("%zu changes are not found", kept);
	unmake(&made);
}

/* The record of that name, as it lies in the pack. */
static char *record_of(const struct buffer *pack, const char *name)
{
	size_t length = strlen(name), at;

	for (at = PACK_RECORD_HEAD_BYTES; at + length < pack->length; at++) {
		char *record = pack->data + at - PACK_RECORD_HEAD_BYTES;

		if (memcmp(pack->data + at, name, length) == 0 &&
		    record[0] == (char)length && record[1] == 0)
			return record;
	}
	fail_msg("no record of %s", name);
	return NULL;
}

static void what_no_record_of_ours_says_is_refused(void **state)
{
#define NAME PACK_RECORD_HEAD_BYTES
	static const struct {
		const char *why, *name;
		size_t at;
		char bytes[9];
		size_t length;
	} cases[] = {
		{"too long a name", "page", 0, "\x01\x04", 2},
		{"a name past the records", "short-1", 0, "\xff\x03", 2},
		{"too long a type", "page", 2, "\x80\0", 2},
		{"no body", "page", 8, "\0\0\0\0\0\0\0\0", 8},
		{"a NUL in a name", "page", NAME + 1, "\0", 1},
		{"a hidden file", "list", NAME, ".", 1},
		{"a file elsewhere", "list", NAME + 1, "/", 1},
	};
	struct made made;
	char before[8], *place;
	size_t i;

	(void)state;
	make_many(&made, 40);
	for (i = 0; i < COUNT(cases); i++) {
		place = record_of(&made.bytes[0], cases[i].name) + cases[i].at;
		memcpy(before, place, cases[i].length);
		memcpy(place, cases[i].bytes, cases[i].length);
		refused(&made, made.name, cases[i].why);
		memcpy(place, before, cases[i].length);
	}
	/* The number of records, in the footer. */
	place = made.bytes[0].data + made.bytes[0].length - PACK_FOOTER_BYTES +
		16;
	memcpy(place, "\0\0\0\0\0\0\0\0", 8);
	refused(&made, made.name, "no records");
	place[1] = 1;
	refused(&made, made.name, "more records than slots");
	unmake(&made);
}

static void what_is_cut_or_missing_or_of_another_name_is_refused(void **state)
{
	static const char none[] =
		"00000000000000000000000000000000000000000000000000000000"
		"00000000";
	struct made made;
	size_t i, length;

	(void)state;
	make(&made);
	refused(&made, none, "another name");
	for (i = 0; i < FILES; i++) {
		length = made.bytes[i].length;
		if (length == 0)
			continue;
		made.bytes[i].length = length - 1;
		refused(&made, made.name, files[i]);
		made.bytes[i].length = 0;
		refused(&made, made.name, files[i]);
		made.bytes[i].length = length;
	}
	unmake(&made);
}

static void no_name_leads_out_of_the_generation(void **state)
{
	static const char *const names[] = {"",   ".",   "..",     "../x",
					    "/x", "a/b", ".hidden"};
	struct cache_writer *writer = open_writer();
	struct cache_import *import = cache_import_start(writer, NULL);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(
			cache_import_write(import, names[i], "x", 1, NULL), -1);
	cache_import_free(import);
	cache_writer_close(writer);
}

/* --- Kept files -------------------------------------------------------------- */

static void keep(const char *name)
{
	const struct cache_representation representation = {
		.name = name,
		.media_type = "application/json",
		.body = body,
		.body_bytes = strlen(body),
	};

	assert_int_equal(
		cache_keep_put("cache", "files", &representation, NULL), 1);
}

static void read_kept(const char *name, struct buffer *pack)
{
	char file[CACHE_KEEP_FILE_BYTES];
	off_t length;
	int dir =
		cache_keep_locate("cache", "files", name, file, &length, NULL);

	assert_true(dir >= 0);
	assert_int_equal(files_read(dir, file, 1 << 20, pack, NULL), 0);
	assert_int_equal(pack->length, length);
	close(dir);
}

static void a_kept_file_is_kept_elsewhere_with_the_same_bytes(void **state)
{
	struct buffer pack = BUFFER_EMPTY, again = BUFFER_EMPTY;
	struct error err = {0};

	(void)state;
	keep("one");
	read_kept("one", &pack);
	assert_int_equal(cache_keep_forget("cache", "files", "one", NULL), 1);
	if (cache_keep_import("cache", "files", "one", pack.data, pack.length,
			      &err) != 1)
		fail_msg("%s", err.message);
	read_kept("one", &again);
	assert_int_equal(again.length, pack.length);
	assert_memory_equal(again.data, pack.data, pack.length);
	assert_int_equal(cache_keep_import("cache", "files", "one", pack.data,
					   pack.length, NULL),
			 0);
	buffer_free(&again);
	buffer_free(&pack);
}

static void a_pack_of_two_is_no_kept_file(void **state)
{
	struct cache_writer *writer = open_writer();
	struct cache_snapshot snapshot;
	struct buffer pack = BUFFER_EMPTY;
	struct error err = {0};

	(void)state;
	add(writer, "one", body, false);
	add(writer, "two", body, false);
	assert_int_equal(cache_writer_commit(writer, NULL), 1);
	cache_writer_close(writer);
	assert_int_equal(
		cache_snapshot_open("cache", "movies", &snapshot, NULL), 0);
	assert_int_equal(files_read(snapshot.dir, "pack", 1 << 20, &pack, NULL),
			 0);
	cache_snapshot_close(&snapshot);
	assert_int_equal(cache_keep_import("cache", "files", "one", pack.data,
					   pack.length, &err),
			 -1);
	assert_int_equal(err.code, EX_DATAERR);
	buffer_free(&pack);
}

static void a_kept_file_that_is_anothers_or_cut_is_not_kept(void **state)
{
	struct cache_snapshot snapshot;
	struct buffer pack = BUFFER_EMPTY;
	struct error err = {0};
	size_t length;

	(void)state;
	keep("one");
	read_kept("one", &pack);
	assert_int_equal(cache_keep_import("cache", "files", "two", pack.data,
					   pack.length, &err),
			 -1);
	assert_int_equal(err.code, EX_DATAERR);
	for (length = 0; length < pack.length; length += 7)
		assert_int_equal(cache_keep_import("cache", "files", "two",
						   pack.data, length, NULL),
				 -1);
	pack.data[PACK_MIDDLE] ^= 1;
	assert_int_equal(cache_keep_forget("cache", "files", "one", NULL), 1);
	assert_int_equal(cache_keep_import("cache", "files", "one", pack.data,
					   pack.length, NULL),
			 -1);
	assert_int_equal(cache_keep_import("cache", "files", "one", pack.data,
					   pack.length, &err),
			 -1);
	assert_int_equal(cache_keep_open("cache", "files", "one", &snapshot,
					 NULL),
			 CACHE_EMPTY);
	/* There is no directory for it to have a file in. */
	pack.data[PACK_MIDDLE] ^= 1;
	record_of(&pack, "one")[4] |= PACK_IS_FILE;
	assert_int_equal(cache_keep_import("cache", "files", "one", pack.data,
					   pack.length, &err),
			 -1);
	assert_int_equal(err.code, EX_DATAERR);
	buffer_free(&pack);
}

int main(void)
{
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, enter_directory, leave_directory)
	const struct CMUnitTest tests[] = {
		TEST(an_import_is_live_as_it_was_elsewhere),
		TEST(a_generation_of_thousands_is_imported),
		TEST(an_index_that_leads_to_one_place_twice_is_refused),
		TEST(a_byte_that_is_another_one_anywhere_is_found),
		TEST(what_no_record_of_ours_says_is_refused),
		TEST(what_is_cut_or_missing_or_of_another_name_is_refused),
		TEST(no_name_leads_out_of_the_generation),
		TEST(a_kept_file_is_kept_elsewhere_with_the_same_bytes),
		TEST(a_pack_of_two_is_no_kept_file),
		TEST(a_kept_file_that_is_anothers_or_cut_is_not_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
