/* query: the parameters of a query, by a table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "web/query.h"
#include "web_fixture.h"

/* What is read of "?" and `query` by a table of `limit` and `status`. */
static enum web_query_verdict read_query(const char *query,
					 struct web_parameter parameters[3],
					 struct buffer *unfit)
{
	char variable[2 * WEB_QUERY_MAX_BYTES];
	const char *variables[] = {variable, NULL};
	enum web_query_verdict verdict;
	struct exchange exchange;

	snprintf(variable, sizeof(variable), "REQUEST_URI=/events?%s", query);
	parameters[0] = (struct web_parameter){.name = "limit"};
	parameters[1] = (struct web_parameter){.name = "status"};
	parameters[2] = (struct web_parameter){0};
	*unfit = BUFFER_EMPTY;
	buffer_text(unfit, "");
	begin_exchange(&exchange, variables);
	verdict = web_query_read(&exchange.request, parameters, unfit);
	end_exchange(&exchange);
	return verdict;
}

static void assert_value(const char *query, const char *what,
			 const struct web_parameter *parameter,
			 const char *expected)
{
	bool is_same = expected == NULL ? !parameter->is_given
					: parameter->is_given &&
						  strcmp(parameter->value.data,
							 expected) == 0;

	if (!is_same)
		fail_msg("%s of \"%s\" is not %s", what, query,
			 expected != NULL ? expected : "absent");
}

static void parameters_are_found_and_decoded(void **state)
{
	static const struct {
		const char *query, *limit, *status;
	} cases[] = {
		{"", NULL, NULL},
		{"&", NULL, NULL},
		{"&&&", NULL, NULL},
		{"limit=5", "5", NULL},
		{"limit=5&status=Failed", "5", "Failed"},
		{"status=Failed&limit=5", "5", "Failed"},
		{"&limit=5&&status=Failed&", "5", "Failed"},
		{"limit", "", NULL},
		{"limit=", "", NULL},
		{"limit==", "=", NULL},
		{"limit=a=b", "a=b", NULL},
		{"limit=%35", "5", NULL},
		{"limit=+5+", " 5 ", NULL},
		{"limit=%2B%26%3d", "+&=", NULL},
		{"limit=%c3%A9\xc3\xa9", "éé", NULL},
		{"li%6dit=5", "5", NULL},
	};
	struct web_parameter parameters[3];
	struct buffer unfit;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		if (read_query(cases[i].query, parameters, &unfit) !=
		    WEB_QUERY_READ)
			fail_msg("\"%s\" was not read", cases[i].query);
		assert_value(cases[i].query, "limit", &parameters[0],
			     cases[i].limit);
		assert_value(cases[i].query, "status", &parameters[1],
			     cases[i].status);
		assert_string_equal(unfit.data, "");
		web_query_free(parameters);
		buffer_free(&unfit);
	}
}

static void what_does_not_fit_is_named(void **state)
{
	static const struct {
		const char *query;
		enum web_query_verdict verdict;
		const char *unfit;
	} cases[] = {
		{"lmit=5", WEB_QUERY_UNKNOWN, "lmit"},
		{"limit=5&x", WEB_QUERY_UNKNOWN, "x"},
		{"Limit=5", WEB_QUERY_UNKNOWN, "Limit"},
		{"limi=5", WEB_QUERY_UNKNOWN, "limi"},
		{"limits=5", WEB_QUERY_UNKNOWN, "limits"},
		{"=5", WEB_QUERY_UNKNOWN, ""},
		{"=", WEB_QUERY_UNKNOWN, ""},
		{"limit%00=5", WEB_QUERY_MALFORMED, "limit%00"},
		{"limit;status=5", WEB_QUERY_UNKNOWN, "limit;status"},
		{"limit=5&limit=5", WEB_QUERY_REPEATED, "limit"},
		{"limit&limit", WEB_QUERY_REPEATED, "limit"},
		{"limit=5&li%6Dit=6", WEB_QUERY_REPEATED, "li%6Dit"},
		{"limit=%", WEB_QUERY_MALFORMED, "limit"},
		{"limit=%3", WEB_QUERY_MALFORMED, "limit"},
		{"limit=%3&status=5", WEB_QUERY_MALFORMED, "limit"},
		{"limit=%g0", WEB_QUERY_MALFORMED, "limit"},
		{"limit=%/0", WEB_QUERY_MALFORMED, "limit"},
		{"limit=%0g", WEB_QUERY_MALFORMED, "limit"},
		{"limit=%00", WEB_QUERY_MALFORMED, "limit"},
		{"limit=%0a", WEB_QUERY_MALFORMED, "limit"},
		{"limit=%7f", WEB_QUERY_MALFORMED, "limit"},
		{"limit=%ff", WEB_QUERY_MALFORMED, "limit"},
		{"limit=%c3", WEB_QUERY_MALFORMED, "limit"},
		{"limit=%ed%a0%80", WEB_QUERY_MALFORMED, "limit"},
	};
	struct web_parameter parameters[3];
	enum web_query_verdict verdict;
	struct buffer unfit;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		verdict = read_query(cases[i].query, parameters, &unfit);
		if (verdict != cases[i].verdict ||
		    strcmp(unfit.data, cases[i].unfit) != 0)
			fail_msg("\"%s\" is %d of \"%s\"", cases[i].query,
				 (int)verdict, unfit.data);
		web_query_free(parameters);
		buffer_free(&unfit);
	}
}

static void a_query_past_its_limit_is_no_empty_query(void **state)
{
	char query[WEB_QUERY_MAX_BYTES + 2];
	struct web_parameter parameters[3];
	struct buffer unfit;

	(void)state;
	memset(query, '&', sizeof(query));
	query[WEB_QUERY_MAX_BYTES] = '\0';
	assert_int_equal(read_query(query, parameters, &unfit), WEB_QUERY_READ);
	web_query_free(parameters);
	buffer_free(&unfit);
	query[WEB_QUERY_MAX_BYTES] = '&';
	query[WEB_QUERY_MAX_BYTES + 1] = '\0';
	assert_int_equal(read_query(query, parameters, &unfit),
			 WEB_QUERY_TOO_LONG);
	web_query_free(parameters);
	buffer_free(&unfit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parameters_are_found_and_decoded),
		cmocka_unit_test(what_does_not_fit_is_named),
		cmocka_unit_test(a_query_past_its_limit_is_no_empty_query),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
