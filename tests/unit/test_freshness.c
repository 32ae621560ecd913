/* freshness: age, ttl and detail from the facts; what is looked at. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "cache_fixture.h"
#include "web/freshness.h"
#include "web_fixture.h"

#define NEVER (-1)

static void facts_make_age_ttl_and_detail(void **state)
{
	static const struct {
		long long confirmed_ago_ms, published_ago_s;
		const char *note;
		long long age_s, ttl_s;
		const char *detail; /* "" where it is fresh */
	} cases[] = {
		{0, 100, NULL, 0, 60, ""},
		{999, 100, NULL, 0, 60, ""},
		{1000, 100, NULL, 1, 59, ""},
		{60000, 100, NULL, 60, 0, ""},
		{60999, 100, NULL, 60, 0, ""},
		{61000, 100, NULL, 61, -1, "stale"},
		{3600000, 9999, "detail=timeout\n", 3600, -3540, "timeout"},
		{61000, 100, "source=upstream\ndetail=refused\n", 61, -1,
		 "refused"},
		/* Fresh data needs no reason, whatever the last run did. */
		{1000, 100, "result=failed\ndetail=timeout\n", 1, 59, ""},
		/* A clock that was set back makes nothing older than now. */
		{-5000, 100, NULL, 0, 60, ""},
		{NEVER, -100, NULL, 0, -1, "stale"},
		/* What the upstream never confirmed is stale at once. */
		{NEVER, 0, "source=bundled\n", 0, -1, "bundled"},
		{NEVER, 30, "source=bundled\ndetail=timeout\n", 30, -30,
		 "bundled"},
		{NEVER, 30, NULL, 30, -30, "stale"},
		{5000, 1, "source=rolled-back\n", 5, -1, "rolled-back"},
		{100000, 1, "source=rolled-back\n", 100, -40, "rolled-back"},
		/* Only a plain word gets into the header. */
		{61000, 100, "detail=a b\n", 61, -1, "stale"},
		{61000, 100, "detail=a;b\n", 61, -1, "stale"},
		{61000, 100, "detail=\n", 61, -1, "stale"},
		{61000, 100, "detail=9a\n", 61, -1, "stale"},
		{61000, 100, "detail=a{\n", 61, -1, "stale"},
		{61000, 100, "detail=http-503\n", 61, -1, "http-503"},
		{61000, 100, "detail=abcdefghijklmnopqrstuvwxyzabcde\n", 61, -1,
		 "abcdefghijklmnopqrstuvwxyzabcde"},
		{61000, 100, "detail=abcdefghijklmnopqrstuvwxyzabcdef\n", 61,
		 -1, "stale"},
		{61000, 100, "garbage", 61, -1, "stale"},
	};
	const long long now_ms = 1800000000123;
	struct freshness freshness;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct buffer note = BUFFER_EMPTY;
		struct freshness_facts facts = {
			.now_ms = now_ms,
			.published_at = (time_t)(now_ms / 1000 -
						 cases[i].published_ago_s),
			.is_confirmed = cases[i].confirmed_ago_ms != NEVER,
			.confirmed_ms = now_ms - cases[i].confirmed_ago_ms,
		};

		if (cases[i].note != NULL) {
			buffer_text(&note, cases[i].note);
			facts.note = &note;
		}
		freshness_judge(&facts, &freshness);
		if (freshness.age_s != cases[i].age_s ||
		    freshness.ttl_s != cases[i].ttl_s ||
		    freshness.is_stale != (cases[i].detail[0] != '\0') ||
		    strcmp(freshness.detail, cases[i].detail) != 0)
			fail_msg("case %zu: age %lld, ttl %lld, detail \"%s\"",
				 i, freshness.age_s, freshness.ttl_s,
				 freshness.detail);
		buffer_free(&note);
	}
}

static void send(const struct freshness *freshness, struct exchange *exchange)
{
	static const char *const variables[] = {"REQUEST_METHOD=GET", NULL};

	begin_exchange(exchange, variables);
	freshness_add_headers(freshness, &exchange->response);
	web_response_begin(&exchange->response, 200, 0);
}

static void headers_tell_fresh_from_stale(void **state)
{
	struct freshness fresh = {.at_s = 8, .age_s = 7, .ttl_s = 53};
	struct freshness stale = {.age_s = 90,
				  .ttl_s = -30,
				  .is_stale = true,
				  .detail = "timeout"};
	struct exchange exchange;

	(void)state;
	send(&fresh, &exchange);
	assert_header(&exchange, "Age", "7");
	assert_header(&exchange, "Cache-Status", "marquee; hit; ttl=53");
	end_exchange(&exchange);
	send(&stale, &exchange);
	assert_header(&exchange, "Age", "90");
	assert_header(&exchange, "Cache-Status",
		      "marquee; hit; ttl=-30; detail=timeout");
	end_exchange(&exchange);
}

