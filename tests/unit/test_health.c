/* health: /ping, and /health from a table of services. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "web/health.h"
#include "web_fixture.h"

static const char *const variables[] = {"REQUEST_METHOD=GET", NULL};

static enum health_state report(const void *context, struct json_writer *json)
{
	const enum health_state *state = context;

	json_member_number(json, "age_s", 7);
	json_key(json, "last_error");
	json_null(json);
	return *state;
}

static enum health_state report_nothing(const void *context,
					struct json_writer *json)
{
	(void)json;
	return *(const enum health_state *)context;
}

static void the_whole_is_judged_by_its_services(void **state)
{
	static const struct {
		enum health_state first, second;
		const char *whole, *status;
	} cases[] = {
		{HEALTH_OK, HEALTH_OK, "ok", "200 OK"},
		{HEALTH_OK, HEALTH_DEGRADED, "degraded", "200 OK"},
		{HEALTH_DEGRADED, HEALTH_OK, "degraded", "200 OK"},
		{HEALTH_OK, HEALTH_DOWN, "degraded", "200 OK"},
		{HEALTH_DOWN, HEALTH_DEGRADED, "degraded", "200 OK"},
		{HEALTH_DOWN, HEALTH_DOWN, "down", "503 Service Unavailable"},
		{HEALTH_OK, HEALTH_DISABLED, "ok", "200 OK"},
		{HEALTH_DISABLED, HEALTH_DEGRADED, "degraded", "200 OK"},
		{HEALTH_DOWN, HEALTH_DISABLED, "down",
		 "503 Service Unavailable"},
	};
	struct exchange exchange;
	char expected[64];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		const struct health_service services[] = {
			{"first", report, &cases[i].first},
			{"second", report_nothing, &cases[i].second},
		};

		begin_exchange(&exchange, variables);
		health_answer(services, 2, &exchange.response);
		snprintf(expected, sizeof(expected), "{\"status\":\"%s\",",
			 cases[i].whole);
		assert_memory_equal(body_of(&exchange), expected,
				    strlen(expected));
		assert_header(&exchange, "Status", cases[i].status);
		assert_header(&exchange, "Retry-After",
			      cases[i].status[0] == '5' ? "20" : NULL);
		end_exchange(&exchange);
	}
}

static void each_service_has_its_status_and_members(void **state)
{
	static const enum health_state ok = HEALTH_OK,
				       degraded = HEALTH_DEGRADED;
	const struct health_service services[] = {
		{"movies", report, &degraded},
		{"files", report_nothing, &ok},
	};
	struct exchange exchange;

	(void)state;
	begin_exchange(&exchange, variables);
	health_answer(services, 2, &exchange.response);
	assert_string_equal(body_of(&exchange),
			    "{\"status\":\"degraded\",\"services\":{"
			    "\"movies\":{\"status\":\"degraded\",\"age_s\":7,"
			    "\"last_error\":null},"
			    "\"files\":{\"status\":\"ok\"}}}\n");
	assert_header(&exchange, "Content-Type", "application/json");
	assert_header(&exchange, "Cache-Control", "no-store");
	assert_header(&exchange, "Access-Control-Allow-Origin", "*");
	end_exchange(&exchange);
}

static void ping_says_pong_and_the_time(void **state)
{
	static const char start[] = "{\"ping\":\"pong!\",\"now\":\"2";
	struct exchange exchange;

	(void)state;
	begin_exchange(&exchange, variables);
	health_answer_ping(&exchange.response);
	assert_memory_equal(body_of(&exchange), start, sizeof(start) - 1);
	assert_non_null(strstr(body_of(&exchange), "Z\"}\n"));
	assert_header(&exchange, "Cache-Control", "no-store");
	end_exchange(&exchange);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_whole_is_judged_by_its_services),
		cmocka_unit_test(each_service_has_its_status_and_members),
		cmocka_unit_test(ping_says_pong_and_the_time),
	};

	return cmocka_run_group_tests_name("health", tests, NULL, NULL);
}
