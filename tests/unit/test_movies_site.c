/* movies_site: which of what is published each URL of the contract shows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cache_fixture.h"
#include "web/metrics_answer.h"
#include "web/movies_site.h"
#include "web_fixture.h"

/* Each holds its own name. */
static const char *const published[] = {
	"index.html",         "movies.html",
	"movies.json",        "movies-by-year.html",
	"movies/page/2.html", "movies-by-year/page/2.html",
	"movies/f1.html",     "movies/f1.json",
	"movies/page.html",   "movies/page.json",
	"movies/a%2Fb.html",  "movies/a%2Fb.json",
	"movies/x.json.html", "movies/x.json.json",
	"movies/x.html",      "movies/x.json",
	"style.css",          "favicon.svg",
	"script.js",          "movies.atom",
	"error/404.html",     "secret",
};

static int put_everything(void **state)
{
	struct cache_writer *writer;
	size_t i;

	if (enter_directory(state) != 0)
		return -1;
	writer = open_writer();
	for (i = 0; i < COUNT(published); i++)
		add(writer, published[i], published[i], false);
	assert_int_equal(cache_writer_commit(writer, NULL), 1);
	cache_writer_close(writer);
	return 0;
}

#define HTML "text/html"
#define JSON "application/json"

/* Answers from the current directory's cache, with counters of its own. */
static void answer(struct exchange *exchange)
{
	struct movies_site site;

	assert_int_equal(movies_site_init(&site, "cache", NULL), 0);
	movies_site_answer(&site, &exchange->request, &exchange->response);
	movies_site_free(&site);
}

static void ask(struct exchange *exchange, const char *method, const char *uri,
		const char *accept)
{
	static char texts[3][256];
	static const char *variables[] = {texts[0], texts[1], texts[2], NULL};

	snprintf(texts[0], sizeof(texts[0]), "REQUEST_METHOD=%s", method);
	snprintf(texts[1], sizeof(texts[1]), "REQUEST_URI=%s", uri);
	snprintf(texts[2], sizeof(texts[2]), "HTTP_ACCEPT=%s", accept);
	begin_exchange(exchange, variables);
	answer(exchange);
}

static void every_url_shows_what_the_contract_says(void **state)
{
	static const struct {
		const char *uri, *accept, *shown, *location;
	} cases[] = {
		{"/", HTML, "index.html", NULL},
		{"/", JSON, "index.html", NULL},
		{"/?x=y", HTML, "index.html", NULL},
		{"/movies", HTML, "movies.html", "/movies.html"},
		{"/movies", JSON, "movies.json", "/movies.json"},
		{"/movies", "*/*", "movies.html", "/movies.html"},
		{"/movies/", HTML, "movies.html", "/movies.html"},
		{"/movies/", JSON, "movies.json", "/movies.json"},
		{"/movies.html", JSON, "movies.html", NULL},
		{"/movies.json", HTML, "movies.json", NULL},
		{"/movies?order=year", HTML, "movies-by-year.html",
		 "/movies.html?order=year"},
		{"/movies/?order=year", HTML, "movies-by-year.html",
		 "/movies.html?order=year"},
		{"/movies?order=year", JSON, "movies.json", "/movies.json"},
		{"/movies?order=title", HTML, "movies.html", "/movies.html"},
		{"/movies.html?order=year", JSON, "movies-by-year.html", NULL},
		{"/movies.json?order=year", HTML, "movies.json", NULL},
		{"/movies/page/1", HTML, "movies.html", "/movies.html"},
		{"/movies/page/1", JSON, "movies.json", "/movies.json"},
		{"/movies/page/1?order=year", HTML, "movies-by-year.html",
		 "/movies.html?order=year"},
		{"/movies/page/2", HTML, "movies/page/2.html", NULL},
		{"/movies/page/2/", HTML, "movies/page/2.html", NULL},
		{"/movies/page/2", JSON, "movies/page/2.html", NULL},
		{"/movies/page/2?order=year", HTML,
		 "movies-by-year/page/2.html", NULL},
		{"/movies/f1", HTML, "movies/f1.html", "/movies/f1.html"},
		{"/movies/f1", JSON, "movies/f1.json", "/movies/f1.json"},
		{"/movies/f1.html", JSON, "movies/f1.html", NULL},
		{"/movies/f1.json", HTML, "movies/f1.json", NULL},
		{"/movies/page", HTML, "movies/page.html", "/movies/page.html"},
		{"/movies/a%2Fb", JSON, "movies/a%2Fb.json",
		 "/movies/a%2Fb.json"},
		/* A film that is called x.json goes before x as JSON. */
		{"/movies/x.json", HTML, "movies/x.json.html",
		 "/movies/x.json.html"},
		{"/movies/x.json.json", HTML, "movies/x.json.json", NULL},
		{"/movies/x", JSON, "movies/x.json", "/movies/x.json"},
		{"/style.css", JSON, "style.css", NULL},
		{"/favicon.svg", HTML, "favicon.svg", NULL},
		{"/script.js", HTML, "script.js", NULL},
		{"/movies.atom", JSON, "movies.atom", NULL},
	};
	struct exchange exchange;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		ask(&exchange, "GET", cases[i].uri, cases[i].accept);
		if (exchange.response.status != 200 ||
		    strcmp(body_of(&exchange), cases[i].shown) != 0)
			fail_msg("%s (%s) is %d: %s", cases[i].uri,
				 cases[i].accept, exchange.response.status,
				 body_of(&exchange));
		assert_header(&exchange, "Content-Location", cases[i].location);
		end_exchange(&exchange);
	}
}

