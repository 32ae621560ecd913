/* response: status, headers and body in their order, and nothing split. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "web_fixture.h"

static const char *const get[] = {"REQUEST_METHOD=GET", "REQUEST_URI=/", NULL};
static const char *const head[] = {"REQUEST_METHOD=HEAD", "REQUEST_URI=/",
				   NULL};

static void every_answer_carries_the_security_headers(void **state)
{
	struct exchange exchange;

	(void)state;
	begin_exchange(&exchange, get);
	web_response_clear(&exchange.response);
	web_response_send(&exchange.response, 200, "text/plain", "x", 1);
	assert_header(&exchange, "Content-Security-Policy",
		      WEB_CONTENT_SECURITY_POLICY);
	assert_header(&exchange, "X-Content-Type-Options", "nosniff");
	assert_header(&exchange, "Referrer-Policy", "no-referrer");
	end_exchange(&exchange);
}

static void the_policy_allows_nothing_inline(void **state)
{
	(void)state;
	assert_null(strstr(WEB_CONTENT_SECURITY_POLICY, "unsafe"));
	assert_non_null(
		strstr(WEB_CONTENT_SECURITY_POLICY, "frame-ancestors 'none'"));
}

static void the_body_follows_one_blank_line(void **state)
{
	struct exchange exchange;

	(void)state;
	begin_exchange(&exchange, get);
	web_response_send(&exchange.response, 404, "text/plain", "gone\n", 5);
	assert_memory_equal(exchange.sent.data, "Status: 404 Not Found\r\n",
			    23);
	assert_header(&exchange, "Content-Length", "5");
	assert_string_equal(body_of(&exchange), "gone\n");
	end_exchange(&exchange);
}

static void head_gets_the_headers_of_get_and_no_body(void **state)
{
	struct exchange with, without;

	(void)state;
	begin_exchange(&with, get);
	begin_exchange(&without, head);
	web_response_send(&with.response, 200, "text/plain", "hello", 5);
	web_response_send(&without.response, 200, "text/plain", "hello", 5);
	assert_int_equal(with.sent.length, without.sent.length + 5);
	assert_memory_equal(with.sent.data, without.sent.data,
			    without.sent.length);
	end_exchange(&with);
	end_exchange(&without);
}

static void a_value_with_a_control_character_is_refused(void **state)
{
	static const char *const values[] = {
		"a\r\nSet-Cookie: b", "a\nb", "a\rb", "a\x01", "\x7f",
		"\xc2\x85",
	};
	struct exchange exchange;
	size_t i, before;

	(void)state;
	begin_exchange(&exchange, get);
	before = exchange.response.headers.length;
	for (i = 0; i < COUNT(values); i++)
		assert_int_equal(web_response_header(&exchange.response,
						     "X-Name", values[i]),
				 -1);
	assert_int_equal(exchange.response.headers.length, before);
	end_exchange(&exchange);
}

static void a_name_that_is_no_token_is_refused(void **state)
{
	static const char *const names[] = {"",         "X Name", "X:", "X\r\n",
					    "\xc3\x84", "X[",     "X{", "X/"};
	struct exchange exchange;
	size_t i, before;

	(void)state;
	begin_exchange(&exchange, get);
	before = exchange.response.headers.length;
	for (i = 0; i < COUNT(names); i++) {
		assert_int_equal(web_response_header(&exchange.response,
						     names[i], "x"),
				 -1);
		assert_int_equal(web_response_header_number(&exchange.response,
							    names[i], 1),
				 -1);
	}
	assert_int_equal(exchange.response.headers.length, before);
	end_exchange(&exchange);
}

static void an_answer_without_a_body_has_no_length(void **state)
{
	struct exchange exchange;

	(void)state;
	begin_exchange(&exchange, get);
	web_response_begin(&exchange.response, 304, WEB_NO_BODY);
	assert_header(&exchange, "Content-Length", NULL);
	assert_string_equal(body_of(&exchange), "");
	end_exchange(&exchange);
}

static void nothing_more_is_written_once_the_client_has_left(void **state)
{
	struct exchange exchange;

	(void)state;
	begin_exchange(&exchange, get);
	web_response_begin(&exchange.response, 200, 20);
	exchange.room = 10;
	assert_int_equal(
		web_response_write(&exchange.response, "0123456789", 10), 0);
	assert_int_equal(web_response_write(&exchange.response, "x", 1), -1);
	assert_true(exchange.response.has_client_left);
	exchange.room = 10;
	assert_int_equal(web_response_write(&exchange.response, "x", 1), -1);
	assert_string_equal(body_of(&exchange), "0123456789");
	end_exchange(&exchange);
}

/* Status, bytes of the body or WEB_NO_BODY, whether it is HEAD. */
static void assert_one_end(int status, uint64_t body_bytes, bool is_head)
{
	struct exchange exchange;
	uint64_t done;

	begin_exchange(&exchange, NULL);
	exchange.response.is_head = is_head;
	web_response_begin(&exchange.response, status, body_bytes);
	for (done = 0; body_bytes != WEB_NO_BODY && done < body_bytes; done++) {
		assert_int_equal(exchange.ends, is_head);
		web_response_write(&exchange.response, "x", 1);
	}
	assert_int_equal(exchange.ends, 1);
	assert_int_equal(exchange.pieces_after_end, 0);
	end_exchange(&exchange);
}

