/* media_share: what is no file of ours in Redis, and what is not put there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base_fixture.h"
#include "cache/cache_keep.h"
#include "canned_redis.h"
#include "media/media.h"
#include "media/media_share.h"
#include "share/share_head.h"

#define BASE "http://upstream"

/* Bytes of a question for a head, but not of another one for its files. */
#define ONE_QUESTION 150

#define CONTENT                                                                \
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct media_share *open_share(const struct canned_redis *redis)
{
	struct media_share *share = NULL;
	struct error err = {0};

	if (media_share_open(redis->text, BASE, "cache", &share, &err) != 0)
		fail_msg("%s", err.message);
	assert_non_null(share);
	return share;
}

/* A reply that is a head of `files` files, each of that length. */
static void put_head(size_t files, uint64_t length, struct buffer *reply)
{
	struct share_head head = {.content = CONTENT,
				  .token = "0123456789abcdef0123456789abcdef"};
	struct buffer text = BUFFER_EMPTY;
	char name[24];
	size_t i;

	for (i = 0; i < files; i++) {
		struct share_file *file;

		snprintf(name, sizeof(name), "%zu", i);
		file = share_head_add(&head, name, NULL);
		assert_non_null(file);
		file->length = length;
		memcpy(file->digest, CONTENT, sizeof(CONTENT));
	}
	share_head_write(&head, &text);
	assert_int_equal(buffer_check(&text, NULL), 0);
	buffer_format(reply, "$%zu\r\n%s\r\n", text.length, text.data);
	buffer_free(&text);
	share_head_free(&head);
}

static void what_is_another_thing_than_the_file_is_not_taken(void **state)
{
	static const struct {
		size_t files;
		uint64_t length;
	} heads[] = {{1, 5}, {2, 5}, {1, MEDIA_SHARE_MAX_BYTES + 1}};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(heads); i++) {
		struct canned_redis redis;
		struct media_share *share;

		canned_redis_start(&redis, "", "");
		put_head(heads[i].files, heads[i].length, &redis.answer);
		share = open_share(&redis);
		assert_false(media_share_take(share, "a"));
		media_share_close(share);
		canned_redis_stop(&redis);
		assert_in_range(redis.asked, 1, ONE_QUESTION);
	}
}

/* It is not even asked. */
static void a_pack_past_the_limit_is_not_put(void **state)
{
	struct cache_representation representation = {
		.name = "a",
		.media_type = "application/json",
		.body = "{}",
		.body_bytes = 2,
	};
	char file[CACHE_KEEP_FILE_BYTES];
	struct canned_redis redis;
	struct media_share *share;
	off_t length;
	int dir, fd;

	(void)state;
	assert_int_equal(
		cache_keep_put("cache", MEDIA_SITE, &representation, NULL), 1);
	dir = cache_keep_locate("cache", MEDIA_SITE, "a", file, &length, NULL);
	assert_true(dir >= 0);
	fd = openat(dir, file, O_WRONLY);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)MEDIA_SHARE_MAX_BYTES + 1), 0);
	close(fd);
	close(dir);
	canned_redis_start(&redis, "", "");
	share = open_share(&redis);
	media_share_put(share, "a");
	media_share_put(share, "not kept");
	media_share_close(share);
	canned_redis_stop(&redis);
	assert_int_equal(redis.asked, 0);
}

static void without_a_redis_or_an_upstream_nothing_is_shared(void **state)
{
	struct media_share *share = NULL;
	struct error err = {0};

	(void)state;
	assert_int_equal(media_share_open("", BASE, "cache", &share, NULL), 0);
	assert_null(share);
	assert_int_equal(
		media_share_open("redis://h", "", "cache", &share, NULL), 0);
	assert_null(share);
	assert_false(media_share_take(NULL, "a"));
	media_share_put(NULL, "a");
	assert_int_equal(media_share_forget(NULL, "a", NULL), 0);
	assert_int_equal(
		media_share_open("http://h", BASE, "cache", &share, &err), -1);
	assert_int_equal(err.code, EX_CONFIG);
	assert_null(share);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			what_is_another_thing_than_the_file_is_not_taken),
		cmocka_unit_test_setup_teardown(
			a_pack_past_the_limit_is_not_put, enter_directory,
			leave_directory),
		cmocka_unit_test(
			without_a_redis_or_an_upstream_nothing_is_shared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
