#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "media/media_rest.h"

static int begin(struct media_rest *rest, const char *id, long long now_ms)
{
	struct media_answer answer = {.outcome = MEDIA_TOO_SLOW};

	error_set(&answer.reason, EX_UNAVAILABLE, "too slow");
	media_rest_begin(rest, id, &answer, now_ms);
	return answer.retry_after_s;
}

static void a_rest_grows_with_failures_up_to_its_end(void **state)
{
	struct media_rest rest = MEDIA_REST_EMPTY;
	int i;

	(void)state;
	for (i = 1; i <= 8; i++)
		assert_int_equal(begin(&rest, "a", i * 10000), i < 5 ? i : 5);
	assert_int_equal(begin(&rest, "b", 80000), 1);
	media_rest_end(&rest, "a");
	assert_int_equal(begin(&rest, "a", 90000), 1);
	media_rest_free(&rest);
}

static void a_resting_id_has_its_failure_again(void **state)
{
	struct media_rest rest = MEDIA_REST_EMPTY;
	struct media_answer answer;

	(void)state;
	assert_false(media_rest_find(&rest, "a", &answer, 0));
	begin(&rest, "a", 0);
	begin(&rest, "a", 1000);
	assert_true(media_rest_find(&rest, "a", &answer, 1001));
	assert_int_equal(answer.outcome, MEDIA_TOO_SLOW);
	assert_int_equal(answer.retry_after_s, 2);
	assert_string_equal(answer.reason.message, "too slow");
	assert_true(media_rest_find(&rest, "a", &answer, 2999));
	assert_int_equal(answer.retry_after_s, 1);
	assert_false(media_rest_find(&rest, "a", &answer, 3000));
	assert_false(media_rest_find(&rest, "b", &answer, 1001));
	media_rest_free(&rest);
}

static void failures_of_long_ago_do_not_count(void **state)
{
	struct media_rest rest = MEDIA_REST_EMPTY;

	(void)state;
	begin(&rest, "a", 0);
	assert_int_equal(begin(&rest, "a", 2000), 2);
	assert_int_equal(begin(&rest, "a", 4000 + MEDIA_REST_REMEMBERED_MS), 1);
	media_rest_free(&rest);
}

static void no_more_than_so_many_rest(void **state)
{
	struct media_rest rest = MEDIA_REST_EMPTY;
	struct media_answer answer;
	char id[16];
	int i;

	(void)state;
	for (i = 0; i < MEDIA_REST_MAX + 10; i++) {
		snprintf(id, sizeof(id), "id-%d", i);
		begin(&rest, id, i);
	}
	assert_int_equal(rest.count, MEDIA_REST_MAX);
	assert_false(media_rest_find(&rest, "id-0", &answer, 500));
	assert_true(media_rest_find(&rest, id, &answer, 500));
	media_rest_free(&rest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rest_grows_with_failures_up_to_its_end),
		cmocka_unit_test(a_resting_id_has_its_failure_again),
		cmocka_unit_test(failures_of_long_ago_do_not_count),
		cmocka_unit_test(no_more_than_so_many_rest),
	};

	return cmocka_run_group_tests_name("media_rest", tests, NULL, NULL);
}
