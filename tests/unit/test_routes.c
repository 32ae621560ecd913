/* routes: patterns, 404 and 405. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "web/routes.h"
#include "web_fixture.h"

static void a_pattern_fits_whole_paths_only(void **state)
{
	static const struct {
		const char *pattern, *path;
		bool fits;
		const char *parts[WEB_ROUTE_MAX_PARTS];
	} cases[] = {
		{"/", "/", true, {0}},
		{"/", "", false, {0}},
		{"/", "/x", false, {0}},
		{"/a/?", "/a", true, {0}},
		{"/a/?", "/a/", true, {0}},
		{"/a/?", "/a/b", false, {0}},
		{"/a/?", "/a//", false, {0}},
		{"/a/?", "/ab", false, {0}},
		{"/a", "/a/", false, {0}},
		{"/a.b", "/acb", false, {0}},
		{"/m/{}", "/m/x", true, {"x", NULL}},
		{"/m/{}", "/m/x.json", true, {"x.json", NULL}},
		{"/m/{}", "/m/x%2Fy", true, {"x%2Fy", NULL}},
		{"/m/{}", "/m/", false, {0}},
		{"/m/{}", "/m", false, {0}},
		{"/m/{}", "/m/x/", false, {0}},
		{"/m/{}", "/m/x/y", false, {0}},
		{"/m/{}/?", "/m/x/", true, {"x", NULL}},
		{"/m/{}/p/{}", "/m/x/p/y", true, {"x", "y"}},
		{"/m/{}/p/{}", "/m/x/q/y", false, {0}},
		{"/m/{}/p/{}", "/m//p/y", false, {0}},
		/* One part more than there is room for. */
		{"/{}/{}/{}", "/x/y/z", false, {0}},
	};
	struct web_match match;
	size_t i, k;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct web_span path = {cases[i].path, strlen(cases[i].path)};

		if (web_route_fits(cases[i].pattern, path, &match) !=
		    cases[i].fits)
			fail_msg("%s for %s", cases[i].pattern, cases[i].path);
		for (k = 0; cases[i].fits && k < WEB_ROUTE_MAX_PARTS; k++) {
			const char *part = cases[i].parts[k];

			if (part == NULL)
				continue;
			assert_true(k < match.part_count);
			assert_int_equal(match.parts[k].length, strlen(part));
			assert_memory_equal(match.parts[k].text, part,
					    strlen(part));
		}
	}
}

static void note(void *context, const struct web_request *request,
		 const struct web_match *match, struct web_response *response)
{
	(void)request;
	*(const char **)context = match->route->data;
	web_response_begin(response, 200, 0);
}

static void refuse(void *context, int status, const struct web_request *request,
		   struct web_response *response)
{
	(void)context;
	(void)request;
	web_response_begin(response, status, 0);
}

static const struct web_route routes[] = {
	{"/a", WEB_GET | WEB_HEAD, note, "read"},
	{"/a", WEB_POST, note, "write"},
	{"/b/{}", WEB_GET | WEB_HEAD, note, "part"},
	{"/b/c", WEB_GET, note, "never"},
	{0},
};

static void each_request_reaches_the_first_route_that_fits(void **state)
{
	static const struct {
		const char *variables[3];
		int status;
		const char *reached, *allow;
	} cases[] = {
		{{"REQUEST_METHOD=GET", "REQUEST_URI=/a"}, 200, "read", NULL},
		{{"REQUEST_METHOD=HEAD", "REQUEST_URI=/a"}, 200, "read", NULL},
		{{"REQUEST_METHOD=POST", "REQUEST_URI=/a"}, 200, "write", NULL},
		{{"REQUEST_METHOD=PUT", "REQUEST_URI=/a"},
		 405,
		 NULL,
		 "GET, HEAD, POST"},
		{{"REQUEST_METHOD=DELETE", "REQUEST_URI=/b/x"},
		 405,
		 NULL,
		 "GET, HEAD"},
		{{"REQUEST_METHOD=GET", "REQUEST_URI=/b/c"}, 200, "part", NULL},
		{{"REQUEST_METHOD=GET", "REQUEST_URI=/c"}, 404, NULL, NULL},
		{{"REQUEST_METHOD=DELETE", "REQUEST_URI=/c"}, 404, NULL, NULL},
		{{"REQUEST_METHOD=GET", "REQUEST_URI=/a/../a"},
		 404,
		 NULL,
		 NULL},
		{{"REQUEST_METHOD=GET", NULL}, 404, NULL, NULL},
	};
	const struct web_route *route;
	struct exchange exchange;
	const char *reached;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		const struct web_site site = {routes, refuse, &reached};

		reached = NULL;
		begin_exchange(&exchange, cases[i].variables);
		route = web_routes_answer(&site, &exchange.request,
					  &exchange.response);
		if (exchange.response.status != cases[i].status ||
		    (reached == NULL) != (cases[i].reached == NULL) ||
		    (reached != NULL && strcmp(reached, cases[i].reached) != 0))
			fail_msg("case %zu: %d, %s", i,
				 exchange.response.status,
				 reached != NULL ? reached : "refused");
		assert_header(&exchange, "Allow", cases[i].allow);
		assert_true(route == NULL     ? cases[i].status == 404
			    : reached != NULL ? route->data == reached
					      : cases[i].status == 405);
		end_exchange(&exchange);
	}
}

static void a_refused_method_belongs_to_the_first_route_of_its_path(
	void **state)
{
	static const char *const variables[] = {"REQUEST_METHOD=PUT",
						"REQUEST_URI=/a", NULL};
	const struct web_site site = {routes, refuse, NULL};
	struct exchange exchange;

	(void)state;
	begin_exchange(&exchange, variables);
	assert_ptr_equal(web_routes_answer(&site, &exchange.request,
					   &exchange.response),
			 &routes[0]);
	end_exchange(&exchange);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pattern_fits_whole_paths_only),
		cmocka_unit_test(
			each_request_reaches_the_first_route_that_fits),
		cmocka_unit_test(
			a_refused_method_belongs_to_the_first_route_of_its_path),
	};

	return cmocka_run_group_tests_name("routes", tests, NULL, NULL);
}
