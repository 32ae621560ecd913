#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "media/media_segments.h"

/* Segments are named by `n`; `times` are values of startTime, "" for a segment
 * without one, ended by NULL. `order` is the names as they come out. */
static const struct {
	const char *times[8];
	const char *order;
} cases[] = {
	{{"1", "2", "3", NULL}, "012"},
	{{"3", "1", "2", NULL}, "120"},
	{{"10", "9", "9.5", NULL}, "120"},
	{{"1", "1.0", "1.00", NULL}, "012"},
	{{"2", "1", "2", "1", NULL}, "1302"},
	{{"1e2", "-1", "0", NULL}, "120"},
	{{"1e400", "5", NULL}, "10"},
	{{"\"10\"", "\"9\"", NULL}, "10"},
	{{"\"10.5\"", "10", NULL}, "10"},
	{{"\"00:01:00\"", "\"00:00:59.9\"", "\"0:59\"", NULL}, "210"},
	{{"\"10:00\"", "\"9:00\"", NULL}, "10"},
	{{"\"00:00:02,500\"", "\"00:00:02,4\"", "2.45", NULL}, "120"},
	{{"\"2024-02-01T00:00:00Z\"", "\"2024-01-01T00:00:00Z\"", NULL}, "10"},
	/* What cannot be compared stays where it is. */
	{{"3", "", "1", NULL}, "210"},
	{{"3", "null", "2", "[]", "1", NULL}, "41230"},
	{{"3", "\"soon\"", "1", NULL}, "210"},
	{{"3", "\"0x2\"", "1", NULL}, "210"},
	{{"3", "\"1,5\"", "1", NULL}, "210"},
	{{"3", "\"0:1,5:2,5\"", "1", NULL}, "210"},
	{{"3", "\"2\\u0000\"", "1", NULL}, "210"},
	{{"\"+5\"", "4", NULL}, "10"},
	{{"\"b\"", "", "\"a\"", NULL}, "210"},
	{{"\"0:1.\"", "2", "1", NULL}, "021"},
	{{"\"b1\"", "\"b\"", "\"b12\"", NULL}, "102"},
	{{"\"\"", "\"\"", NULL}, "01"},
	{{"", "", NULL}, "01"},
	{{NULL}, ""},
};

static void add(struct media_segments *segments, const char *text)
{
	struct error err = {0};

	if (media_segments_add(segments, text, strlen(text), &err) != 0)
		fail_msg("%s: %s", text, err.message);
}

/* Three bytes each on the wire, about a hundred in memory. */
static void regress_any_number_of_segments_was_kept_in_memory(void **state)
{
	struct media_segments segments = MEDIA_SEGMENTS("a");
	struct error err = {0};
	size_t i;

	(void)state;
	for (i = 0; i < MEDIA_MAX_SEGMENTS; i++)
		add(&segments, "{}");
	assert_int_equal(media_segments_add(&segments, "{}", 2, &err), -1);
	assert_int_equal(err.code, EX_DATAERR);
	assert_non_null(strstr(err.message, "more than 100000 segments"));
	media_segments_free(&segments);
}

static void more_than_eight_megabytes_of_them_are_refused(void **state)
{
	static char text[1 << 20] = "{\"segmentText\": \"";
	struct media_segments segments = MEDIA_SEGMENTS("a");
	struct error err = {0};
	size_t i, start = strlen(text);

	(void)state;
	memset(text + start, 'x', sizeof(text) - start - 2);
	text[sizeof(text) - 2] = '"';
	text[sizeof(text) - 1] = '}';
	for (i = 0; i < 8; i++)
		assert_int_equal(media_segments_add(&segments, text,
						    sizeof(text), &err),
				 0);
	assert_int_equal(media_segments_add(&segments, "{}", 2, &err), -1);
	assert_int_equal(err.code, EX_DATAERR);
	assert_non_null(strstr(err.message, "8388608 bytes"));
	media_segments_free(&segments);
}

static void they_are_in_the_order_of_their_start(void **state)
{
	struct buffer text = BUFFER_EMPTY, out = BUFFER_EMPTY;
	struct error err = {0};
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct media_segments segments = MEDIA_SEGMENTS("a");
		const char *at;

		for (n = 0; cases[i].times[n] != NULL; n++) {
			const char *time = cases[i].times[n];

			buffer_clear(&text);
			buffer_format(&text, "{\"n\":%zu%s%s}", n,
				      time[0] != '\0' ? ",\"startTime\":" : "",
				      time);
			add(&segments, text.data);
		}
		assert_int_equal(media_segments_sort(&segments, &err), 0);
		buffer_clear(&out);
		media_segments_write(&segments, &out);
		at = out.data;
		for (n = 0; cases[i].order[n] != '\0'; n++) {
			at = strstr(at, "\"n\":");
			assert_non_null(at);
			at += 4;
			if (*at != cases[i].order[n])
				fail_msg("case %zu: %s, not %s", i, out.data,
					 cases[i].order);
		}
		media_segments_free(&segments);
	}
	buffer_free(&text);
	buffer_free(&out);
}

