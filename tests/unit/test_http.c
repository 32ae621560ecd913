/* http: retries, deadlines, limits and what `done` is told, against a server
 * that says what each test wants. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "canned_server.h"
#include "upstream/http.h"

typedef void answer_function(struct canned_server *server, size_t number,
			     const char *target, const char *head,
			     struct buffer *answer);

/* What the callbacks saw of a request. */
struct seen {
	struct buffer body;
	struct buffer etag;
	struct buffer link;
	struct http_response response; /* its strings are gone */
	char message[ERROR_MESSAGE_BYTES];
	size_t restarts;
	int write_result; /* what write returns, 0 to go on */
	int finish_code;  /* what finish fails with, 0 for success */
	size_t done_count;
	struct http_conversation *conversation;
	const char *next_url; /* asked for when this one is done */
	bool stops;           /* the conversation, when it is done */
};

static int write_body(void *context, const char *bytes, size_t length,
		      struct error *err)
{
	struct seen *seen = context;

	buffer_append(&seen->body, bytes, length);
	if (seen->write_result < 0)
		error_set(err, EX_DATAERR, "not wanted");
	return seen->write_result;
}

static int finish_body(void *context, struct error *err)
{
	const struct seen *seen = context;

	if (seen->finish_code == 0)
		return 0;
	return error_set(err, seen->finish_code, "not whole");
}

static int restart_body(void *context, struct error *err)
{
	struct seen *seen = context;

	(void)err;
	seen->restarts++;
	buffer_clear(&seen->body);
	return 0;
}

static int note_done(void *context, const struct http_response *response,
		     struct error *err);

static struct http_request request_for(struct seen *seen, const char *url)
{
	return (struct http_request){
		.url = url,
		.sink = {write_body, finish_body, restart_body, seen},
		.done = note_done,
		.context = seen,
	};
}

static int note_done(void *context, const struct http_response *response,
		     struct error *err)
{
	struct seen *seen = context;
	struct http_request next = request_for(seen, seen->next_url);

	seen->response = *response;
	seen->done_count++;
	if (response->etag != NULL)
		buffer_text(&seen->etag, response->etag);
	if (response->link != NULL)
		buffer_text(&seen->link, response->link);
	memcpy(seen->message, response->failure.message, ERROR_MESSAGE_BYTES);
	if (seen->stops)
		http_stop(seen->conversation);
	if (seen->next_url == NULL)
		return 0;
	seen->next_url = NULL;
	return http_get(seen->conversation, &next, err);
}

struct fixture {
	struct canned_server server;
	struct http_options options;
	struct http_conversation *conversation;
	struct seen seen;
	struct error err;
};

static void open_fixture(struct fixture *fixture, answer_function *answer,
			 const void *context)
{
	memset(fixture, 0, sizeof(*fixture));
	fixture->server.answer = answer;
	fixture->server.context = context;
	assert_int_equal(canned_server_start(&fixture->server), 0);
	fixture->options = (struct http_options){
		.timeout_ms = 20000,
		.connect_timeout_ms = 5000,
		.max_bytes = 1000,
		.retries = 2,
		.concurrency = 2,
	};
}

/* One request, or what its `done` makes of it; the server is stopped. */
static void run_request(struct fixture *fixture,
			const struct http_request *request)
{
	fixture->conversation =
		http_conversation_open(&fixture->options, &fixture->err);
	assert_non_null(fixture->conversation);
	fixture->seen.conversation = fixture->conversation;
	assert_int_equal(
		http_get(fixture->conversation, request, &fixture->err), 0);
	assert_int_equal(http_run(fixture->conversation, &fixture->err), 0);
	canned_server_stop(&fixture->server);
}

static void run(struct fixture *fixture, const char *if_none_match)
{
	struct http_request request =
		request_for(&fixture->seen, fixture->server.url);

	request.if_none_match = if_none_match;
	run_request(fixture, &request);
}

/* One with a body. */
static void run_sending(struct fixture *fixture, enum http_method method,
			const void *body, size_t body_bytes)
{
	struct http_request request =
		request_for(&fixture->seen, fixture->server.url);

	request.method = method;
	request.body = body;
	request.body_bytes = body_bytes;
	request.content_type = "application/json";
	run_request(fixture, &request);
}

