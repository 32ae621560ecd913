/* metrics: Prometheus' text format, character by character, and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <limits.h>
#include <string.h>

#include "base/count.h"
#include "base/metrics.h"

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

static void durations_are_a_sum_and_a_count(void **state)
{
	static const struct metric took = {"x_seconds", METRIC_SUMMARY,
					   "How long."};
	struct buffer out = BUFFER_EMPTY;
	struct metrics_writer writer = METRICS_WRITER(&out);

	(void)state;
	metrics_put_durations(&writer, &took, 12345, 7);
	assert_text(&out, "# HELP x_seconds How long.\n"
			  "# TYPE x_seconds summary\n"
			  "x_seconds_sum 12.345\n"
			  "x_seconds_count 7\n");
}

static void what_was_written_is_found_again(void **state)
{
	static const struct metric_label label = {"a", "b", 1};
	struct buffer out = BUFFER_EMPTY;
	struct metrics_writer writer = METRICS_WRITER(&out);
	long long found;

	(void)state;
	metrics_put(&writer, &total, &label, 1, 12);
	metrics_put_ms(&writer, &size, NULL, 0, 3456);
	assert_true(metrics_find(&out, "x_total{a=\"b\"}", &found));
	assert_int_equal(found, 12000);
	assert_true(metrics_find(&out, "x_bytes", &found));
	assert_int_equal(found, 3456);
	assert_false(metrics_find(&out, "x_total", &found));
	assert_false(metrics_find(&out, "x_byte", &found));
	assert_false(metrics_find(&out, "x_total{a=\"c\"}", &found));
	buffer_free(&out);
}

static void what_is_no_such_number_is_not_found(void **state)
{
	static const char *const texts[] = {
		"x 1",     "x \n",     "x\n",        "x -1\n",
		"x 1.5\n", "x 1.12\n", "x 1.1234\n", "x 1.-12\n",
		"x +1\n",  "x 1e3\n",  "x NaN\n",    "x=1\n",
		"x 1 2\n", " x 1\n",   "xx 1\n",     "# x 1\n",
		"",        "x .123\n", "x 1.\n",     "x 9223372036854775807\n",
	};
	struct buffer text = BUFFER_EMPTY;
	long long found = 77;
	size_t i;

	(void)state;
	assert_false(metrics_find(&text, "x", &found));
	for (i = 0; i < COUNT(texts); i++) {
		buffer_text(&text, texts[i]);
		if (metrics_find(&text, "x", &found))
			fail_msg("\"%s\" is %lld", texts[i], found);
		buffer_clear(&text);
	}
	assert_int_equal(found, 77);
	buffer_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_head_comes_once_before_the_first_sample),
		cmocka_unit_test(labels_keep_their_order),
		cmocka_unit_test(a_label_holds_any_text_on_one_line),
		cmocka_unit_test(
			numbers_are_whole_and_milliseconds_are_seconds),
		cmocka_unit_test(durations_are_a_sum_and_a_count),
		cmocka_unit_test(what_was_written_is_found_again),
		cmocka_unit_test(what_is_no_such_number_is_not_found),
	};

	return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