static void they_are_written_byte_for_byte(void **state)
{
	struct media_segments segments = MEDIA_SEGMENTS("a");
	struct buffer out = BUFFER_EMPTY;
	struct error err = {0};

	(void)state;
	add(&segments, "{ \"startTime\" : 2.500, \"x\\u0041\":[1e+9 , {}] }");
	add(&segments, "{\"startTime\":1.10,\"fileId\":\"a\"}");
	assert_int_equal(media_segments_sort(&segments, &err), 0);
	media_segments_write(&segments, &out);
	assert_string_equal(out.data,
			    "[{\"startTime\":1.10,\"fileId\":\"a\"},"
			    "{ \"startTime\" : 2.500, \"x\\u0041\":[1e+9 , {}] "
			    "}]");
	media_segments_free(&segments);
	buffer_free(&out);
}

static void those_of_another_file_and_no_objects_are_refused(void **state)
{
	static const char *const refused[] = {
		"{\"fileId\":\"b\"}", "1", "null", "[]", "\"a\"",
		"{\"a\":1,\"a\":2}"};
	struct media_segments segments = MEDIA_SEGMENTS("a");
	struct error err = {0};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		assert_int_equal(media_segments_add(&segments, refused[i],
						    strlen(refused[i]), &err),
				 -1);
		assert_int_equal(err.code, EX_DATAERR);
		assert_non_null(strstr(err.message, "segment 1"));
	}
	media_segments_free(&segments);
}

static void a_number_longer_than_any_time_is_none(void **state)
{
	struct media_segments segments = MEDIA_SEGMENTS("a");
	struct buffer text = BUFFER_EMPTY, out = BUFFER_EMPTY;
	struct error err = {0};
	int i;

	(void)state;
	add(&segments, "{\"n\":0,\"startTime\":3}");
	buffer_text(&text, "{\"n\":1,\"startTime\":1");
	for (i = 0; i < 512; i++)
		buffer_char(&text, '0');
	buffer_char(&text, '}');
	add(&segments, text.data);
	add(&segments, "{\"n\":2,\"startTime\":1}");
	assert_int_equal(media_segments_sort(&segments, &err), 0);
	media_segments_write(&segments, &out);
	/* What cannot be compared stays where it is. */
	assert_non_null(strstr(out.data, "{\"n\":2,\"startTime\":1},{\"n\":1"));
	media_segments_free(&segments);
	buffer_free(&text);
	buffer_free(&out);
}

static void many_stay_stable(void **state)
{
	struct media_segments segments = MEDIA_SEGMENTS("a");
	struct buffer text = BUFFER_EMPTY, out = BUFFER_EMPTY;
	struct error err = {0};
	const char *at;
	int i, n, last = -1;

	(void)state;
	for (i = 0; i < 3000; i++) {
		buffer_clear(&text);
		buffer_format(&text, "{\"n\":%d,\"startTime\":%d}", i,
			      i < 1500 ? 1 : 0);
		add(&segments, text.data);
	}
	assert_int_equal(media_segments_sort(&segments, &err), 0);
	media_segments_write(&segments, &out);
	for (at = out.data, i = 0; i < 3000; i++) {
		at = strstr(at, "{\"n\":");
		assert_int_equal(sscanf(at, "{\"n\":%d", &n), 1);
		assert_int_equal(n, (i + 1500) % 3000);
		assert_int_not_equal(n, last);
		last = n;
		at++;
	}
	media_segments_free(&segments);
	buffer_free(&text);
	buffer_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			regress_any_number_of_segments_was_kept_in_memory),
		cmocka_unit_test(more_than_eight_megabytes_of_them_are_refused),
		cmocka_unit_test(they_are_in_the_order_of_their_start),
		cmocka_unit_test(they_are_written_byte_for_byte),
		cmocka_unit_test(
			those_of_another_file_and_no_objects_are_refused),
		cmocka_unit_test(a_number_longer_than_any_time_is_none),
		cmocka_unit_test(many_stay_stable),
	};

	return cmocka_run_group_tests_name("media_segments", tests, NULL, NULL);
}