static void close_fixture(struct fixture *fixture)
{
	http_conversation_close(fixture->conversation);
	buffer_free(&fixture->seen.body);
	buffer_free(&fixture->seen.etag);
	buffer_free(&fixture->seen.link);
	buffer_free(&fixture->server.requests);
}

/* Answers with the whole texts that `context` is an array of, the last one
 * again and again. */
static void answer_texts(struct canned_server *server, size_t number,
			 const char *target, const char *head,
			 struct buffer *answer)
{
	const char *const *texts = server->context;
	size_t i = 0;

	(void)target;
	(void)head;
	while (i < number && texts[i + 1] != NULL)
		i++;
	buffer_text(answer, texts[i]);
}

#define GOOD                                                                   \
	"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n"        \
	"ETag: \"v1\"\r\n\r\nbody"
#define STATUS(line, headers)                                                  \
	"HTTP/1.1 " line "\r\nConnection: close\r\n" headers                   \
	"Content-Length: 5\r\n\r\nerror"
#define SHORT                                                                  \
	"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 9\r\n\r\nbo"

#define DONE(line)                                                             \
	"HTTP/1.1 " line                                                       \
	"\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbody"
#define NO_CONTENT "HTTP/1.1 204 x\r\nConnection: close\r\n\r\n"

struct outcome {
	enum http_method method;
	const char *texts[4]; /* the server's answers */
	unsigned attempts;
	long status;
	int code;
	const char *reason; /* behind "URL: " */
};

static const struct outcome outcomes[] = {
	{HTTP_GET, {GOOD}, 1, 200, 0, ""},
	{HTTP_GET, {"", GOOD}, 2, 200, 0, ""},
	{HTTP_GET, {SHORT, GOOD}, 2, 200, 0, ""},
	{HTTP_GET,
	 {STATUS("500 x", ""), STATUS("429 x", ""), GOOD},
	 3,
	 200,
	 0,
	 ""},
	{HTTP_GET,
	 {STATUS("408 x", "Retry-After: 0\r\n"), GOOD},
	 2,
	 200,
	 0,
	 ""},
	{HTTP_GET,
	 {STATUS("503 x", "")},
	 3,
	 503,
	 EX_UNAVAILABLE,
	 "the server answers 503 (3 attempts)"},
	{HTTP_GET,
	 {STATUS("503 x", "Retry-After: 3600\r\n"), GOOD},
	 1,
	 503,
	 EX_UNAVAILABLE,
	 "the server answers 503 and asks for a wait that goes past the "
	 "deadline"},
	{HTTP_GET,
	 {STATUS("404 x", ""), GOOD},
	 1,
	 404,
	 EX_UNAVAILABLE,
	 "the server answers 404"},
	{HTTP_GET,
	 {STATUS("206 x", ""), GOOD},
	 1,
	 206,
	 EX_UNAVAILABLE,
	 "the server answers 206"},
	{HTTP_GET,
	 {"HTTP/1.1 304 x\r\nConnection: close\r\n\r\n", GOOD},
	 1,
	 304,
	 EX_UNAVAILABLE,
	 "the server answers 304"},
	{HTTP_GET,
	 {"HTTP/1.1 302 x\r\nConnection: close\r\nLocation: "
	  "file:///etc/hostname\r\nContent-Length: 0\r\n\r\n",
	  GOOD},
	 1,
	 302,
	 EX_UNAVAILABLE,
	 "Protocol \"file\" not supported or disabled in libcurl"},
	{HTTP_GET,
	 {"HTTP/1.1 302 x\r\nConnection: close\r\nLocation: /again\r\n"
	  "Content-Length: 0\r\n\r\n"},
	 1,
	 302,
	 EX_UNAVAILABLE,
	 "Maximum (5) redirects followed"},
	{HTTP_GET,
	 {"HTTP/1.1 200 x\r\nConnection: close\r\nContent-Encoding: gzip\r\n"
	  "Content-Length: 4\r\n\r\nbody",
	  GOOD},
	 1,
	 200,
	 EX_DATAERR,
	 NULL},

	/* With a body every 2xx is success. */
	{HTTP_PUT, {GOOD}, 1, 200, 0, ""},
	{HTTP_POST, {DONE("201 x")}, 1, 201, 0, ""},
	{HTTP_PUT, {NO_CONTENT}, 1, 204, 0, ""},
	{HTTP_POST, {DONE("299 x")}, 1, 299, 0, ""},

	/* A PUT is tried again as a GET is, a POST never. */
	{HTTP_PUT, {"", NO_CONTENT}, 2, 204, 0, ""},
	{HTTP_PUT, {SHORT, GOOD}, 2, 200, 0, ""},
	{HTTP_PUT,
	 {STATUS("503 x", ""), STATUS("429 x", ""), GOOD},
	 3,
	 200,
	 0,
	 ""},
	{HTTP_POST, {"", GOOD}, 1, 0, EX_UNAVAILABLE, NULL},
	{HTTP_POST,
	 {STATUS("503 x", ""), GOOD},
	 1,
	 503,
	 EX_UNAVAILABLE,
	 "the server answers 503"},

	{HTTP_PUT,
	 {STATUS("404 x", ""), GOOD},
	 1,
	 404,
	 EX_UNAVAILABLE,
	 "the server answers 404"},
	{HTTP_PUT,
	 {STATUS("412 x", ""), GOOD},
	 1,
	 412,
	 EX_UNAVAILABLE,
	 "the server answers 412"},
	{HTTP_PUT,
	 {STATUS("304 x", ""), GOOD},
	 1,
	 304,
	 EX_UNAVAILABLE,
	 "the server answers 304"},
	{HTTP_PUT,
	 {STATUS("307 x", "Location: /again\r\n"), GOOD},
	 1,
	 307,
	 EX_UNAVAILABLE,
	 "the server answers 307, and a PUT follows no redirect"},
	{HTTP_POST,
	 {STATUS("303 x", "Location: /again\r\n"), GOOD},
	 1,
	 303,
	 EX_UNAVAILABLE,
	 "the server answers 303, and a POST follows no redirect"},
	{HTTP_PUT,
	 {STATUS("302 x", ""), GOOD},
	 1,
	 302,
	 EX_UNAVAILABLE,
	 "the server answers 302, and a PUT follows no redirect"},
};

