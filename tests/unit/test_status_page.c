/* status_page: members and numbers that it has no words for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "web/status_page.h"
#include "web_fixture.h"

static enum health_state report(const void *context, struct json_writer *json)
{
	json_member_text(json, "of_tomorrow", context);
	json_key(json, "unknown");
	json_null(json);
	json_key(json, "n");
	json_number(json, 7);
	json_key(json, "wait_s");
	json_number(json, 75);
	json_key(json, "share_s");
	json_begin_array(json);
	json_end_array(json);
	json_key(json, "torn");
	json_text_bytes(json, "a\0b", 3);
	return HEALTH_DEGRADED;
}

static void answer(const char *value, const char *metrics,
		   struct exchange *exchange)
{
	static const char *const variables[] = {"REQUEST_METHOD=GET", NULL};
	const struct health_service service = {"films", report, value};
	struct buffer numbers = BUFFER_EMPTY;
	struct day day;
	const struct status_page page = {.services = &service,
					 .service_count = 1,
					 .numbers = &numbers,
					 .day = &day};

	day_read(&numbers, 0, &day);
	if (metrics != NULL)
		buffer_text(&numbers, metrics);
	else
		numbers.has_failed = true;
	begin_exchange(exchange, variables);
	status_page_answer(&page, &exchange->response);
	buffer_free(&numbers);
}

static void assert_shows(const struct exchange *exchange, const char *part)
{
	if (strstr(body_of(exchange), part) == NULL)
		fail_msg("no \"%s\" in %s", part, body_of(exchange));
}

static void what_it_has_no_words_for_is_shown_by_its_name(void **state)
{
	struct exchange exchange;

	(void)state;
	answer("<so it is>", "", &exchange);
	assert_header(&exchange, "Status", "200 OK");
	assert_shows(&exchange, "<tr><th scope=\"row\">of_tomorrow</th>"
				"<td>&lt;so it is&gt;</td></tr>");
	assert_null(strstr(body_of(&exchange), "unknown"));
	assert_shows(&exchange, ">n</th><td>7</td>");
	assert_shows(&exchange, ">share_s</th><td>[]</td>");
	assert_shows(&exchange, ">torn</th><td>a");
	end_exchange(&exchange);
}

static void a_line_that_is_no_number_is_left_out(void **state)
{
	struct exchange exchange;

	(void)state;
	answer("",
	       "# HELP x_time\n# TYPE x_time gauge\nx_time 1.5\nodd\n"
	       "y_time NaN\nz_time 9223372036854775807\n"
	       "y 2\ncut 3",
	       &exchange);
	assert_shows(&exchange, "<code>x_time</code></th><td>"
				"<time datetime=\"1970-01-01T00:00:01");
	assert_shows(&exchange, "<code>y</code></th><td>2</td>");
	assert_shows(&exchange, "<code>y_time</code></th><td>NaN</td>");
	assert_shows(&exchange,
		     "<code>z_time</code></th><td>9223372036854775807</td>");
	assert_null(strstr(body_of(&exchange), "odd"));
	assert_null(strstr(body_of(&exchange), "cut"));
	end_exchange(&exchange);
}

static void without_its_numbers_it_is_a_500(void **state)
{
	struct exchange exchange;

	(void)state;
	answer("", NULL, &exchange);
	assert_header(&exchange, "Status", "500 Internal Server Error");
	assert_string_equal(body_of(&exchange), "");
	end_exchange(&exchange);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_it_has_no_words_for_is_shown_by_its_name),
		cmocka_unit_test(a_line_that_is_no_number_is_left_out),
		cmocka_unit_test(without_its_numbers_it_is_a_500),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
