/* http_policy: waits, statuses, URLs and validators. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "upstream/http_policy.h"

static void a_get_wants_a_200_and_the_others_any_2xx(void **state)
{
	static const struct {
		long status;
		bool is_get_done, is_other_done;
	} cases[] = {
		{0, false, false},   {100, false, false}, {199, false, false},
		{200, true, true},   {201, false, true},  {204, false, true},
		{206, false, true},  {299, false, true},  {300, false, false},
		{304, false, false}, {404, false, false}, {500, false, false},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (http_status_is_success(HTTP_GET, cases[i].status) !=
			    cases[i].is_get_done ||
		    http_status_is_success(HTTP_PUT, cases[i].status) !=
			    cases[i].is_other_done ||
		    http_status_is_success(HTTP_POST, cases[i].status) !=
			    cases[i].is_other_done)
			fail_msg("%ld", cases[i].status);
}

static void a_status_is_retried_only_if_it_may_pass(void **state)
{
	static const long retried[] = {408, 429, 500, 502, 503, 504, 599};
	static const long final[] = {200, 204, 301, 304, 400, 401,
				     403, 404, 407, 409, 410, 428};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(retried) / sizeof(retried[0]); i++)
		if (!http_status_is_retried(retried[i]))
			fail_msg("%ld is not retried", retried[i]);
	for (i = 0; i < sizeof(final) / sizeof(final[0]); i++)
		if (http_status_is_retried(final[i]))
			fail_msg("%ld is retried", final[i]);
}

static void the_longest_backoff_doubles_up_to_its_limit(void **state)
{
	static const long longest[] = {200, 400, 800, 1600, 3200, 5000, 5000};
	unsigned retry;

	(void)state;
	for (retry = 1; retry <= 7; retry++) {
		unsigned all = (unsigned)longest[retry - 1];

		assert_int_equal(http_backoff_ms(retry, all), all);
		assert_int_equal(http_backoff_ms(retry, all + 1), 0);
		assert_int_equal(http_backoff_ms(retry, 17), 17);
	}
	assert_in_range(http_backoff_ms(UINT_MAX, UINT_MAX), 0, 5000);
}

/* Now is Sun, 06 Nov 1994 08:49:00 GMT. */
#define NOW ((time_t)784111740)

static void retry_after_is_read_as_seconds_or_as_a_date(void **state)
{
	static const struct {
		const char *value;
		long long wait_ms;
	} cases[] = {
		{"0", 0},
		{"1", 1000},
		{"120", 120000},
		{"9223372036854775807", LLONG_MAX},
		{"Sun, 06 Nov 1994 08:49:37 GMT", 37000},
		{"Sunday, 06-Nov-94 08:49:37 GMT", 37000},
		{"Sun Nov  6 08:49:37 1994", 37000},
		{"Sun, 06 Nov 1994 08:48:59 GMT", 0},
		{NULL, -1},
		{"", -1},
		{"-1", -1},
		{"1.5", -1},
		{"soon", -1},
		{"1 s", -1},
		{"9223372036854775808", -1},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (http_retry_after_ms(cases[i].value, NOW) !=
		    cases[i].wait_ms)
			fail_msg("%s: %lld", cases[i].value,
				 http_retry_after_ms(cases[i].value, NOW));
}

static void a_public_url_shows_no_userinfo(void **state)
{
	static const struct {
		const char *url, *shown;
	} cases[] = {
		{"http://a.example/films", "http://a.example/films"},
		{"http://bob@a.example/", "http://a.example/"},
		{"https://bob:secret@a.example:8443/x?y=@z",
		 "https://a.example:8443/x?y=@z"},
		{"http://bob:p@ss@a.example", "http://a.example"},
		{"http://a.example/@b", "http://a.example/@b"},
		{"http://a.example?@b", "http://a.example?@b"},
		{"http://[::1]:80/", "http://[::1]:80/"},
		{"no url", "no url"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buffer shown = BUFFER_EMPTY;

		http_public_url(&shown, cases[i].url);
		assert_string_equal(shown.data, cases[i].shown);
		buffer_free(&shown);
	}
}

static void only_http_and_https_urls_with_a_host_are_usable(void **state)
{
	static const char *const usable[] = {
		"http://a", "https://a.example/x?y#z", "HTTPS://A.example",
		"http://127.0.0.1:8080", "http://bob:x@a/"};
	static const char *const unusable[] = {"",
					       "a.example",
					       "ftp://a/",
					       "file:///etc",
					       "http:///x",
					       "http://",
					       "http://a b",
					       "http://a\n",
					       "http://a\x7f",
					       "https:a.example",
					       "http://?x"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(usable) / sizeof(usable[0]); i++)
		if (!http_url_is_usable(usable[i]))
			fail_msg("%s is not usable", usable[i]);
	for (i = 0; i < sizeof(unusable) / sizeof(unusable[0]); i++)
		if (http_url_is_usable(unusable[i]))
			fail_msg("%s is usable", unusable[i]);
}

static void only_a_well_formed_entity_tag_is_one(void **state)
{
	static const char *const tags[] = {"\"\"", "\"a-1\"", "W/\"a\"",
					   "\"a,b\"", "\"\xc3\xa4\""};
	static const char *const others[] = {"",         "a",         "\"",
					     "\"a",      "a\"",       "w/\"a\"",
					     "W/a",      "\"a b\"",   "\"a\n\"",
					     "\"a\"b\"", "\"a\x7f\"", "W/",
					     "*"};
	char longest[HTTP_MAX_VALIDATOR_BYTES + 2];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
		if (!http_is_entity_tag(tags[i]))
			fail_msg("%s is none", tags[i]);
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (http_is_entity_tag(others[i]))
			fail_msg("%s is one", others[i]);
	assert_false(http_is_entity_tag(NULL));
	memset(longest, '"', sizeof(longest));
	memset(longest + 1, 'a', HTTP_MAX_VALIDATOR_BYTES - 2);
	longest[HTTP_MAX_VALIDATOR_BYTES] = '\0';
	assert_true(http_is_entity_tag(longest));
	memset(longest + 1, 'a', HTTP_MAX_VALIDATOR_BYTES - 1);
	longest[HTTP_MAX_VALIDATOR_BYTES] = '"';
	longest[HTTP_MAX_VALIDATOR_BYTES + 1] = '\0';
	assert_false(http_is_entity_tag(longest));
}

static void only_an_http_date_is_a_date(void **state)
{
	char longest[HTTP_MAX_VALIDATOR_BYTES + 2] = {0};

	(void)state;
	memset(longest, ' ', sizeof(longest) - 1);
	assert_false(http_is_date(longest));
	assert_true(http_is_date("Sat, 21 Nov 2026 08:00:00 GMT"));
	assert_false(http_is_date(NULL));
	assert_false(http_is_date(""));
	assert_false(http_is_date("yesterday"));
	assert_false(http_is_date("Sat, 21 Nov 2026 08:00:00 GMT\r\nX: y"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_get_wants_a_200_and_the_others_any_2xx),
		cmocka_unit_test(a_status_is_retried_only_if_it_may_pass),
		cmocka_unit_test(the_longest_backoff_doubles_up_to_its_limit),
		cmocka_unit_test(retry_after_is_read_as_seconds_or_as_a_date),
		cmocka_unit_test(a_public_url_shows_no_userinfo),
		cmocka_unit_test(
			only_http_and_https_urls_with_a_host_are_usable),
		cmocka_unit_test(only_a_well_formed_entity_tag_is_one),
		cmocka_unit_test(only_an_http_date_is_a_date),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