static void each_series_of_answers_has_its_outcome(void **state)
{
	struct fixture fixture;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++) {
		const struct outcome *outcome = &outcomes[i];
		const struct http_response *response = &fixture.seen.response;
		struct buffer message = BUFFER_EMPTY;

		open_fixture(&fixture, answer_texts, outcome->texts);
		run_sending(&fixture, outcome->method, "{}", 2);
		buffer_format(&message, "%s: %s", fixture.server.url,
			      outcome->reason == NULL ? "" : outcome->reason);
		if (outcome->code == 0)
			buffer_clear(&message);
		buffer_text(&message, "");
		if (response->attempts != outcome->attempts ||
		    response->status != outcome->status ||
		    response->failure.code != outcome->code ||
		    fixture.seen.done_count != 1 ||
		    (outcome->reason != NULL &&
		     strcmp(fixture.seen.message,
			    outcome->code == 0 ? "" : message.data) != 0))
			fail_msg("case %zu: %u attempts, %ld, %d, %s", i,
				 response->attempts, response->status,
				 response->failure.code, fixture.seen.message);
		assert_false(response->is_timeout);
		if (outcome->code == 0 && outcome->status != 204)
			assert_string_equal(fixture.seen.body.data, "body");
		else
			assert_int_equal(fixture.seen.body.length, 0);
		buffer_free(&message);
		close_fixture(&fixture);
	}
}

static void a_retry_voids_what_was_written(void **state)
{
	static const char *const texts[] = {SHORT, GOOD, NULL};
	struct fixture fixture;

	(void)state;
	open_fixture(&fixture, answer_texts, texts);
	run(&fixture, NULL);
	assert_int_equal(fixture.seen.restarts, 1);
	assert_string_equal(fixture.seen.body.data, "body");
	assert_int_equal(fixture.seen.response.body_bytes, 6);
	assert_int_equal(http_conversation_totals(fixture.conversation).retries,
			 1);
	close_fixture(&fixture);
}

static void retry_after_is_waited_for(void **state)
{
	static const char *const texts[] = {
		STATUS("503 x", "Retry-After: 1\r\n"), GOOD, NULL};
	struct fixture fixture;
	long long began_ms = clock_monotonic_ms();

	(void)state;
	open_fixture(&fixture, answer_texts, texts);
	run(&fixture, NULL);
	assert_int_equal(fixture.seen.response.failure.code, 0);
	assert_true(clock_monotonic_ms() - began_ms >= 1000);
	close_fixture(&fixture);
}

