/* pack_queue: what goes through a thread is what would be added without. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cache_fixture.h"

#include "cache/pack.h"
#include "cache/pack_queue.h"

/* Of a megabyte each: the first few are added without a thread. */
#define BODY_BYTES ((size_t)1 << 20)
#define BODIES 12

/* Puts a set into the file "pack", through a queue or not. `repeated`, if it
 * is not negative, has the name of the one before. */
static int make_pack(bool is_queued, int repeated, char hash[65],
		     struct error *err)
{
	int pack = open("pack", O_RDWR | O_CREAT | O_TRUNC, 0644);
	struct pack_builder *builder = pack_builder_start(-1, pack, NULL, err);
	struct pack_queue *queue = pack_queue_new(builder, err);
	char *body = malloc(BODY_BYTES);
	int status = 0, i;

	for (i = 0; i < BODIES && status == 0; i++) {
		char name[] = {'n', (char)('a' + i - (i == repeated)), '\0'};
		char type[] = "text/plain";
		struct cache_representation one = {
			.name = name,
			.media_type = type,
			.body = body,
			.body_bytes = i % 3 == 2 ? 0 : BODY_BYTES,
			.effort = COMPRESS_NOT,
		};

		memset(body, 'a' + i, BODY_BYTES);
		status = (is_queued ? pack_queue_add(queue, &one, err)
				    : pack_builder_add(builder, &one, err));
		memset(name, '?', sizeof(name) - 1);
		memset(type, '?', sizeof(type) - 1);
	}
	if (status == 0)
		status = pack_queue_drain(queue, err);
	if (status == 0)
		status = pack_builder_finish(builder, hash, err);
	pack_queue_free(queue);
	pack_builder_free(builder);
	free(body);
	close(pack);
	return status;
}

static void a_queued_set_has_the_bytes_of_any_other(void **state)
{
	char plain[65], queued[65], repeated[65];
	struct error err = {0};

	(void)state;
	assert_int_equal(make_pack(false, -1, plain, &err), 0);
	assert_int_equal(rename("pack", "plain"), 0);
	assert_int_equal(make_pack(true, -1, queued, &err), 0);
	assert_string_equal(queued, plain);
	assert_int_equal(system("cmp -s pack plain"), 0);
	assert_int_equal(make_pack(true, 9, repeated, &err), -1);
	assert_int_equal(err.code, EX_SOFTWARE);
}

/* /dev/full has no room: the thread finds that, and the caller is told. */
static void a_failure_in_the_thread_is_told_at_the_end(void **state)
{
	int full = open("/dev/full", O_RDWR);
	struct error err = {0};
	struct pack_builder *builder = pack_builder_start(-1, full, NULL, &err);
	struct pack_queue *queue = pack_queue_new(builder, &err);
	char *body = calloc(1, PACK_QUEUE_AFTER_BYTES);
	const struct cache_representation one = {
		.name = "one",
		.media_type = "text/plain",
		.body = body,
		.body_bytes = PACK_QUEUE_AFTER_BYTES,
		.effort = COMPRESS_NOT,
	};

	(void)state;
	assert_int_equal(pack_queue_add(queue, &one, &err), 0);
	assert_int_equal(pack_queue_drain(queue, &err), -1);
	assert_int_equal(err.code, EX_IOERR);
	assert_non_null(strstr(err.message, "No space left"));
	err = (struct error){0};
	assert_int_equal(pack_queue_add(queue, &one, &err), -1);
	assert_int_equal(err.code, EX_IOERR);
	pack_queue_free(queue);
	pack_builder_free(builder);
	free(body);
	close(full);
}

/* Without draining: whatever waits is let go (the sanitizer looks on). */
static void a_queue_can_be_given_up_at_any_moment(void **state)
{
	struct error err = {0};
	size_t bodies;

	(void)state;
	for (bodies = 0; bodies < 8; bodies++) {
		int pack = open("pack", O_RDWR | O_CREAT | O_TRUNC, 0644);
		struct pack_builder *builder =
			pack_builder_start(-1, pack, NULL, &err);
		struct pack_queue *queue = pack_queue_new(builder, &err);
		char *body = calloc(1, BODY_BYTES);
		size_t i;

		for (i = 0; i < bodies; i++) {
			const char name[] = {(char)('a' + i), '\0'};
			const struct cache_representation one = {
				.name = name,
				.media_type = "text/plain",
				.body = body,
				.body_bytes = BODY_BYTES,
				.effort = COMPRESS_NOT,
			};

			assert_int_equal(pack_queue_add(queue, &one, &err), 0);
		}
		pack_queue_free(queue);
		pack_builder_free(builder);
		free(body);
		close(pack);
	}
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, enter_directory, leave_directory)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_queued_set_has_the_bytes_of_any_other),
		TEST(a_failure_in_the_thread_is_told_at_the_end),
		TEST(a_queue_can_be_given_up_at_any_moment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
