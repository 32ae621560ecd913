/* request: method, path, query and headers of a CGI environment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "web_fixture.h"

static void only_the_one_spelling_of_a_path_is_canonical(void **state)
{
	static const struct {
		const char *path;
		bool is_canonical;
	} cases[] = {
		{"/", true},
		{"/movies", true},
		{"/movies/", true},
		{"/movies/page/2", true},
		{"/movies/A-z_0.9~", true},
		{"/movies/a%2Fb", true},
		{"/movies/%C3%A9", true},
		{"/movies/...", true},
		{"/movies/.x", true},
		{"", false},
		{"movies", false},
		{"//", false},
		{"//movies", false},
		{"/movies//", false},
		{"/movies//x", false},
		{"/.", false},
		{"/..", false},
		{"/movies/.", false},
		{"/movies/..", false},
		{"/movies/./x", false},
		{"/movies/../x", false},
		{"/movies/%2e%2e/x", false},
		{"/movies/%2E%2E/x", false},
		{"/movies/%41", false},
		{"/movies/%7E", false},
		{"/movies/%c3%a9", false},
		{"/movies/%2f", false},
		{"/movies/%", false},
		{"/movies/%2", false},
		{"/movies/%2G", false},
		{"/movies/%2.", false},
		{"/movies/a b", false},
		{"/movies/a+b", false},
		{"/movies/a;b", false},
		{"/movies/a\\b", false},
		{"/movies/\xc3\xa9", false},
		{"/movies/a\nb", false},
		{"/movies/a\x7f", false},
		{"/movies#x", false},
		{"http://host/movies", false},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++)
		if (web_path_is_canonical(cases[i].path,
					  strlen(cases[i].path)) !=
		    cases[i].is_canonical)
			fail_msg("\"%s\" is%s canonical", cases[i].path,
				 cases[i].is_canonical ? " not" : "");
}

static void a_nul_in_a_path_is_not_canonical(void **state)
{
	(void)state;
	assert_false(web_path_is_canonical("/movies\0x", 9));
}

static void a_path_may_be_as_long_as_its_limit_and_no_longer(void **state)
{
	char path[WEB_PATH_MAX_BYTES + 2];

	(void)state;
	memset(path, 'a', sizeof(path));
	path[0] = '/';
	assert_true(web_path_is_canonical(path, WEB_PATH_MAX_BYTES));
	assert_false(web_path_is_canonical(path, WEB_PATH_MAX_BYTES + 1));
}

static void assert_span(struct web_span span, const char *expected)
{
	if (span.length != strlen(expected) ||
	    memcmp(span.text, expected, span.length) != 0)
		fail_msg("\"%.*s\" is not \"%s\"", (int)span.length, span.text,
			 expected);
}

static void the_uri_is_cut_at_its_first_question_mark(void **state)
{
	const char *variables[] = {"REQUEST_METHOD=GET",
				   "REQUEST_URI=/movies?order=year?x", NULL};
	struct web_request request;

	(void)state;
	web_request_init(&request, variables);
	assert_int_equal(request.method, WEB_GET);
	assert_span(request.path, "/movies");
	assert_span(request.query, "order=year?x");
	web_request_free(&request);
}

static void a_path_that_is_not_canonical_is_empty(void **state)
{
	const char *variables[] = {"REQUEST_URI=/movies/../../etc/passwd",
				   "SCRIPT_NAME=/movies", NULL};
	struct web_request request;

	(void)state;
	web_request_init(&request, variables);
	assert_int_equal(request.path.length, 0);
	web_request_free(&request);
}

static void without_a_uri_the_decoded_parts_are_encoded_again(void **state)
{
	const char *variables[] = {"SCRIPT_NAME=/movies",
				   "PATH_INFO=/caf\xc3\xa9 & co",
				   "QUERY_STRING=order=year", NULL};
	struct web_request request;

	(void)state;
	web_request_init(&request, variables);
	assert_span(request.path, "/movies/caf%C3%A9%20%26%20co");
	assert_span(request.query, "order=year");
	web_request_free(&request);
}

static void an_endless_path_info_ends_at_the_limit(void **state)
{
	char *variable = malloc(100000);
	const char *variables[] = {variable, NULL};
	struct web_request request;

	(void)state;
	assert_non_null(variable);
	memset(variable, '/', 99999);
	memcpy(variable, "PATH_INFO=", 10);
	variable[99999] = '\0';
	web_request_init(&request, variables);
	assert_int_equal(request.path.length, 0);
	assert_true(request.joined.length < 2 * WEB_PATH_MAX_BYTES);
	web_request_free(&request);
	free(variable);
}

static void methods_are_told_apart_exactly(void **state)
{
	static const struct {
		const char *variable;
		enum web_method method;
	} cases[] = {
		{"REQUEST_METHOD=GET", WEB_GET},
		{"REQUEST_METHOD=HEAD", WEB_HEAD},
		{"REQUEST_METHOD=POST", WEB_POST},
		{"REQUEST_METHOD=PUT", WEB_PUT},
		{"REQUEST_METHOD=get", WEB_OTHER_METHOD},
		{"REQUEST_METHOD=GETX", WEB_OTHER_METHOD},
		{"REQUEST_METHOD=", WEB_OTHER_METHOD},
		{"METHOD=GET", WEB_OTHER_METHOD},
	};
	struct web_request request;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		const char *variables[] = {cases[i].variable, NULL};

		web_request_init(&request, variables);
		if (request.method != cases[i].method)
			fail_msg("%s", cases[i].variable);
		web_request_free(&request);
	}
}

static void the_first_value_of_a_query_key_counts(void **state)
{
	static const struct {
		const char *uri;
		bool is_year;
	} cases[] = {
		{"REQUEST_URI=/?order=year", true},
		{"REQUEST_URI=/?a=b&order=year", true},
		{"REQUEST_URI=/?order=year&order=x", true},
		{"REQUEST_URI=/?order=x&order=year", false},
		{"REQUEST_URI=/?order=years", false},
		{"REQUEST_URI=/?order=yea", false},
		{"REQUEST_URI=/?order=", false},
		{"REQUEST_URI=/?order", false},
		{"REQUEST_URI=/?border=year", false},
		{"REQUEST_URI=/?&&=&order=year&", true},
		{"REQUEST_URI=/?orde%72=year", false},
		{"REQUEST_URI=/?", false},
		{"REQUEST_URI=/", false},
	};
	struct web_request request;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		const char *variables[] = {cases[i].uri, NULL};

		web_request_init(&request, variables);
		if (web_request_query_is(&request, "order", "year") !=
		    cases[i].is_year)
			fail_msg("%s", cases[i].uri);
		web_request_free(&request);
	}
}

static void a_header_past_its_limit_counts_as_absent(void **state)
{
	char variable[WEB_HEADER_MAX_BYTES + 32];
	const char *variables[] = {"HTTP_ACCEPT_ENCODING=br", variable, NULL};
	struct web_request request;

	(void)state;
	snprintf(variable, sizeof(variable), "HTTP_ACCEPT=%0*d",
		 WEB_HEADER_MAX_BYTES, 1);
	web_request_init(&request, variables);
	assert_non_null(web_request_header(&request, "HTTP_ACCEPT"));
	snprintf(variable, sizeof(variable), "HTTP_ACCEPT=%0*d",
		 WEB_HEADER_MAX_BYTES + 1, 1);
	assert_null(web_request_header(&request, "HTTP_ACCEPT"));
	assert_string_equal(
		web_request_header(&request, "HTTP_ACCEPT_ENCODING"), "br");
	web_request_free(&request);
}

static void the_id_is_the_clients_or_the_servers(void **state)
{
	const char *variables[] = {"REQUEST_ID=b", "HTTP_X_REQUEST_ID=a", NULL};
	struct web_request request;

	(void)state;
	web_request_init(&request, variables);
	assert_string_equal(web_request_id(&request), "a");
	variables[1] = NULL;
	assert_string_equal(web_request_id(&request), "b");
	variables[0] = NULL;
	assert_null(web_request_id(&request));
	web_request_free(&request);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_one_spelling_of_a_path_is_canonical),
		cmocka_unit_test(a_nul_in_a_path_is_not_canonical),
		cmocka_unit_test(
			a_path_may_be_as_long_as_its_limit_and_no_longer),
		cmocka_unit_test(the_uri_is_cut_at_its_first_question_mark),
		cmocka_unit_test(a_path_that_is_not_canonical_is_empty),
		cmocka_unit_test(
			without_a_uri_the_decoded_parts_are_encoded_again),
		cmocka_unit_test(an_endless_path_info_ends_at_the_limit),
		cmocka_unit_test(methods_are_told_apart_exactly),
		cmocka_unit_test(the_first_value_of_a_query_key_counts),
		cmocka_unit_test(a_header_past_its_limit_counts_as_absent),
		cmocka_unit_test(the_id_is_the_clients_or_the_servers),
	};

	return cmocka_run_group_tests_name("request", tests, NULL, NULL);
}