static void a_304_is_success_when_it_was_asked_for(void **state)
{
	static const char *const texts[] = {
		"HTTP/1.1 304 x\r\nConnection: close\r\n\r\n", NULL};
	struct fixture fixture;

	(void)state;
	open_fixture(&fixture, answer_texts, texts);
	fixture.seen.finish_code = EX_SOFTWARE;
	run(&fixture, "\"v1\"");
	assert_int_equal(fixture.seen.response.failure.code, 0);
	assert_int_equal(fixture.seen.response.status, 304);
	assert_string_equal(fixture.server.requests.data, "/ if\n");
	close_fixture(&fixture);
}

static void a_304_is_no_success_of_a_put(void **state)
{
	static const char *const texts[] = {
		"HTTP/1.1 304 x\r\nConnection: close\r\n\r\n", NULL};
	struct fixture fixture;
	struct http_request request;

	(void)state;
	open_fixture(&fixture, answer_texts, texts);
	request = request_for(&fixture.seen, fixture.server.url);
	request.method = HTTP_PUT;
	request.if_none_match = "\"v1\"";
	run_request(&fixture, &request);
	assert_string_equal(fixture.server.requests.data, "PUT / if\n");
	assert_int_equal(fixture.seen.response.failure.code, EX_UNAVAILABLE);
	close_fixture(&fixture);
}

static void a_malformed_validator_is_not_sent(void **state)
{
	static const char *const texts[] = {GOOD, NULL};
	struct fixture fixture;

	(void)state;
	open_fixture(&fixture, answer_texts, texts);
	run(&fixture, "\"v1\"\r\nX-Injected: yes");
	assert_string_equal(fixture.server.requests.data, "/\n");
	assert_string_equal(fixture.seen.etag.data, "\"v1\"");
	close_fixture(&fixture);
}

static void a_sink_that_refuses_ends_the_request_without_retry(void **state)
{
	static const char *const texts[] = {GOOD, NULL};
	struct fixture fixture;

	(void)state;
	open_fixture(&fixture, answer_texts, texts);
	fixture.seen.write_result = -1;
	run(&fixture, NULL);
	assert_int_equal(fixture.seen.response.failure.code, EX_DATAERR);
	assert_non_null(strstr(fixture.seen.message, ": not wanted"));
	assert_int_equal(fixture.seen.response.attempts, 1);
	close_fixture(&fixture);
}

static void a_sink_that_needs_no_more_ends_the_request_well(void **state)
{
	static const char *const texts[] = {SHORT, NULL};
	struct fixture fixture;

	(void)state;
	open_fixture(&fixture, answer_texts, texts);
	fixture.seen.write_result = 1;
	fixture.seen.finish_code = EX_SOFTWARE;
	run(&fixture, NULL);
	assert_int_equal(fixture.seen.response.failure.code, 0);
	assert_int_equal(fixture.seen.response.attempts, 1);
	close_fixture(&fixture);
}

static void a_body_that_is_not_whole_is_asked_again_one_refused_is_not(
	void **state)
{
	static const char *const texts[] = {GOOD, NULL};
	struct fixture fixture;

	(void)state;
	open_fixture(&fixture, answer_texts, texts);
	fixture.seen.finish_code = EX_UNAVAILABLE;
	run(&fixture, NULL);
	assert_int_equal(fixture.seen.response.attempts, 3);
	assert_int_equal(fixture.seen.response.failure.code, EX_UNAVAILABLE);
	close_fixture(&fixture);
	open_fixture(&fixture, answer_texts, texts);
	fixture.seen.finish_code = EX_DATAERR;
	run(&fixture, NULL);
	assert_int_equal(fixture.seen.response.attempts, 1);
	assert_int_equal(fixture.seen.response.failure.code, EX_DATAERR);
	close_fixture(&fixture);
	open_fixture(&fixture, answer_texts, texts);
	fixture.seen.finish_code = EX_UNAVAILABLE;
	run_sending(&fixture, HTTP_POST, "", 0);
	assert_int_equal(fixture.seen.response.attempts, 1);
	assert_int_equal(fixture.seen.response.failure.code, EX_UNAVAILABLE);
	close_fixture(&fixture);
}

static void answer_bytes(struct canned_server *server, size_t number,
			 const char *target, const char *head,
			 struct buffer *answer)
{
	size_t bytes = *(const size_t *)server->context, i;