static void the_last_piece_and_no_other_is_called_the_last(void **state)
{
	(void)state;
	assert_one_end(200, 3, false);
	assert_one_end(200, 0, false);
	assert_one_end(200, 3, true);
	assert_one_end(304, WEB_NO_BODY, false);
}

/* How much of the answer was sent when its end was told. */
static void note_sent(void *context, const struct web_response *response)
{
	struct exchange *exchange = context;

	(void)response;
	snprintf(exchange->value, sizeof(exchange->value), "%zu",
		 exchange->sent.length);
}

static void the_end_is_told_once_and_before_the_client_sees_it(void **state)
{
	struct exchange exchange;
	size_t head_bytes;

	(void)state;
	begin_exchange(&exchange, NULL);
	exchange.response.at_end = (struct web_end){note_sent, &exchange};
	web_response_begin(&exchange.response, 200, 2);
	head_bytes = exchange.sent.length;
	web_response_write(&exchange.response, "x", 1);
	assert_string_equal(exchange.value, "");
	web_response_write(&exchange.response, "y", 1);
	assert_int_equal(strtoul(exchange.value, NULL, 10), head_bytes + 1);
	exchange.value[0] = '\0';
	web_response_end(&exchange.response);
	assert_string_equal(exchange.value, "");
	end_exchange(&exchange);
}

static void headers_that_found_no_memory_become_a_bare_500(void **state)
{
	struct exchange exchange;

	(void)state;
	begin_exchange(&exchange, get);
	exchange.response.headers.has_failed = true;
	web_response_send(&exchange.response, 200, "text/plain", "x", 1);
	assert_int_equal(exchange.response.status, 500);
	assert_header(&exchange, "Status", "500 Internal Server Error");
	assert_string_equal(body_of(&exchange), "");
	end_exchange(&exchange);
}

static void every_status_that_is_sent_has_a_reason(void **state)
{
	static const int statuses[] = {200, 206, 304, 404, 405,
				       412, 416, 500, 503};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(statuses); i++)
		assert_true(strlen(web_status_reason(statuses[i])) > 0);
	assert_string_equal(web_status_reason(299), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_answer_carries_the_security_headers),
		cmocka_unit_test(the_policy_allows_nothing_inline),
		cmocka_unit_test(the_body_follows_one_blank_line),
		cmocka_unit_test(head_gets_the_headers_of_get_and_no_body),
		cmocka_unit_test(a_value_with_a_control_character_is_refused),
		cmocka_unit_test(a_name_that_is_no_token_is_refused),
		cmocka_unit_test(an_answer_without_a_body_has_no_length),
		cmocka_unit_test(
			nothing_more_is_written_once_the_client_has_left),
		cmocka_unit_test(
			headers_that_found_no_memory_become_a_bare_500),
		cmocka_unit_test(
			the_last_piece_and_no_other_is_called_the_last),
		cmocka_unit_test(
			the_end_is_told_once_and_before_the_client_sees_it),
		cmocka_unit_test(every_status_that_is_sent_has_a_reason),
	};

	return cmocka_run_group_tests_name("response", tests, NULL, NULL);
}