static void what_is_no_url_of_ours_is_404(void **state)
{
	static const char *const uris[] = {
		"/index.html",
		"/movie",
		"/movies//",
		"/moviesx",
		"/movies.css",
		"/movies.html/",
		"/movies.json/",
		"/movies-by-year.html",
		"/movies/f1/",
		"/movies/f1.css",
		"/movies/f1.HTML",
		"/movies/f1.html.html",
		"/movies/f1/f1",
		"/movies/unknown",
		"/movies/.html",
		"/movies/.json",
		"/movies/a/b",
		"/movies/a%2fb",
		"/movies/%66%31",
		"/movies/page/0",
		"/movies/page/01",
		"/movies/page/02",
		"/movies/page/3",
		"/movies/page/-2",
		"/movies/page/2.html",
		"/movies/page/99999999999999999999",
		"/movies/page/",
		"/movies/page/2//",
		"/movies/../secret",
		"/movies/..%2Fsecret",
		"/movies/./f1",
		"//movies",
		"/style.css/",
		"/favicon.ico",
		"/script.js/",
		"/movies.atom/",
		"/movies/f1.atom",
		"/error/404.html",
		"/secret",
		"/pack",
		"/current",
		"/ping/x",
		"/healthx",
		"/metrics/x",
		"",
		"*",
	};
	struct exchange exchange;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(uris); i++) {
		ask(&exchange, "GET", uris[i], HTML);
		if (exchange.response.status != 404)
			fail_msg("%s is %d: %s", uris[i],
				 exchange.response.status, body_of(&exchange));
		if (strstr(uris[i], ".json") == NULL &&
		    strncmp(uris[i], "/ping/", 6) != 0 &&
		    strncmp(uris[i], "/metrics/", 9) != 0)
			assert_string_equal(body_of(&exchange),
					    "error/404.html");
		end_exchange(&exchange);
	}
}

static void every_path_can_only_be_read(void **state)
{
	static const char *const uris[] = {
		"/",
		"/movies",
		"/movies/",
		"/movies.html",
		"/movies.json",
		"/movies/page/2",
		"/movies/f1",
		"/movies/f1.json",
		"/style.css",
		"/favicon.svg",
		"/script.js",
		"/movies.atom",
		"/ping",
		"/health",
		"/metrics",
	};
	static const char *const methods[] = {"POST", "PUT", "DELETE",
					      "OPTIONS", "get"};
	struct exchange exchange;
	size_t i, k;

	(void)state;
	for (i = 0; i < COUNT(uris); i++)
		for (k = 0; k < COUNT(methods); k++) {
			ask(&exchange, methods[k], uris[i], HTML);
			if (exchange.response.status != 405)
				fail_msg("%s %s is %d", methods[k], uris[i],
					 exchange.response.status);
			assert_header(&exchange, "Allow", "GET, HEAD");
			end_exchange(&exchange);
		}
}

static void head_is_answered_wherever_get_is(void **state)
{
	static const char *const uris[] = {"/",          "/movies",
					   "/movies/f1", "/movies/page/2",
					   "/style.css", "/health",
					   "/metrics",   "/movies/unknown"};
	struct exchange get, head;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(uris); i++) {
		ask(&get, "GET", uris[i], HTML);
		ask(&head, "HEAD", uris[i], HTML);
		assert_int_equal(get.response.status, head.response.status);
		assert_string_equal(body_of(&head), "");
		assert_header(&head, "Content-Length",
			      header_of(&get, "Content-Length"));
		end_exchange(&get);
		end_exchange(&head);
	}
}