	(void)number;
	(void)target;
	(void)head;
	buffer_text(answer, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
	for (i = 0; i < bytes; i++)
		buffer_char(answer, 'x');
}

static void a_body_may_have_max_bytes_and_no_more(void **state)
{
	static const size_t most = 1000, more = 1001;
	struct fixture fixture;

	(void)state;
	open_fixture(&fixture, answer_bytes, &most);
	run(&fixture, NULL);
	assert_int_equal(fixture.seen.response.failure.code, 0);
	assert_int_equal(fixture.seen.body.length, 1000);
	close_fixture(&fixture);
	open_fixture(&fixture, answer_bytes, &more);
	run(&fixture, NULL);
	assert_int_equal(fixture.seen.response.failure.code, EX_DATAERR);
	assert_non_null(strstr(fixture.seen.message,
			       ": the body is larger than 1000 bytes"));
	assert_int_equal(fixture.seen.response.attempts, 1);
	close_fixture(&fixture);
}

/* Accepts nothing: the connection stands in the listener's queue. */
static void a_silent_server_ends_at_the_deadline(void **state)
{
	struct fixture fixture;
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t length = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct http_request request;
	struct buffer url = BUFFER_EMPTY;
	long long took_ms;

	(void)state;
	memset(&fixture, 0, sizeof(fixture));
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	bind(listener, (struct sockaddr *)&address, length);
	assert_int_equal(listen(listener, 4), 0);
	getsockname(listener, (struct sockaddr *)&address, &length);
	buffer_format(&url, "http://127.0.0.1:%d/", ntohs(address.sin_port));
	fixture.options = (struct http_options){.timeout_ms = 200,
						.connect_timeout_ms = 5000,
						.max_bytes = 1,
						.retries = 2,
						.concurrency = 1};
	request = request_for(&fixture.seen, url.data);
	took_ms = -clock_monotonic_ms();
	fixture.conversation = http_conversation_open(&fixture.options, NULL);
	/* The second one waits for the first: concurrency is 1. */
	assert_int_equal(http_get(fixture.conversation, &request, NULL), 0);
	assert_int_equal(http_get(fixture.conversation, &request, NULL), 0);
	assert_int_equal(http_run(fixture.conversation, NULL), 0);
	took_ms += clock_monotonic_ms();
	assert_int_equal(fixture.seen.done_count, 2);
	assert_int_equal(fixture.seen.response.failure.code, EX_UNAVAILABLE);
	assert_true(fixture.seen.response.is_timeout);
	assert_in_range(took_ms, 150, 5000);
	close_fixture(&fixture);
	buffer_free(&url);
	close(listener);
}

static void done_may_ask_for_more(void **state)
{
	static const char *const texts[] = {GOOD, NULL};
	struct fixture fixture;
	struct buffer next = BUFFER_EMPTY;

	(void)state;
	open_fixture(&fixture, answer_texts, texts);
	buffer_format(&next, "%s/next", fixture.server.url);
	fixture.seen.next_url = next.data;
	run(&fixture, NULL);
	assert_int_equal(fixture.seen.done_count, 2);
	assert_string_equal(fixture.server.requests.data, "/\n/next\n");
	assert_int_equal(
		http_conversation_totals(fixture.conversation).requests, 2);
	buffer_free(&next);
	close_fixture(&fixture);
}

static void stopping_drops_what_is_left(void **state)
{
	static const char *const texts[] = {GOOD, NULL};
	struct fixture fixture;
	struct buffer next = BUFFER_EMPTY;

	(void)state;
	open_fixture(&fixture, answer_texts, texts);
	buffer_format(&next, "%s/next", fixture.server.url);
	fixture.seen.next_url = next.data;
	fixture.seen.stops = true;
	run(&fixture, NULL);
	assert_int_equal(fixture.seen.done_count, 1);
	assert_string_equal(fixture.server.requests.data, "/\n");
	buffer_free(&next);
	close_fixture(&fixture);
}

static void answer_head(struct canned_server *server, size_t number,
			const char *target, const char *head,
			struct buffer *answer)
{
	(void)server;
	(void)number;
	(void)target;
	canned_answer(answer, "200 OK", "", head);
}

static void a_request_says_who_asks_and_takes_gzip(void **state)
{
	struct fixture fixture;

	(void)state;
	open_fixture(&fixture, answer_head, NULL);
	run(&fixture, NULL);
	assert_non_null(strstr(fixture.seen.body.data,
			       "\r\nUser-Agent: marquee/" MARQUEE_VERSION
			       "\r\n"));
	assert_non_null(strstr(fixture.seen.body.data,
			       "\r\nAccept-Encoding: gzip\r\n"));
	close_fixture(&fixture);
}

static void count_part(struct canned_server *server, const char *head,
		       const char *part)
{
	buffer_format(&server->requests, "%s: %s\n", part,
		      strstr(head, part) != NULL ? "yes" : "no");
}

static void answer_about_body(struct canned_server *server, size_t number,
			      const char *target, const char *head,
			      struct buffer *answer)
{
	const char *type = strstr(head, "\r\nContent-Type:");

