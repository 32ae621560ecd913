/* representation: one entry of the cache, with all that HTTP has for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <time.h>

#include "cache_fixture.h"
#include "web/negotiate.h"
#include "web/representation.h"
#include "web_fixture.h"

#define URI "REQUEST_URI=/page"

/* Text that gzip and brotli make smaller, longer than a chunk. */
static char *long_text(size_t length)
{
	static const char words[] = "fourteen words that say the same thing ";
	char *text = malloc(length + 1);
	size_t i;

	assert_non_null(text);
	for (i = 0; i < length; i++)
		text[i] = words[i % (sizeof(words) - 1)];
	text[length] = '\0';
	return text;
}

/* Asks for "page" of what is published. */
static int ask(struct exchange *exchange, const char *const *variables,
	       struct representation what)
{
	struct cache_snapshot snapshot;
	struct cache_entry entry;
	struct error err = {0};
	int status;

	assert_int_equal(
		cache_snapshot_open("cache", "movies", &snapshot, &err), 0);
	what.snapshot = &snapshot;
	what.entry = &entry;
	if (what.name == NULL)
		what.name = "page";
	if (what.status == 0)
		what.status = 200;
	assert_int_equal(
		cache_snapshot_find(&snapshot, what.name, &entry, &err), 1);
	begin_exchange(exchange, variables);
	status = representation_answer(&what, &exchange->request,
				       &exchange->response, &err);
	cache_snapshot_close(&snapshot);
	return status;
}

static void put_etag(char *variable, size_t size, const char *name)
{
	static const char *const variables[] = {"REQUEST_METHOD=GET", URI,
						NULL};
	struct exchange exchange;

	ask(&exchange, variables, (struct representation){0});
	snprintf(variable, size, "%s=%.60s", name,
		 header_of(&exchange, "ETag"));
	end_exchange(&exchange);
}

static void a_get_gets_the_bytes_and_their_description(void **state)
{
	static const char *const variables[] = {"REQUEST_METHOD=GET", URI,
						NULL};
	struct freshness fresh = {.age_s = 3, .ttl_s = 57};
	struct exchange exchange;

	(void)state;
	publish("0123456789");
	assert_int_equal(ask(&exchange, variables,
			     (struct representation){.is_negotiated = true,
						     .location = "/page",
						     .freshness = &fresh}),
			 0);
	assert_header(&exchange, "Status", "200 OK");
	assert_header(&exchange, "Content-Type", "text/html; charset=utf-8");
	assert_header(&exchange, "Content-Length", "10");
	assert_header(&exchange, "Content-Encoding", NULL);
	assert_header(&exchange, "Content-Location", "/page");
	assert_header(&exchange, "Vary", "Accept, Accept-Encoding");
	assert_header(&exchange, "Accept-Ranges", "bytes");
	assert_header(&exchange, "Age", "3");
	assert_header(&exchange, "Cache-Status", "marquee; hit; ttl=57");
	assert_header(&exchange, "Access-Control-Allow-Origin", NULL);
	assert_non_null(header_of(&exchange, "ETag"));
	assert_non_null(header_of(&exchange, "Last-Modified"));
	assert_string_equal(body_of(&exchange), "0123456789");
	end_exchange(&exchange);
}

static void what_was_not_negotiated_varies_by_coding_only(void **state)
{
	static const char *const variables[] = {"REQUEST_METHOD=GET", URI,
						NULL};
	struct exchange exchange;

	(void)state;
	publish("page");
	ask(&exchange, variables, (struct representation){0});
	assert_header(&exchange, "Vary", "Accept-Encoding");
	assert_header(&exchange, "Content-Location", NULL);
	end_exchange(&exchange);
}

static void a_matching_tag_is_answered_with_304_and_its_headers(void **state)
{
	static const char *const kept[] = {
		"ETag",         "Last-Modified", "Vary", "Content-Location",
		"Cache-Status", "Cache-Control", "Age",
	};
	char tag[128];
	const char *variables[] = {"REQUEST_METHOD=GET", URI, tag, NULL};
	struct freshness fresh = {.age_s = 3, .ttl_s = 57};
	struct exchange exchange;
	size_t i;

	(void)state;
	publish("0123456789");
	put_etag(tag, sizeof(tag), "HTTP_IF_NONE_MATCH");
	ask(&exchange, variables,
	    (struct representation){.location = "/page", .freshness = &fresh});
	assert_header(&exchange, "Status", "304 Not Modified");
	for (i = 0; i < COUNT(kept); i++)
		if (header_of(&exchange, kept[i]) == NULL)
			fail_msg("a 304 without %s", kept[i]);
	assert_header(&exchange, "Content-Length", NULL);
	assert_header(&exchange, "Content-Type", NULL);
	assert_string_equal(body_of(&exchange), "");
	end_exchange(&exchange);
}

