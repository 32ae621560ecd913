/* movies_metrics: what is shown of the films, and what is left out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <time.h>

#include "cache_fixture.h"
#include "web/movies_metrics.h"
#include "web_fixture.h"

/* The samples alone, without HELP and TYPE; freed by the caller. */
static struct buffer samples(void)
{
	struct buffer out = BUFFER_EMPTY, kept = BUFFER_EMPTY;
	struct metrics_writer writer = METRICS_WRITER(&out);
	const char *at;
	size_t length;

	movies_metrics_write("cache", &writer);
	assert_false(out.has_failed);
	buffer_text(&kept, "");
	for (at = out.data; at != NULL && *at != '\0'; at += length) {
		length = strcspn(at, "\n") + 1;
		if (*at != '#')
			buffer_append(&kept, at, length);
	}
	buffer_free(&out);
	return kept;
}

/* The value of a sample without labels, or -1. */
static long long value_of(const char *name)
{
	struct buffer all = samples(), start = BUFFER_EMPTY;
	const char *at = all.data;
	long long value = -1;

	buffer_format(&start, "%s ", name);
	while (at != NULL && strncmp(at, start.data, start.length) != 0) {
		at = strchr(at, '\n');
		if (at != NULL)
			at++;
	}
	if (at != NULL)
		value = strtoll(at + start.length, NULL, 10);
	buffer_free(&start);
	buffer_free(&all);
	return value;
}

static void confirm_at(time_t when)
{
	const struct timespec times[2] = {{.tv_sec = when}, {.tv_sec = when}};

	assert_int_equal(utimensat(AT_FDCWD, "cache/movies/checked", times, 0),
			 0);
}

static void every_fact_has_its_metric(void **state)
{
	struct buffer all;
	struct stat status;
	time_t now = time(NULL);

	(void)state;
	publish_with_status("result=ok\nsource=upstream\nfilms=22\npeople=57\n"
			    "generation=3fa9\nfailures=4\n",
			    true);
	confirm_at(now - 30);
	assert_int_equal(value_of("marquee_movies_films"), 22);
	assert_int_equal(value_of("marquee_movies_people"), 57);
	assert_int_equal(value_of("marquee_movies_failed_runs"), 4);
	assert_int_equal(
		value_of("marquee_movies_last_success_timestamp_seconds"),
		now - 30);
	assert_int_equal(stat("cache/movies/current", &status), 0);
	assert_int_equal(value_of("marquee_movies_published_timestamp_seconds"),
			 status.st_mtime);
	assert_in_range(value_of("marquee_movies_data_age_seconds"), 30, 45);
	assert_int_equal(value_of("marquee_movies_stale"), 0);
	all = samples();
	assert_non_null(strstr(all.data,
			       "\nmarquee_movies_info{source=\"upstream\","
			       "generation=\"3fa9\"} 1\n"));
	buffer_free(&all);
}

static void data_past_its_lifetime_is_stale(void **state)
{
	(void)state;
	publish_with_status("source=upstream\n", true);
	confirm_at(time(NULL) - 300);
	assert_in_range(value_of("marquee_movies_data_age_seconds"), 300, 315);
	assert_int_equal(value_of("marquee_movies_stale"), 1);
}

static void what_was_never_confirmed_is_stale_and_had_no_success(void **state)
{
	(void)state;
	publish_with_status("source=bundled\nfilms=22\n", false);
	assert_int_equal(value_of("marquee_movies_stale"), 1);
	assert_int_equal(
		value_of("marquee_movies_last_success_timestamp_seconds"), -1);
	assert_int_equal(value_of("marquee_movies_data_age_seconds"), -1);
	assert_int_equal(value_of("marquee_movies_films"), 22);
}

static void what_came_with_marquee_has_no_age_whatever_was_confirmed(
	void **state)
{
	(void)state;
	publish_with_status("source=bundled\nfilms=22\n", true);
	assert_int_equal(value_of("marquee_movies_data_age_seconds"), -1);
	assert_int_equal(
		value_of("marquee_movies_last_success_timestamp_seconds"), -1);
}

static void what_the_note_lacks_is_left_out(void **state)
{
	struct buffer all;

	(void)state;
	publish_with_status("films=\npeople=many\nfailures=-1\nsource=\n",
			    true);
	all = samples();
	assert_null(strstr(all.data, "marquee_movies_films"));
	assert_null(strstr(all.data, "marquee_movies_people"));
	assert_null(strstr(all.data, "marquee_movies_failed_runs"));
	assert_null(strstr(all.data, "marquee_movies_info"));
	assert_non_null(strstr(all.data, "marquee_movies_stale 0\n"));
	buffer_free(&all);
}

static void a_label_that_is_not_known_is_left_out(void **state)
{
	struct buffer all;

	(void)state;
	publish_with_status("generation=a\"b\\c\n", true);
	all = samples();
	assert_non_null(strstr(
		all.data,
		"\nmarquee_movies_info{generation=\"a\\\"b\\\\c\"} 1\n"));
	buffer_free(&all);
}

static void nothing_published_has_no_metrics(void **state)
{
	struct buffer all = samples();

	(void)state;
	assert_string_equal(all.data, "");
	buffer_free(&all);
}

/* What is known goes on being shown. */
static void a_pack_that_cannot_be_read_leaves_the_note(void **state)
{
	(void)state;
	publish_with_status("films=22\n", true);
	assert_int_equal(truncate("cache/movies/current/pack", 5), 0);
	assert_int_equal(value_of("marquee_movies_stale"), -1);
	assert_int_equal(value_of("marquee_movies_data_age_seconds"), -1);
	assert_int_equal(value_of("marquee_movies_published_timestamp_seconds"),
			 -1);
	assert_int_equal(value_of("marquee_movies_films"), 22);
	assert_true(value_of("marquee_movies_last_success_timestamp_seconds") >
		    0);
}

int main(void)
{
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, enter_directory, leave_directory)
	const struct CMUnitTest tests[] = {
		TEST(every_fact_has_its_metric),
		TEST(data_past_its_lifetime_is_stale),
		TEST(what_was_never_confirmed_is_stale_and_had_no_success),
		TEST(what_came_with_marquee_has_no_age_whatever_was_confirmed),
		TEST(what_the_note_lacks_is_left_out),
		TEST(a_label_that_is_not_known_is_left_out),
		TEST(nothing_published_has_no_metrics),
		TEST(a_pack_that_cannot_be_read_leaves_the_note),
	};

	return cmocka_run_group_tests_name("movies_metrics", tests, NULL, NULL);
}