	(void)number;
	(void)target;
	buffer_format(&server->requests, "%.*s\n",
		      type != NULL ? (int)strcspn(type + 2, "\r") : 0,
		      type != NULL ? type + 2 : "");
	count_part(server, head, "Expect");
	count_part(server, head, "chunked");
	buffer_format(&server->requests, "%s\n", strstr(head, "\r\n\r\n") + 4);
	buffer_text(answer, GOOD);
}

static void a_body_is_sent_with_its_type(void **state)
{
	struct fixture fixture;

	(void)state;
	open_fixture(&fixture, answer_about_body, NULL);
	run_sending(&fixture, HTTP_PUT, "{\"status\":\"Processed\"}!", 22);
	assert_string_equal(fixture.server.requests.data,
			    "PUT /\nContent-Type: application/json\n"
			    "Expect: no\nchunked: no\n"
			    "{\"status\":\"Processed\"}\n");
	assert_string_equal(fixture.seen.body.data, "body");
	assert_string_equal(fixture.seen.etag.data, "\"v1\"");
	close_fixture(&fixture);
}

static void an_empty_body_is_sent_too_and_has_no_type_of_its_own(void **state)
{
	struct fixture fixture;
	struct http_request request;

	(void)state;
	open_fixture(&fixture, answer_about_body, NULL);
	request = request_for(&fixture.seen, fixture.server.url);
	request.method = HTTP_POST;
	run_request(&fixture, &request);
	assert_string_equal(fixture.server.requests.data,
			    "POST /\n\nExpect: no\nchunked: no\n\n");
	assert_int_equal(fixture.seen.response.failure.code, 0);
	close_fixture(&fixture);
}

/* Says how long the body was and whether all of it is the byte it begins
 * with; the first request fails. */
static void answer_length(struct canned_server *server, size_t number,
			  const char *target, const char *head,
			  struct buffer *answer)
{
	const char *body = strstr(head, "\r\n\r\n") + 4;

