/* resource: the forms of one thing, error pages, an empty cache. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cache_fixture.h"
#include "web/resource.h"
#include "web_fixture.h"

static const struct resource_store store = {"cache", "movies", NULL};
static const struct resource both = {{"x.html", "x.json"}, {0}};

static void put(const char *const *names, size_t count)
{
	struct cache_writer *writer = open_writer();
	size_t i;

	for (i = 0; i < count; i++)
		add(writer, names[i], names[i], false);
	assert_int_equal(cache_writer_commit(writer, NULL), 1);
	cache_writer_close(writer);
}

static void ask(struct exchange *exchange, const struct resource *readings,
		size_t count, const char *accept)
{
	static const char *variables[] = {"REQUEST_METHOD=GET",
					  "REQUEST_URI=/x", NULL, NULL};

	variables[2] = accept;
	begin_exchange(exchange, variables);
	resource_answer(&store, readings, count, &exchange->request,
			&exchange->response);
}

static void accept_chooses_the_form_and_its_location(void **state)
{
	static const char *const names[] = {"x.html", "x.json"};
	struct exchange exchange;

	(void)state;
	put(names, 2);
	ask(&exchange, &both, 1, "HTTP_ACCEPT=application/json");
	assert_string_equal(body_of(&exchange), "x.json");
	assert_header(&exchange, "Content-Location", "/x.json");
	assert_header(&exchange, "Vary", "Accept, Accept-Encoding");
	end_exchange(&exchange);
	ask(&exchange, &both, 1, "HTTP_ACCEPT=image/png");
	assert_string_equal(body_of(&exchange), "x.html");
	end_exchange(&exchange);
}

static void a_form_that_is_missing_is_not_chosen(void **state)
{
	static const char *const names[] = {"x.html"};
	struct exchange exchange;

	(void)state;
	put(names, 1);
	ask(&exchange, &both, 1, "HTTP_ACCEPT=application/json");
	assert_string_equal(body_of(&exchange), "x.html");
	end_exchange(&exchange);
}

static void the_first_reading_that_is_there_wins(void **state)
{
	static const char *const names[] = {"y.html", "z.html"};
	static const struct resource readings[] = {
		{{"x.html", "x.json"}, {0}},
		{{"y.html", NULL}, {0}},
		{{"z.html", NULL}, {0}},
	};
	struct exchange exchange;

	(void)state;
	put(names, 2);
	ask(&exchange, readings, 3, NULL);
	assert_string_equal(body_of(&exchange), "y.html");
	assert_header(&exchange, "Content-Location", NULL);
	end_exchange(&exchange);
}

static void an_unknown_name_shows_the_published_404_page(void **state)
{
	static const char *const names[] = {"error/404.html", "y"};
	struct exchange exchange;

	(void)state;
	put(names, 2);
	ask(&exchange, &both, 1, "HTTP_ACCEPT=text/html");
	assert_header(&exchange, "Status", "404 Not Found");
	assert_string_equal(body_of(&exchange), "error/404.html");
	end_exchange(&exchange);
	ask(&exchange, &both, 1, "HTTP_ACCEPT=application/json");
	assert_header(&exchange, "Content-Type", "application/problem+json");
	end_exchange(&exchange);
}

static void without_that_page_a_built_in_one_is_shown(void **state)
{
	static const char *const names[] = {"y"};
	struct exchange exchange;

	(void)state;
	put(names, 1);
	ask(&exchange, &both, 1, NULL);
	assert_header(&exchange, "Status", "404 Not Found");
	assert_non_null(strstr(body_of(&exchange), "<h1>Not Found</h1>"));
	end_exchange(&exchange);
}

static void an_empty_cache_is_503_with_a_time_to_come_again(void **state)
{
	struct exchange exchange;

	(void)state;
	ask(&exchange, &both, 1, NULL);
	assert_header(&exchange, "Status", "503 Service Unavailable");
	assert_header(&exchange, "Retry-After", "20");
	end_exchange(&exchange);
}

static void a_cache_that_cannot_be_read_is_503(void **state)
{
	static const char *const names[] = {"x.html"};
	struct exchange exchange;

	(void)state;
	put(names, 1);
	assert_int_equal(truncate("cache/movies/current/pack", 3), 0);
	ask(&exchange, &both, 1, NULL);
	assert_header(&exchange, "Status", "503 Service Unavailable");
	assert_null(strstr(body_of(&exchange), "pack"));
	end_exchange(&exchange);
}

static void a_body_that_cannot_be_read_is_503_with_no_trace_of_200(void **state)
{
	struct cache_writer *writer;
	struct exchange exchange;

	(void)state;
	writer = open_writer();
	add(writer, "x.html", "page", true);
	assert_int_equal(cache_writer_commit(writer, NULL), 1);
	cache_writer_close(writer);
	assert_int_equal(truncate("cache/movies/current/x.html", 1), 0);
	ask(&exchange, &both, 1, NULL);
	assert_header(&exchange, "Status", "503 Service Unavailable");
	assert_header(&exchange, "ETag", NULL);
	assert_header(&exchange, "Cache-Control", "no-store");
	end_exchange(&exchange);
}

int main(void)
{
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, enter_directory, leave_directory)
	const struct CMUnitTest tests[] = {
		TEST(accept_chooses_the_form_and_its_location),
		TEST(a_form_that_is_missing_is_not_chosen),
		TEST(the_first_reading_that_is_there_wins),
		TEST(an_unknown_name_shows_the_published_404_page),
		TEST(without_that_page_a_built_in_one_is_shown),
		TEST(an_empty_cache_is_503_with_a_time_to_come_again),
		TEST(a_cache_that_cannot_be_read_is_503),
		TEST(a_body_that_cannot_be_read_is_503_with_no_trace_of_200),
	};

	return cmocka_run_group_tests_name("resource", tests, NULL, NULL);
}
