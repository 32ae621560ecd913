/* problem: errors as JSON (RFC 9457) or as a page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "web/problem.h"
#include "web_fixture.h"

static const struct problem gone = {.status = 404, .detail = "Nothing here."};

static void accept_and_path_choose_between_json_and_a_page(void **state)
{
	static const struct {
		const char *variables[3];
		bool is_json;
	} cases[] = {
		{{"REQUEST_URI=/x"}, false},
		{{"REQUEST_URI=/x", "HTTP_ACCEPT=*/*"}, false},
		{{"REQUEST_URI=/x", "HTTP_ACCEPT=text/html"}, false},
		{{"REQUEST_URI=/x", "HTTP_ACCEPT=image/png"}, false},
		{{"REQUEST_URI=/x", "HTTP_ACCEPT=application/json"}, true},
		{{"REQUEST_URI=/x", "HTTP_ACCEPT=application/problem+json"},
		 true},
		{{"REQUEST_URI=/x",
		  "HTTP_ACCEPT=application/problem+json;q=0.5,text/html;q=0.6"},
		 false},
		{{"REQUEST_URI=/x.json", "HTTP_ACCEPT=text/html"}, true},
		{{"REQUEST_URI=/x.jsonx", "HTTP_ACCEPT=text/html"}, false},
		{{"REQUEST_URI=/api/x", "HTTP_ACCEPT=text/html"}, true},
		{{"REQUEST_URI=/apix", "HTTP_ACCEPT=text/html"}, false},
		{{"REQUEST_URI=/ping", "HTTP_ACCEPT=*/*"}, true},
		{{"REQUEST_URI=/health/", "HTTP_ACCEPT=text/html"}, true},
		{{"REQUEST_URI=/metrics", "HTTP_ACCEPT=text/html"}, true},
		{{"REQUEST_URI=/events/7", "HTTP_ACCEPT=text/html"}, true},
		{{"REQUEST_URI=/pings", "HTTP_ACCEPT=text/html"}, false},
		{{"REQUEST_URI=/apis"}, false},
	};
	struct exchange exchange;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		begin_exchange(&exchange, cases[i].variables);
		problem_answer(&gone, &exchange.request, &exchange.response);
		if (problem_is_json(&exchange.request) != cases[i].is_json)
			fail_msg("case %zu", i);
		assert_header(&exchange, "Content-Type",
			      cases[i].is_json ? PROBLEM_MEDIA_TYPE
					       : "text/html; charset=utf-8");
		assert_header(&exchange, "Vary", "Accept, Accept-Encoding");
		assert_header(&exchange, "Cache-Control", "no-store");
		end_exchange(&exchange);
	}
}

static void the_json_has_the_members_of_rfc_9457(void **state)
{
	const char *variables[] = {"REQUEST_METHOD=GET", "REQUEST_URI=/x?y",
				   NULL};
	struct exchange exchange;

	(void)state;
	begin_exchange(&exchange, variables);
	problem_answer_json(&gone, &exchange.request, &exchange.response);
	assert_string_equal(body_of(&exchange),
			    "{\"type\":\"about:blank\","
			    "\"title\":\"Not Found\",\"status\":404,"
			    "\"detail\":\"Nothing here.\","
			    "\"instance\":\"/x\"}\n");
	assert_header(&exchange, "Access-Control-Allow-Origin", "*");
	end_exchange(&exchange);
}

static void a_member_of_its_own_may_be_json(void **state)
{
	const char *variables[] = {"REQUEST_METHOD=POST", "REQUEST_URI=/x",
				   NULL};
	const struct problem wrong = {.status = 422,
				      .detail = "Wrong.",
				      .member = "errors",
				      .member_json = "[{\"field\":\"a\"}]"};
	struct exchange exchange;

	(void)state;
	begin_exchange(&exchange, variables);
	problem_answer_json(&wrong, &exchange.request, &exchange.response);
	assert_string_equal(
		body_of(&exchange),
		"{\"type\":\"about:blank\","
		"\"title\":\"Unprocessable Content\",\"status\":422,"
		"\"detail\":\"Wrong.\","
		"\"errors\":[{\"field\":\"a\"}],"
		"\"instance\":\"/x\"}\n");
	end_exchange(&exchange);
}

static void what_is_for_its_own_origin_allows_no_other(void **state)
{
	const char *variables[] = {"REQUEST_METHOD=GET", "REQUEST_URI=/x",
				   NULL};
	const struct problem own = {.status = 404, .is_for_own_origin = true};
	struct exchange exchange;

	(void)state;
	begin_exchange(&exchange, variables);
	problem_answer_json(&own, &exchange.request, &exchange.response);
	assert_header(&exchange, "Access-Control-Allow-Origin", NULL);
	assert_header(&exchange, "Cache-Control", "no-store");
	end_exchange(&exchange);
}

