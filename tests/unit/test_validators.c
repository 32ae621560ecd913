/* validators: conditional requests, in the order of RFC 9110 §13.2.2. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "web/validators.h"
#include "web_fixture.h"

/* 1994-11-06 08:49:37, the date of RFC 9110 §5.6.7. */
#define MODIFIED 784111777
#define SAME "Sun, 06 Nov 1994 08:49:37 GMT"
#define BEFORE "Sun, 06 Nov 1994 08:49:36 GMT"
#define AFTER "Sun, 06 Nov 1994 08:49:38 GMT"

static const struct validators validators = {"\"abc\"", MODIFIED};

static void a_list_names_a_tag_weakly_or_strongly(void **state)
{
	static const struct {
		const char *list;
		bool is_weakly_in, is_strongly_in;
	} cases[] = {
		{"\"abc\"", true, true},
		{"W/\"abc\"", true, false},
		{"*", true, true},
		{" * ", true, true},
		{"\"x\", \"abc\"", true, true},
		{"\"x\",W/\"y\" , W/\"abc\"", true, false},
		{", ,\"abc\",", true, true},
		{"W/\"abc\", \"abc\"", true, true},
		{"\"a,b\", \"abc\"", true, true},
		{"\"abc", false, false},
		{"abc", false, false},
		{"\"ABC\"", false, false},
		{"\"abcd\"", false, false},
		{"w/\"abc\"", false, false},
		{"W/abc", false, false},
		{"*, \"abc\"", false, false},
		{"x, \"abc\"", false, false},
		{"\"x\" \"abc\"", true, true},
		{"", false, false},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++)
		if (validators_list_names(cases[i].list, "\"abc\"", true) !=
			    cases[i].is_weakly_in ||
		    validators_list_names(cases[i].list, "\"abc\"", false) !=
			    cases[i].is_strongly_in)
			fail_msg("%s", cases[i].list);
}

static void conditions_are_judged_in_their_order(void **state)
{
	static const struct {
		const char *variables[5];
		enum validators_verdict verdict;
	} cases[] = {
		{{NULL}, VALIDATORS_SEND},
		{{"HTTP_IF_NONE_MATCH=\"abc\""}, VALIDATORS_NOT_MODIFIED},
		{{"HTTP_IF_NONE_MATCH=W/\"abc\""}, VALIDATORS_NOT_MODIFIED},
		{{"HTTP_IF_NONE_MATCH=*"}, VALIDATORS_NOT_MODIFIED},
		{{"HTTP_IF_NONE_MATCH=\"x\""}, VALIDATORS_SEND},
		{{"HTTP_IF_MODIFIED_SINCE=" SAME}, VALIDATORS_NOT_MODIFIED},
		{{"HTTP_IF_MODIFIED_SINCE=" AFTER}, VALIDATORS_NOT_MODIFIED},
		{{"HTTP_IF_MODIFIED_SINCE=" BEFORE}, VALIDATORS_SEND},
		{{"HTTP_IF_MODIFIED_SINCE=Sunday, 06-Nov-94 08:49:37 GMT"},
		 VALIDATORS_NOT_MODIFIED},
		{{"HTTP_IF_MODIFIED_SINCE=Sun Nov  6 08:49:37 1994"},
		 VALIDATORS_NOT_MODIFIED},
		{{"HTTP_IF_MODIFIED_SINCE=yesterday"}, VALIDATORS_SEND},
		{{"HTTP_IF_MODIFIED_SINCE="}, VALIDATORS_SEND},
		/* A tag goes before a date. */
		{{"HTTP_IF_NONE_MATCH=\"x\"", "HTTP_IF_MODIFIED_SINCE=" SAME},
		 VALIDATORS_SEND},
		{{"HTTP_IF_NONE_MATCH=\"abc\"",
		  "HTTP_IF_MODIFIED_SINCE=" BEFORE},
		 VALIDATORS_NOT_MODIFIED},
		{{"HTTP_IF_MATCH=\"abc\""}, VALIDATORS_SEND},
		{{"HTTP_IF_MATCH=*"}, VALIDATORS_SEND},
		{{"HTTP_IF_MATCH=\"x\""}, VALIDATORS_FAILED},
		{{"HTTP_IF_MATCH=W/\"abc\""}, VALIDATORS_FAILED},
		{{"HTTP_IF_UNMODIFIED_SINCE=" SAME}, VALIDATORS_SEND},
		{{"HTTP_IF_UNMODIFIED_SINCE=" BEFORE}, VALIDATORS_FAILED},
		{{"HTTP_IF_UNMODIFIED_SINCE=nonsense"}, VALIDATORS_SEND},
		{{"HTTP_IF_MATCH=\"abc\"", "HTTP_IF_UNMODIFIED_SINCE=" BEFORE},
		 VALIDATORS_SEND},
		{{"HTTP_IF_MATCH=\"abc\"", "HTTP_IF_NONE_MATCH=\"abc\""},
		 VALIDATORS_NOT_MODIFIED},
		{{"HTTP_IF_MATCH=\"x\"", "HTTP_IF_NONE_MATCH=\"abc\""},
		 VALIDATORS_FAILED},
		{{"HTTP_IF_UNMODIFIED_SINCE=" AFTER,
		  "HTTP_IF_MODIFIED_SINCE=" AFTER},
		 VALIDATORS_NOT_MODIFIED},
	};
	struct web_request request;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		web_request_init(&request, cases[i].variables);
		if (validators_judge(&request, &validators) != cases[i].verdict)
			fail_msg("case %zu: %s", i, cases[i].variables[0]);
		web_request_free(&request);
	}
}

static void a_range_needs_the_very_same_representation(void **state)
{
	static const struct {
		const char *variables[2];
		bool is_allowed;
	} cases[] = {
		{{NULL}, true},
		{{"HTTP_IF_RANGE=\"abc\""}, true},
		{{"HTTP_IF_RANGE=W/\"abc\""}, false},
		{{"HTTP_IF_RANGE=\"x\""}, false},
		{{"HTTP_IF_RANGE=\"x\", \"abc\""}, false},
		{{"HTTP_IF_RANGE=" SAME}, true},
		{{"HTTP_IF_RANGE=" AFTER}, false},
		{{"HTTP_IF_RANGE=" BEFORE}, false},
		{{"HTTP_IF_RANGE=*"}, false},
		{{"HTTP_IF_RANGE="}, false},
	};
	struct web_request request;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		web_request_init(&request, cases[i].variables);
		if (validators_allow_range(&request, &validators) !=
		    cases[i].is_allowed)
			fail_msg("%s", cases[i].variables[0]);
		web_request_free(&request);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_names_a_tag_weakly_or_strongly),
		cmocka_unit_test(conditions_are_judged_in_their_order),
		cmocka_unit_test(a_range_needs_the_very_same_representation),
	};

	return cmocka_run_group_tests_name("validators", tests, NULL, NULL);
}