/* nginx 1.22 looks at no Cache-Control that comes later. */
static void cache_control_stands_before_x_accel_expires(void **state)
{
	struct freshness fresh = {.ttl_s = 60};
	struct exchange exchange;
	const char *control, *expires;

	(void)state;
	send(&fresh, &exchange);
	control = strstr(exchange.sent.data, "Cache-Control: public, max-age=");
	expires = strstr(exchange.sent.data, "X-Accel-Expires: @");
	assert_non_null(control);
	assert_non_null(expires);
	assert_true(control < expires);
	end_exchange(&exchange);
}

/* nginx shows it as long as its clock's second is no later one. */
static void it_is_shown_again_until_the_second_that_its_age_is_of(void **state)
{
	struct freshness fresh = {.at_s = 1800000000, .ttl_s = 60};
	struct exchange exchange;

	(void)state;
	send(&fresh, &exchange);
	assert_header(&exchange, "X-Accel-Expires", "@1799999999");
	end_exchange(&exchange);
}

static void put_status(const char *text)
{
	struct cache_writer *writer = open_writer();

	assert_int_equal(cache_writer_put_note(writer, FRESHNESS_NOTE, text,
					       strlen(text), NULL),
			 0);
	cache_writer_close(writer);
}

/* Makes the last confirmation `ago_s` old. */
static void confirm(long long ago_s)
{
	struct cache_writer *writer = open_writer();
	struct timespec times[2] = {
		{.tv_nsec = UTIME_OMIT},
		{.tv_sec = (time_t)(clock_wall_ms() / 1000 - ago_s)}};

	assert_int_equal(cache_writer_confirm(writer, clock_wall_ms(), NULL),
			 0);
	cache_writer_close(writer);
	assert_int_equal(utimensat(AT_FDCWD, "cache/movies/checked", times, 0),
			 0);
}

static time_t now(void)
{
	return (time_t)(clock_wall_ms() / 1000);
}

static void what_is_looked_at_is_judged_for_the_end_of_its_second(void **state)
{
	struct freshness freshness;
	long long before_s, after_s;

	(void)state;
	publish("page");
	put_status("source=upstream\n");
	confirm(5);
	before_s = now();
	freshness_look("cache", "movies", now() - 100, &freshness, NULL);
	after_s = now();
	assert_in_range(freshness.at_s, before_s + 1, after_s + 1);
	assert_int_equal(freshness.age_s + freshness.ttl_s,
			 FRESHNESS_LIFETIME_S);
}

static void what_is_published_is_judged_by_its_confirmation(void **state)
{
	struct freshness freshness;

	(void)state;
	publish("page");
	put_status("source=upstream\ndetail=timeout\n");
	confirm(5);
	freshness_look("cache", "movies", now() - 100, &freshness, NULL);
	assert_false(freshness.is_stale);
	assert_in_range(freshness.age_s, 5, 8);
	confirm(100);
	freshness_look("cache", "movies", now() - 200, &freshness, NULL);
	assert_true(freshness.is_stale);
	assert_string_equal(freshness.detail, "timeout");
}

static void without_a_confirmation_it_is_the_bundled_catalogue(void **state)
{
	struct freshness freshness;

	(void)state;
	publish("page");
	put_status("source=bundled\n");
	freshness_look("cache", "movies", now() - 10, &freshness, NULL);
	assert_true(freshness.is_stale);
	assert_string_equal(freshness.detail, "bundled");
	assert_true(freshness.ttl_s <= -10);
}

static void a_rollback_shows_though_the_confirmation_is_young(void **state)
{
	struct freshness freshness;

	(void)state;
	publish("page");
	put_status("source=rolled-back\n");
	confirm(5);
	freshness_look("cache", "movies", now(), &freshness, NULL);
	assert_true(freshness.is_stale);
	assert_string_equal(freshness.detail, "rolled-back");
}

static void fresh_data_is_judged_without_reading_the_note(void **state)
{
	struct freshness freshness;

	(void)state;
	publish("page");
	put_status("source=bundled\n");
	confirm(5);
	freshness_look("cache", "movies", now() - 100, &freshness, NULL);
	assert_false(freshness.is_stale);
}

int main(void)
{
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, enter_directory, leave_directory)
	const struct CMUnitTest tests[] = {
		TEST(facts_make_age_ttl_and_detail),
		TEST(headers_tell_fresh_from_stale),
		TEST(cache_control_stands_before_x_accel_expires),
		TEST(it_is_shown_again_until_the_second_that_its_age_is_of),
		TEST(what_is_looked_at_is_judged_for_the_end_of_its_second),
		TEST(what_is_published_is_judged_by_its_confirmation),
		TEST(without_a_confirmation_it_is_the_bundled_catalogue),
		TEST(a_rollback_shows_though_the_confirmation_is_young),
		TEST(fresh_data_is_judged_without_reading_the_note),
	};

	return cmocka_run_group_tests_name("freshness", tests, NULL, NULL);
}