	(void)target;
	buffer_format(&server->requests, "%zu of %c\n", strspn(body, "x"),
		      *body);
	count_part(server, head, "Expect");
	buffer_text(answer, number == 0 ? STATUS("500 x", "") : GOOD);
}

/* libcurl by itself would ask before it sends more than a mebibyte. */
static void a_large_body_is_sent_whole_at_each_attempt(void **state)
{
	enum { BYTES = 3 << 20 };
	struct fixture fixture;
	struct buffer wanted = BUFFER_EMPTY;
	char *body = malloc(BYTES);

	(void)state;
	assert_non_null(body);
	memset(body, 'x', BYTES);
	open_fixture(&fixture, answer_length, NULL);
	run_sending(&fixture, HTTP_PUT, body, BYTES);
	free(body);
	assert_int_equal(fixture.seen.response.failure.code, 0);
	assert_int_equal(fixture.seen.response.attempts, 2);
	buffer_format(&wanted,
		      "PUT /\n%d of x\nExpect: no\nPUT /\n%d of x\nExpect: "
		      "no\n",
		      BYTES, BYTES);
	assert_string_equal(fixture.server.requests.data, wanted.data);
	assert_string_equal(fixture.seen.body.data, "body");
	buffer_free(&wanted);
	close_fixture(&fixture);
}

static void what_is_sent_is_the_callers_again_at_once(void **state)
{
	char body[] = "{\"a\":1}", type[] = "application/json";
	struct fixture fixture;
	struct http_request request;

	(void)state;
	open_fixture(&fixture, answer_about_body, NULL);
	fixture.conversation = http_conversation_open(&fixture.options, NULL);
	request = request_for(&fixture.seen, fixture.server.url);
	request.method = HTTP_PUT;
	request.body = body;
	request.body_bytes = strlen(body);
	request.content_type = type;
	assert_int_equal(http_get(fixture.conversation, &request, NULL), 0);
	memset(body, '#', strlen(body));
	memset(type, '#', strlen(type));
	assert_int_equal(http_run(fixture.conversation, NULL), 0);
	canned_server_stop(&fixture.server);
	assert_string_equal(fixture.server.requests.data,
			    "PUT /\nContent-Type: application/json\n"
			    "Expect: no\nchunked: no\n{\"a\":1}\n");
	close_fixture(&fixture);
}

/* A kept connection ends as the second request has come: nobody knows whether
 * that was done. */
static void answer_once(struct canned_server *server, size_t number,
			const char *target, const char *head,
			struct buffer *answer)
{
	(void)server;
	(void)target;
	(void)head;
	if (number == 0)
		buffer_text(answer,
			    "HTTP/1.1 200 x\r\nContent-Length: 0\r\n\r\n");
}

static void a_post_is_not_sent_twice_over_a_kept_connection(void **state)
{
	struct fixture fixture;
	struct http_request request;

	(void)state;
	open_fixture(&fixture, answer_once, NULL);
	fixture.server.keeps_connections = true;
	fixture.options.concurrency = 1;
	fixture.conversation = http_conversation_open(&fixture.options, NULL);
	request = request_for(&fixture.seen, fixture.server.url);
	assert_int_equal(http_get(fixture.conversation, &request, NULL), 0);
	assert_int_equal(http_run(fixture.conversation, NULL), 0);
	request.method = HTTP_POST;
	assert_int_equal(http_get(fixture.conversation, &request, NULL), 0);
	assert_int_equal(http_run(fixture.conversation, NULL), 0);
	assert_int_equal(fixture.seen.response.failure.code, EX_UNAVAILABLE);
	http_conversation_close(fixture.conversation);
	fixture.conversation = NULL;
	canned_server_stop(&fixture.server);
	assert_string_equal(fixture.server.requests.data, "/\nPOST /\n");
	close_fixture(&fixture);
}

static void a_body_that_nobody_wants_needs_no_sink(void **state)
{
	static const char *const texts[] = {GOOD, NULL};
	struct fixture fixture;
	struct http_request request;

	(void)state;
	open_fixture(&fixture, answer_texts, texts);
	request = request_for(&fixture.seen, fixture.server.url);
	request.sink = (struct http_sink){0};
	run_request(&fixture, &request);
	assert_int_equal(fixture.seen.response.failure.code, 0);
	assert_int_equal(fixture.seen.response.body_bytes, 4);
	close_fixture(&fixture);
}

static void the_link_of_an_answer_is_told(void **state)
{
	static const char *const texts[] = {
		"HTTP/1.1 200 OK\r\nConnection: close\r\n"
		"Link: </events?after=7>; rel=\"next\"\r\n"
		"Content-Length: 0\r\n\r\n",
		NULL};
	struct fixture fixture;

	(void)state;
	open_fixture(&fixture, answer_texts, texts);
	run(&fixture, NULL);
	assert_string_equal(fixture.seen.link.data,
			    "</events?after=7>; rel=\"next\"");
	close_fixture(&fixture);
}

static void what_is_no_http_url_is_refused_at_once(void **state)
{
	struct http_options options = {.timeout_ms = 1000};
	struct http_conversation *conversation =
		http_conversation_open(&options, NULL);
	struct seen seen = {0};
	struct http_request request = request_for(&seen, "file:///etc/passwd");
	struct error err;

	(void)state;
	assert_int_equal(http_get(conversation, &request, &err), -1);
	assert_int_equal(err.code, EX_CONFIG);
	http_conversation_close(conversation);
}

/* Takes its time for each piece. */
static int write_slowly(void *context, const char *bytes, size_t length,
			struct error *err)
{
	long long until_ms = clock_monotonic_ms() + 20;

	while (clock_monotonic_ms() < until_ms)
		;
	return write_body(context, bytes, length, err);
}

static void answer_large(struct canned_server *server, size_t number,
			 const char *target, const char *head,
			 struct buffer *answer)
{
	int i;