static void each_coding_is_sent_with_a_tag_of_its_own(void **state)
{
	static const char *const accepts[] = {"HTTP_ACCEPT_ENCODING=identity",
					      "HTTP_ACCEPT_ENCODING=gzip",
					      "HTTP_ACCEPT_ENCODING=br"};
	static const char *const codings[] = {NULL, "gzip", "br"};
	char *text = long_text(5000), tags[3][64];
	struct exchange exchange;
	size_t i;

	(void)state;
	publish(text);
	for (i = 0; i < 3; i++) {
		const char *variables[] = {"REQUEST_METHOD=GET", URI,
					   accepts[i], NULL};

		ask(&exchange, variables, (struct representation){0});
		assert_header(&exchange, "Content-Encoding", codings[i]);
		snprintf(tags[i], sizeof(tags[i]), "%.60s",
			 header_of(&exchange, "ETag"));
		end_exchange(&exchange);
	}
	assert_string_not_equal(tags[0], tags[1]);
	assert_string_not_equal(tags[0], tags[2]);
	assert_string_not_equal(tags[1], tags[2]);
	free(text);
}

static void a_body_of_many_chunks_arrives_whole(void **state)
{
	static const char *const variables[] = {"REQUEST_METHOD=GET", URI,
						NULL};
	size_t length = 5 * REPRESENTATION_CHUNK_BYTES + 17;
	char *text = long_text(length);
	struct exchange exchange;

	(void)state;
	publish(text);
	ask(&exchange, variables, (struct representation){0});
	assert_string_equal(body_of(&exchange), text);
	end_exchange(&exchange);
	ask(&exchange, variables, (struct representation){.name = "list"});
	assert_string_equal(body_of(&exchange), text);
	end_exchange(&exchange);
	free(text);
}

static void a_range_is_cut_out_of_the_body(void **state)
{
	static const struct {
		const char *method, *range, *status, *content_range, *length;
		const char *body;
	} cases[] = {
		{"GET", "bytes=2-4", "206 Partial Content", "bytes 2-4/10", "3",
		 "234"},
		{"GET", "bytes=-3", "206 Partial Content", "bytes 7-9/10", "3",
		 "789"},
		{"GET", "bytes=0-", "206 Partial Content", "bytes 0-9/10", "10",
		 "0123456789"},
		{"GET", "bytes=1-2,5-6", "200 OK", NULL, "10", "0123456789"},
		{"GET", "lines=1-2", "200 OK", NULL, "10", "0123456789"},
		{"HEAD", "bytes=2-4", "200 OK", NULL, "10", ""},
	};
	struct exchange exchange;
	char method[32], range[32];
	const char *variables[] = {method, URI, range, NULL};
	size_t i;

	(void)state;
	publish("0123456789");
	for (i = 0; i < COUNT(cases); i++) {
		snprintf(method, sizeof(method), "REQUEST_METHOD=%s",
			 cases[i].method);
		snprintf(range, sizeof(range), "HTTP_RANGE=%s", cases[i].range);
		ask(&exchange, variables, (struct representation){0});
		assert_header(&exchange, "Status", cases[i].status);
		assert_header(&exchange, "Content-Range",
			      cases[i].content_range);
		assert_header(&exchange, "Content-Length", cases[i].length);
		assert_string_equal(body_of(&exchange), cases[i].body);
		end_exchange(&exchange);
	}
}

static void a_long_range_inside_chunks_is_exact(void **state)
{
	static const char *const variables[] = {"REQUEST_METHOD=GET", URI,
						"HTTP_RANGE=bytes=65530-131090",
						NULL};
	char *text = long_text(200000);
	struct exchange exchange;

	(void)state;
	publish(text);
	ask(&exchange, variables, (struct representation){0});
	assert_header(&exchange, "Content-Length", "65561");
	assert_int_equal(strlen(body_of(&exchange)), 65561);
	assert_memory_equal(body_of(&exchange), text + 65530, 65561);
	end_exchange(&exchange);
	free(text);
}

static void a_range_past_the_end_is_416_with_the_length(void **state)
{
	static const char *const variables[] = {"REQUEST_METHOD=GET", URI,
						"HTTP_RANGE=bytes=10-", NULL};
	struct exchange exchange;

	(void)state;
	publish("0123456789");
	assert_int_equal(ask(&exchange, variables, (struct representation){0}),
			 0);
	assert_header(&exchange, "Status", "416 Range Not Satisfiable");
	assert_header(&exchange, "Content-Range", "bytes */10");
	assert_header(&exchange, "ETag", NULL);
	end_exchange(&exchange);
}