static void ping_and_health_take_a_slash(void **state)
{
	static const char *const uris[] = {"/ping", "/ping/", "/health",
					   "/health/"};
	struct exchange exchange;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(uris); i++) {
		ask(&exchange, "GET", uris[i], HTML);
		assert_int_equal(exchange.response.status, 200);
		assert_header(&exchange, "Content-Type", "application/json");
		end_exchange(&exchange);
	}
}

static void the_longest_path_is_only_unknown(void **state)
{
	char uri[WEB_PATH_MAX_BYTES + 64];
	const char *variables[] = {"REQUEST_METHOD=GET", uri, NULL};
	struct exchange exchange;
	size_t length;

	(void)state;
	for (length = WEB_PATH_MAX_BYTES - 1; length <= WEB_PATH_MAX_BYTES + 1;
	     length++) {
		memset(uri, 'a', sizeof(uri));
		memcpy(uri, "REQUEST_URI=/movies/", 20);
		uri[12 + length] = '\0';
		begin_exchange(&exchange, variables);
		answer(&exchange);
		assert_int_equal(exchange.response.status, 404);
		end_exchange(&exchange);
	}
}

static void metrics_count_what_was_asked_before(void **state)
{
	static const char *const asked[] = {"REQUEST_URI=/movies/f1.html",
					    "REQUEST_URI=/movies/unknown",
					    "REQUEST_URI=/movies/f1",
					    "REQUEST_URI=/no/such"};
	static const char total[] = "marquee_http_requests_total{"
				    "responder=\"movies\",";
	const char *variables[] = {"REQUEST_METHOD=GET", NULL, NULL};
	struct movies_site site;
	struct exchange exchange;
	size_t i;

	(void)state;
	assert_int_equal(movies_site_init(&site, "cache", NULL), 0);
	for (i = 0; i <= COUNT(asked); i++) {
		variables[1] =
			i < COUNT(asked) ? asked[i] : "REQUEST_URI=/metrics/";
		begin_exchange(&exchange, variables);
		movies_site_answer(&site, &exchange.request,
				   &exchange.response);
		if (i < COUNT(asked))
			end_exchange(&exchange);
	}
	movies_site_free(&site);
	assert_header(&exchange, "Content-Type", METRICS_MEDIA_TYPE);
	for (i = 0; i < 3; i++) {
		static const char *const series[] = {
			"route=\"/movies/{}\",method=\"GET\",status=\"200\"} "
			"2\n",
			"route=\"/movies/{}\",method=\"GET\",status=\"404\"} "
			"1\n",
			"route=\"other\",method=\"GET\",status=\"404\"} 1\n",
		};
		const char *at = strstr(body_of(&exchange), series[i]);

		if (at == NULL ||
		    memcmp(at - strlen(total), total, strlen(total)) != 0)
			fail_msg("no %s", series[i]);
	}
	assert_non_null(strstr(
		body_of(&exchange),
		"\nmarquee_http_requests_in_flight{responder=\"movies\"} 1\n"));
	end_exchange(&exchange);
}

static void the_only_request_of_a_process_sees_no_counters(void **state)
{
	static const char *const variables[] = {"REQUEST_METHOD=GET",
						"REQUEST_URI=/metrics", NULL};
	struct exchange exchange;

	(void)state;
	begin_exchange(&exchange, variables);
	exchange.request.is_only_one = true;
	answer(&exchange);
	assert_non_null(strstr(body_of(&exchange), "marquee_movies_stale "));
	assert_null(strstr(body_of(&exchange), "marquee_http_"));
	assert_null(strstr(body_of(&exchange), "marquee_responder_start"));
	end_exchange(&exchange);
}

int main(void)
{
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, put_everything, leave_directory)
	const struct CMUnitTest tests[] = {
		TEST(every_url_shows_what_the_contract_says),
		TEST(what_is_no_url_of_ours_is_404),
		TEST(every_path_can_only_be_read),
		TEST(head_is_answered_wherever_get_is),
		TEST(ping_and_health_take_a_slash),
		TEST(the_longest_path_is_only_unknown),
		TEST(metrics_count_what_was_asked_before),
		TEST(the_only_request_of_a_process_sees_no_counters),
	};

	return cmocka_run_group_tests_name("movies_site", tests, NULL, NULL);
}