	(void)server;
	(void)number;
	(void)target;
	(void)head;
	buffer_text(answer, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
	for (i = 0; i < 4 << 20; i++)
		buffer_char(answer, 'x');
}

/* A body that has arrived is no reason to go on past the deadline. */
static void regress_slow_taking_of_a_body_outlived_the_deadline(void **state)
{
	struct fixture fixture;
	struct http_request request;
	long long took_ms;

	(void)state;
	open_fixture(&fixture, answer_large, NULL);
	fixture.options.max_bytes = 64 << 20;
	fixture.options.timeout_ms = 300;
	fixture.conversation = http_conversation_open(&fixture.options, NULL);
	request = request_for(&fixture.seen, fixture.server.url);
	request.sink.write = write_slowly;
	took_ms = -clock_monotonic_ms();
	assert_int_equal(http_get(fixture.conversation, &request, NULL), 0);
	assert_int_equal(http_run(fixture.conversation, NULL), 0);
	took_ms += clock_monotonic_ms();
	assert_int_equal(fixture.seen.response.failure.code, EX_UNAVAILABLE);
	assert_true(fixture.seen.response.is_timeout);
	assert_in_range(took_ms, 250, 1000);
	canned_server_stop(&fixture.server);
	close_fixture(&fixture);
}

static void a_renewed_conversation_has_time_again_and_nothing_to_do(
	void **state)
{
	static const char *const texts[] = {GOOD, NULL};
	struct http_request request;
	struct fixture fixture;
	struct seen dropped = {0};

	(void)state;
	open_fixture(&fixture, answer_texts, texts);
	fixture.options.timeout_ms = 1;
	fixture.conversation = http_conversation_open(&fixture.options, NULL);
	request = request_for(&dropped, fixture.server.url);
	assert_int_equal(http_get(fixture.conversation, &request, NULL), 0);
	http_conversation_renew(fixture.conversation, 20000);
	assert_int_equal(
		http_conversation_totals(fixture.conversation).requests, 0);
	request = request_for(&fixture.seen, fixture.server.url);
	assert_int_equal(http_get(fixture.conversation, &request, NULL), 0);
	assert_int_equal(http_run(fixture.conversation, NULL), 0);
	canned_server_stop(&fixture.server);
	assert_int_equal(dropped.done_count, 0);
	assert_int_equal(fixture.seen.response.failure.code, 0);
	assert_string_equal(fixture.seen.body.data, "body");
	close_fixture(&fixture);
}

static int start_tests(void **state)
{
	(void)state;
	canned_server_forget_proxies();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_series_of_answers_has_its_outcome),
		cmocka_unit_test(a_retry_voids_what_was_written),
		cmocka_unit_test(retry_after_is_waited_for),
		cmocka_unit_test(a_304_is_success_when_it_was_asked_for),
		cmocka_unit_test(a_304_is_no_success_of_a_put),
		cmocka_unit_test(a_malformed_validator_is_not_sent),
		cmocka_unit_test(
			a_sink_that_refuses_ends_the_request_without_retry),
		cmocka_unit_test(
			a_sink_that_needs_no_more_ends_the_request_well),
		cmocka_unit_test(
			a_body_that_is_not_whole_is_asked_again_one_refused_is_not),
		cmocka_unit_test(a_body_may_have_max_bytes_and_no_more),
		cmocka_unit_test(a_silent_server_ends_at_the_deadline),
		cmocka_unit_test(
			regress_slow_taking_of_a_body_outlived_the_deadline),
		cmocka_unit_test(
			a_renewed_conversation_has_time_again_and_nothing_to_do),
		cmocka_unit_test(done_may_ask_for_more),
		cmocka_unit_test(stopping_drops_what_is_left),
		cmocka_unit_test(a_request_says_who_asks_and_takes_gzip),
		cmocka_unit_test(a_body_is_sent_with_its_type),
		cmocka_unit_test(
			an_empty_body_is_sent_too_and_has_no_type_of_its_own),
		cmocka_unit_test(a_large_body_is_sent_whole_at_each_attempt),
		cmocka_unit_test(what_is_sent_is_the_callers_again_at_once),
		cmocka_unit_test(
			a_post_is_not_sent_twice_over_a_kept_connection),
		cmocka_unit_test(a_body_that_nobody_wants_needs_no_sink),
		cmocka_unit_test(the_link_of_an_answer_is_told),
		cmocka_unit_test(what_is_no_http_url_is_refused_at_once),
	};

	return cmocka_run_group_tests(tests, start_tests, NULL);
}