static void a_path_that_is_not_canonical_is_not_repeated(void **state)
{
	const char *variables[] = {"REQUEST_METHOD=GET",
				   "REQUEST_URI=/<script>\"\r\nX: y", NULL};
	struct exchange exchange;

	(void)state;
	begin_exchange(&exchange, variables);
	problem_answer_json(&gone, &exchange.request, &exchange.response);
	assert_null(strstr(exchange.sent.data, "<script"));
	assert_null(strstr(exchange.sent.data, "instance"));
	assert_header(&exchange, "X", NULL);
	end_exchange(&exchange);
}

static void only_a_503_says_when_to_come_again(void **state)
{
	const char *variables[] = {"REQUEST_METHOD=GET", "REQUEST_URI=/x",
				   NULL};
	struct exchange exchange;
	struct problem away = {.status = 503, .detail = "Away."};

	(void)state;
	begin_exchange(&exchange, variables);
	problem_answer(&away, &exchange.request, &exchange.response);
	assert_header(&exchange, "Retry-After", "20");
	end_exchange(&exchange);
	begin_exchange(&exchange, variables);
	problem_answer(&gone, &exchange.request, &exchange.response);
	assert_header(&exchange, "Retry-After", NULL);
	end_exchange(&exchange);
}

static void the_built_in_page_is_whole_and_has_no_inline_style(void **state)
{
	const char *variables[] = {"REQUEST_METHOD=GET", "REQUEST_URI=/x",
				   NULL};
	struct exchange exchange;

	(void)state;
	begin_exchange(&exchange, variables);
	problem_answer(&gone, &exchange.request, &exchange.response);
	assert_non_null(strstr(body_of(&exchange), "<!DOCTYPE html>"));
	assert_non_null(strstr(body_of(&exchange), "<h1>Not Found</h1>"));
	assert_non_null(strstr(body_of(&exchange), "href=\"/movies\""));
	assert_non_null(strstr(body_of(&exchange), "</html>"));
	assert_null(strstr(body_of(&exchange), "style"));
	end_exchange(&exchange);
}

static void every_status_that_is_an_error_has_something_to_say(void **state)
{
	static const int statuses[] = {404, 405, 412, 416, 500, 503};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(statuses); i++)
		assert_true(strlen(problem_usual_detail(statuses[i])) > 0);
}

static void a_status_without_a_usual_detail_has_an_empty_one(void **state)
{
	(void)state;
	assert_string_equal(problem_usual_detail(200), "");
}

static void a_problem_may_have_a_member_and_a_time_of_its_own(void **state)
{
	const char *variables[] = {"REQUEST_METHOD=GET", "REQUEST_URI=/x",
				   NULL};
	const struct problem problem = {
		.status = 400,
		.detail = "Not yet.",
		.retry_after_s = 5,
		.member = "processingStatus",
		.member_text = "QUEUED \"1\"",
	};
	struct exchange exchange;

	(void)state;
	begin_exchange(&exchange, variables);
	problem_answer_json(&problem, &exchange.request, &exchange.response);
	assert_string_equal(body_of(&exchange),
			    "{\"type\":\"about:blank\","
			    "\"title\":\"Bad Request\",\"status\":400,"
			    "\"detail\":\"Not yet.\","
			    "\"processingStatus\":\"QUEUED \\\"1\\\"\","
			    "\"instance\":\"/x\"}\n");
	assert_header(&exchange, "Retry-After", "5");
	end_exchange(&exchange);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			accept_and_path_choose_between_json_and_a_page),
		cmocka_unit_test(the_json_has_the_members_of_rfc_9457),
		cmocka_unit_test(a_member_of_its_own_may_be_json),
		cmocka_unit_test(what_is_for_its_own_origin_allows_no_other),
		cmocka_unit_test(a_path_that_is_not_canonical_is_not_repeated),
		cmocka_unit_test(only_a_503_says_when_to_come_again),
		cmocka_unit_test(
			the_built_in_page_is_whole_and_has_no_inline_style),
		cmocka_unit_test(
			every_status_that_is_an_error_has_something_to_say),
		cmocka_unit_test(
			a_status_without_a_usual_detail_has_an_empty_one),
		cmocka_unit_test(
			a_problem_may_have_a_member_and_a_time_of_its_own),
	};

	return cmocka_run_group_tests_name("problem", tests, NULL, NULL);
}