static void an_if_range_that_does_not_match_gives_the_whole(void **state)
{
	char tag[128];
	const char *variables[] = {"REQUEST_METHOD=GET", URI,
				   "HTTP_RANGE=bytes=2-4", tag, NULL};
	struct exchange exchange;

	(void)state;
	publish("0123456789");
	put_etag(tag, sizeof(tag), "HTTP_IF_RANGE");
	ask(&exchange, variables, (struct representation){0});
	assert_header(&exchange, "Status", "206 Partial Content");
	end_exchange(&exchange);
	snprintf(tag, sizeof(tag), "HTTP_IF_RANGE=\"other\"");
	ask(&exchange, variables, (struct representation){0});
	assert_header(&exchange, "Status", "200 OK");
	assert_string_equal(body_of(&exchange), "0123456789");
	end_exchange(&exchange);
}

static void an_if_match_that_does_not_match_is_412(void **state)
{
	static const char *const variables[] = {
		"REQUEST_METHOD=GET", URI, "HTTP_IF_MATCH=\"other\"", NULL};
	struct exchange exchange;

	(void)state;
	publish("0123456789");
	ask(&exchange, variables, (struct representation){0});
	assert_header(&exchange, "Status", "412 Precondition Failed");
	assert_null(strstr(body_of(&exchange), "0123456789"));
	end_exchange(&exchange);
}

static void no_date_of_publication_is_later_than_now(void **state)
{
	(void)state;
	assert_int_equal(representation_last_modified(100, 105), 100);
	assert_int_equal(representation_last_modified(100, 101), 100);
	assert_int_equal(representation_last_modified(100, 100), 100);
	/* A clock that was set back. */
	assert_int_equal(representation_last_modified(200, 100), 100);
}

/* Both are asked for before their second is over. */
static void a_second_publication_within_a_second_is_not_hidden(void **state)
{
	char since[128], range[128];
	const char *variables[] = {"REQUEST_METHOD=GET", URI, NULL, NULL, NULL};
	struct exchange exchange;

	(void)state;
	publish("first");
	ask(&exchange, variables, (struct representation){0});
	snprintf(since, sizeof(since), "HTTP_IF_MODIFIED_SINCE=%.60s",
		 header_of(&exchange, "Last-Modified"));
	snprintf(range, sizeof(range), "HTTP_IF_RANGE=%.60s",
		 header_of(&exchange, "Last-Modified"));
	end_exchange(&exchange);
	publish("second");
	variables[2] = since;
	ask(&exchange, variables, (struct representation){0});
	assert_string_equal(body_of(&exchange), "second");
	end_exchange(&exchange);
	variables[2] = range;
	variables[3] = "HTTP_RANGE=bytes=2-";
	ask(&exchange, variables, (struct representation){0});
	assert_string_equal(body_of(&exchange), "second");
	end_exchange(&exchange);
}

/* Makes what is published look as old as that. */
static void date_back(time_t seconds)
{
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT},
				    {.tv_sec = time(NULL) - seconds}};

	assert_int_equal(utimensat(AT_FDCWD, "cache/movies/current", times, 0),
			 0);
}

static void the_date_that_was_shown_is_answered_with_304(void **state)
{
	char since[128];
	const char *variables[] = {"REQUEST_METHOD=GET", URI, NULL, NULL};
	struct exchange exchange;

	(void)state;
	publish("page");
	date_back(10);
	ask(&exchange, variables, (struct representation){0});
	snprintf(since, sizeof(since), "HTTP_IF_MODIFIED_SINCE=%.60s",
		 header_of(&exchange, "Last-Modified"));
	end_exchange(&exchange);
	variables[2] = since;
	ask(&exchange, variables, (struct representation){0});
	assert_header(&exchange, "Status", "304 Not Modified");
	end_exchange(&exchange);
	date_back(5);
	ask(&exchange, variables, (struct representation){0});
	assert_header(&exchange, "Status", "200 OK");
	end_exchange(&exchange);
}

