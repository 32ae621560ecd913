/* metrics: Prometheus' text format, character by character. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <limits.h>

#include "web/metrics.h"
#include "web_fixture.h"

static const struct metric total = {"x_total", METRIC_COUNTER, "How many."};
static const struct metric size = {"x_bytes", METRIC_GAUGE, "How large."};

#define TOTAL_HEAD "# HELP x_total How many.\n# TYPE x_total counter\n"
#define SIZE_HEAD "# HELP x_bytes How large.\n# TYPE x_bytes gauge\n"

static void assert_text(struct buffer *out, const char *expected)
{
	assert_false(out->has_failed);
	assert_string_equal(out->data, expected);
	buffer_free(out);
}

static void the_head_comes_once_before_the_first_sample(void **state)
{
	static const struct metric_label first = {"a", "1", 1};
	static const struct metric_label second = {"a", "2", 1};
	struct buffer out = BUFFER_EMPTY;
	struct metrics_writer writer = METRICS_WRITER(&out);

	(void)state;
	metrics_put(&writer, &total, &first, 1, 1);
	metrics_put(&writer, &total, &second, 1, 2);
	metrics_put(&writer, &size, NULL, 0, 3);
	assert_text(&out,
		    TOTAL_HEAD "x_total{a=\"1\"} 1\n"
			       "x_total{a=\"2\"} 2\n" SIZE_HEAD "x_bytes 3\n");
}

static void labels_keep_their_order(void **state)
{
	static const struct metric_label labels[] = {
		{"b", "x", 1}, {"a", "", 0}, {"c", "z!", 1}};
	struct buffer out = BUFFER_EMPTY;
	struct metrics_writer writer = METRICS_WRITER(&out);

	(void)state;
	metrics_put(&writer, &size, labels, 3, 0);
	assert_text(&out, SIZE_HEAD "x_bytes{b=\"x\",a=\"\",c=\"z\"} 0\n");
}

static void a_label_holds_any_text_on_one_line(void **state)
{
	static const struct {
		const char *value;
		size_t length;
		const char *shown;
	} cases[] = {
		{"plain", 5, "plain"},
		{"a\"b", 3, "a\\\"b"},
		{"a\\b", 3, "a\\\\b"},
		{"a\nb", 3, "a\\nb"},
		{"\\n", 2, "\\\\n"},
		{"\"} 1\nx 2", 8, "\\\"} 1\\nx 2"},
		{"\xe5\xae\xae", 3, "\xe5\xae\xae"},
		{"\xe5\xae", 2, "\xef\xbf\xbd\xef\xbf\xbd"},
		{"\xff\"", 2, "\xef\xbf\xbd\\\""},
		{"{},=#", 5, "{},=#"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		const struct metric_label label = {"l", cases[i].value,
						   cases[i].length};
		struct buffer out = BUFFER_EMPTY, expected = BUFFER_EMPTY;
		struct metrics_writer writer = METRICS_WRITER(&out);

		metrics_put(&writer, &size, &label, 1, 1);
		buffer_format(&expected, SIZE_HEAD "x_bytes{l=\"%s\"} 1\n",
			      cases[i].shown);
		assert_text(&out, expected.data);
		buffer_free(&expected);
	}
}

static void numbers_are_whole_and_milliseconds_are_seconds(void **state)
{
	static const struct {
		long long value;
		const char *whole, *seconds;
	} cases[] = {
		{0, "0", "0.000"},
		{7, "7", "0.007"},
		{1000, "1000", "1.000"},
		{1795248000123, "1795248000123", "1795248000.123"},
		{-1, "-1", "-0.001"},
		{-1500, "-1500", "-1.500"},
		{LLONG_MAX, "9223372036854775807", "9223372036854775.807"},
		{LLONG_MIN, "-9223372036854775808", "-9223372036854775.808"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct buffer out = BUFFER_EMPTY, expected = BUFFER_EMPTY;
		struct metrics_writer writer = METRICS_WRITER(&out);

		metrics_put(&writer, &size, NULL, 0, cases[i].value);
		metrics_put_ms(&writer, &total, NULL, 0, cases[i].value);
		buffer_format(&expected,
			      SIZE_HEAD "x_bytes %s\n" TOTAL_HEAD
					"x_total %s\n",
			      cases[i].whole, cases[i].seconds);
		assert_text(&out, expected.data);
		buffer_free(&expected);
	}
}

static void write_size(const void *context, struct metrics_writer *writer)
{
	metrics_put(writer, &size, NULL, 0, *(const int *)context);
}

static void write_nothing(const void *context, struct metrics_writer *writer)
{
	(void)context;
	(void)writer;
}

static void run_out_of_memory(const void *context,
			      struct metrics_writer *writer)
{
	(void)context;
	writer->out->has_failed = true;
}

#define BUILD_INFO                                                             \
	"# HELP marquee_build_info What was built: always 1, its label "       \
	"says.\n"                                                              \
	"# TYPE marquee_build_info gauge\n"                                    \
	"marquee_build_info{version=\"" MARQUEE_VERSION "\"} 1\n"

static void an_answer_holds_what_every_source_writes(void **state)
{
	static const char *const variables[] = {"REQUEST_METHOD=GET", NULL};
	static const int bytes = 12;
	const struct metrics_source sources[] = {{write_nothing, NULL},
						 {write_size, &bytes}};
	struct exchange exchange;

	(void)state;
	begin_exchange(&exchange, variables);
	metrics_answer(sources, 2, &exchange.response);
	assert_header(&exchange, "Status", "200 OK");
	assert_header(&exchange, "Content-Type",
		      "text/plain; version=0.0.4; charset=utf-8");
	assert_header(&exchange, "Cache-Control", "no-store");
	assert_string_equal(body_of(&exchange),
			    BUILD_INFO SIZE_HEAD "x_bytes 12\n");
	end_exchange(&exchange);
}

static void half_an_answer_is_never_sent(void **state)
{
	static const char *const variables[] = {"REQUEST_METHOD=GET", NULL};
	static const int bytes = 12;
	const struct metrics_source sources[] = {{write_size, &bytes},
						 {run_out_of_memory, NULL}};
	struct exchange exchange;

	(void)state;
	begin_exchange(&exchange, variables);
	metrics_answer(sources, 2, &exchange.response);
	assert_header(&exchange, "Status", "500 Internal Server Error");
	assert_header(&exchange, "Cache-Control", "no-store");
	assert_string_equal(body_of(&exchange), "");
	end_exchange(&exchange);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_head_comes_once_before_the_first_sample),
		cmocka_unit_test(labels_keep_their_order),
		cmocka_unit_test(a_label_holds_any_text_on_one_line),
		cmocka_unit_test(
			numbers_are_whole_and_milliseconds_are_seconds),
		cmocka_unit_test(an_answer_holds_what_every_source_writes),
		cmocka_unit_test(half_an_answer_is_never_sent),
	};

	return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
