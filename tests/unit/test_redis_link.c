/* redis_link: what a Redis may say that is none, or says something else. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base_fixture.h"
#include "canned_redis.h"

static int ask(struct redis_link *link, struct redis_reply **reply,
	       long long deadline_ms, struct error *err)
{
	redis_link_add(link, "GET", "a", NULL);
	return redis_link_run(link, reply, 1, deadline_ms, err);
}

static void what_is_no_answer_ends_the_connection_and_a_refusal_does_not(
	void **state)
{
	static const struct {
		const char *answer;
		size_t bytes_more;
		bool closes, is_lost;
		const char *words;
	} cases[] = {
		{"", 0, true, true, "Redis: "},
		{"$5\r\nhel", 0, true, true, "Redis: "},
		{"?what\r\n", 0, false, true, "Redis: "},
		{"*17\r\n", 0, false, true, "Redis: "},
		{"$2000000\r\n", 1200000, false, true, "too large"},
		{"-ERR not now\r\n", 0, false, false,
		 "Redis refuses: ERR not now"},
		{"*2\r\n+OK\r\n-ERR inside\r\n", 0, false, false,
		 "Redis refuses: ERR inside"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct redis_reply *reply = NULL;
		struct canned_redis redis;
		struct redis_link *link;
		struct error err = {0};
		size_t more;

		canned_redis_start(&redis, cases[i].answer, "");
		redis.closes = cases[i].closes;
		for (more = 0; more < cases[i].bytes_more; more += 10)
			buffer_text(&redis.answer, "0123456789");
		link = canned_redis_link(&redis);
		assert_int_equal(ask(link, &reply, in_long(), &err), -1);
		assert_int_equal(err.code, EX_UNAVAILABLE);
		assert_holds(err.message, cases[i].words);
		assert_null(reply);
		assert_int_equal(redis_link_is_lost(link), cases[i].is_lost);
		redis_link_close(link);
		canned_redis_stop(&redis);
	}
}

static void whoever_is_silent_is_given_up_at_the_deadline(void **state)
{
	struct redis_reply *reply = NULL;
	struct canned_redis redis;
	struct redis_link *link;
	struct error err = {0};

	(void)state;
	canned_redis_start(&redis, "", "");
	link = canned_redis_link(&redis);
	assert_int_equal(ask(link, &reply, clock_monotonic_ms() + 20, &err),
			 -1);
	assert_holds(err.message, "does not answer in time");
	assert_true(redis_link_is_lost(link));
	redis_link_close(link);
	link = canned_redis_link(&redis);
	assert_int_equal(ask(link, &reply, 0, NULL), -1);
	redis_link_close(link);
	canned_redis_stop(&redis);
}

/* More than any socket takes, to a Redis that is busy with somebody else. */
static void whoever_takes_nothing_is_given_up_at_the_deadline(void **state)
{
	const size_t length = (size_t)64 << 20;
	char *bytes = calloc(1, length);
	struct redis_reply *reply = NULL;
	struct canned_redis redis;
	struct redis_link *first, *link;
	struct error err = {0};

	(void)state;
	assert_non_null(bytes);
	canned_redis_start(&redis, "", "");
	first = canned_redis_link(&redis);
	link = canned_redis_link(&redis);
	redis_link_add_bytes(link, bytes, length, "SET", "a", NULL);
	assert_int_equal(redis_link_run(link, &reply, 1, clock_monotonic_ms(),
					&err),
			 -1);
	assert_holds(err.message, "does not take in time");
	redis_link_close(link);
	redis_link_close(first);
	canned_redis_stop(&redis);
	free(bytes);
}

static void a_run_of_other_commands_than_were_added_is_none(void **state)
{
	struct redis_reply *reply = NULL;
	struct canned_redis redis;
	struct redis_link *link;
	int words;

	(void)state;
	canned_redis_start(&redis, "+OK\r\n", "");
	for (words = 0; words < 2; words++) {
		link = canned_redis_link(&redis);
		if (words > 0)
			redis_link_add(link, "a", "b", "c", "d", "e", "f", "g",
				       "h", "i", "j", "k", "l", "m", NULL);
		assert_int_equal(
			redis_link_run(link, &reply, 1, in_long(), NULL), -1);
		assert_true(redis_link_is_lost(link));
		redis_link_close(link);
	}
	canned_redis_stop(&redis);
}

static void who_is_not_let_in_or_not_there_has_no_link(void **state)
{
	struct canned_redis redis;
	struct error err = {0};

	(void)state;
	canned_redis_start(&redis, "-WRONGPASS guess\r\n", "me:guess@");
	assert_null(redis_link_open(&redis.url, in_long(), &err));
	assert_holds(err.message, "WRONGPASS");
	shutdown(redis.listener, SHUT_RDWR);
	assert_null(redis_link_open(&redis.url, in_long(), &err));
	assert_holds(err.message, "cannot connect to 127.0.0.1");
	canned_redis_stop(&redis);
}

static void a_reply_of_another_type_is_not_what_was_asked_for(void **state)
{
	struct redis_reply *reply = NULL;
	const struct redis_reply *number, *nil, *text, *word;
	struct canned_redis redis;
	struct redis_link *link;
	long long value = 0;
	size_t length = 0;

	(void)state;
	canned_redis_start(&redis,
			   "*4\r\n:7\r\n$-1\r\n$2\r\n12\r\n$2\r\nno\r\n", "");
	link = canned_redis_link(&redis);
	assert_int_equal(ask(link, &reply, LLONG_MAX, NULL), 0);
	number = redis_reply_element(reply, 0);
	nil = redis_reply_element(reply, 1);
	text = redis_reply_element(reply, 2);
	word = redis_reply_element(reply, 3);
	assert_true(redis_reply_number(number, &value) && value == 7);
	assert_true(redis_reply_number(text, &value) && value == 12);
	assert_false(redis_reply_number(word, &value));
	assert_false(redis_reply_number(nil, &value));
	assert_false(redis_reply_number(NULL, &value));
	assert_true(redis_reply_is_nil(nil));
	assert_false(redis_reply_is_nil(text));
	assert_false(redis_reply_is_nil(NULL));
	assert_string_equal(redis_reply_bytes(text, &length), "12");
	assert_int_equal(length, 2);
	assert_null(redis_reply_bytes(number, &length));
	assert_null(redis_reply_bytes(NULL, &length));
	assert_null(redis_reply_element(reply, 4));
	assert_null(redis_reply_element(text, 0));
	assert_null(redis_reply_element(NULL, 0));
	redis_replies_free(&reply, 1);
	redis_link_close(link);
	redis_link_close(NULL);
	canned_redis_stop(&redis);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			what_is_no_answer_ends_the_connection_and_a_refusal_does_not),
		cmocka_unit_test(whoever_is_silent_is_given_up_at_the_deadline),
		cmocka_unit_test(
			whoever_takes_nothing_is_given_up_at_the_deadline),
		cmocka_unit_test(
			a_run_of_other_commands_than_were_added_is_none),
		cmocka_unit_test(who_is_not_let_in_or_not_there_has_no_link),
		cmocka_unit_test(
			a_reply_of_another_type_is_not_what_was_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