static void an_error_page_has_no_validators_and_is_not_kept(void **state)
{
	static const char *const variables[] = {"REQUEST_METHOD=GET", URI,
						"HTTP_IF_NONE_MATCH=*",
						"HTTP_RANGE=bytes=0-1", NULL};
	struct exchange exchange;

	(void)state;
	publish("sorry");
	ask(&exchange, variables, (struct representation){.status = 404});
	assert_header(&exchange, "Status", "404 Not Found");
	assert_header(&exchange, "ETag", NULL);
	assert_header(&exchange, "Last-Modified", NULL);
	assert_header(&exchange, "Accept-Ranges", NULL);
	assert_header(&exchange, "Cache-Control", "no-store");
	assert_string_equal(body_of(&exchange), "sorry");
	end_exchange(&exchange);
}

static void a_body_that_is_gone_is_noticed_before_the_first_byte(void **state)
{
	static const char *const variables[] = {"REQUEST_METHOD=GET", URI,
						NULL};
	struct exchange exchange;

	(void)state;
	publish("0123456789");
	assert_int_equal(truncate("cache/movies/current/list", 3), 0);
	assert_int_equal(ask(&exchange, variables,
			     (struct representation){.name = "list"}),
			 -1);
	assert_int_equal(exchange.sent.length, 0);
	assert_int_equal(exchange.response.status, 0);
	end_exchange(&exchange);
	assert_int_equal(unlink("cache/movies/current/list"), 0);
	assert_int_equal(ask(&exchange, variables,
			     (struct representation){.name = "list"}),
			 -1);
	assert_int_equal(exchange.sent.length, 0);
	end_exchange(&exchange);
}

static void a_body_that_ends_too_soon_cuts_the_answer_short(void **state)
{
	static const char *const variables[] = {"REQUEST_METHOD=GET", URI,
						NULL};
	char *text = long_text(REPRESENTATION_CHUNK_BYTES * 2);
	struct exchange exchange;

	(void)state;
	publish(text);
	assert_int_equal(truncate("cache/movies/current/list",
				  REPRESENTATION_CHUNK_BYTES + 5),
			 0);
	assert_int_equal(ask(&exchange, variables,
			     (struct representation){.name = "list"}),
			 0);
	assert_true(exchange.response.is_cut_short);
	assert_int_equal(strlen(body_of(&exchange)),
			 REPRESENTATION_CHUNK_BYTES);
	end_exchange(&exchange);
	free(text);
}

static void what_is_kept_for_good_says_so(void **state)
{
	static const char *const statuses[] = {FRESHNESS_KEPT_HIT,
					       "marquee; fwd=miss; stored"};
	static const char *const microcache[] = {"300", "0"};
	static const char *const variables[] = {"REQUEST_METHOD=GET", URI,
						NULL};
	struct freshness stale = {.age_s = 99, .ttl_s = -39, .is_stale = true};
	struct exchange exchange;
	size_t i;

	(void)state;
	publish("0123456789");
	for (i = 0; i < COUNT(statuses); i++) {
		ask(&exchange, variables,
		    (struct representation){.kept_status = statuses[i],
					    .freshness = &stale});
		assert_header(&exchange, "Cache-Status", statuses[i]);
		assert_header(&exchange, "Cache-Control",
			      "public, max-age=31536000, immutable");
		assert_header(&exchange, "X-Accel-Expires", microcache[i]);
		assert_true(atoi(header_of(&exchange, "Age")) < 30);
		assert_non_null(header_of(&exchange, "ETag"));
		assert_non_null(header_of(&exchange, "Last-Modified"));
		end_exchange(&exchange);
	}
}

int main(void)
{
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, enter_directory, leave_directory)
	const struct CMUnitTest tests[] = {
		TEST(a_get_gets_the_bytes_and_their_description),
		TEST(what_was_not_negotiated_varies_by_coding_only),
		TEST(a_matching_tag_is_answered_with_304_and_its_headers),
		TEST(each_coding_is_sent_with_a_tag_of_its_own),
		TEST(a_body_of_many_chunks_arrives_whole),
		TEST(a_range_is_cut_out_of_the_body),
		TEST(a_long_range_inside_chunks_is_exact),
		TEST(a_range_past_the_end_is_416_with_the_length),
		TEST(an_if_range_that_does_not_match_gives_the_whole),
		TEST(an_if_match_that_does_not_match_is_412),
		TEST(no_date_of_publication_is_later_than_now),
		TEST(a_second_publication_within_a_second_is_not_hidden),
		TEST(the_date_that_was_shown_is_answered_with_304),
		TEST(an_error_page_has_no_validators_and_is_not_kept),
		TEST(a_body_that_is_gone_is_noticed_before_the_first_byte),
		TEST(a_body_that_ends_too_soon_cuts_the_answer_short),
		TEST(what_is_kept_for_good_says_so),
	};

	return cmocka_run_group_tests_name("representation", tests, NULL, NULL);
}
