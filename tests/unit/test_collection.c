/* collection: pages, validators, digests and bases, against a server that
 * says what each test wants. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "canned_server.h"
#include "upstream/collection.h"

/* The ids that were delivered, a space behind each. */
struct ids {
	struct buffer text;
	size_t count;
	size_t rewinds;
	const char *refused;
};

static int keep_id(void *context, struct json_object *element,
		   struct error *err)
{
	struct ids *ids = context;
	struct json_object *id = NULL;

	if (!json_object_object_get_ex(element, "id", &id))
		id = element;
	if (ids->refused != NULL &&
	    strcmp(ids->refused, json_object_get_string(id)) == 0)
		return error_set(err, EX_DATAERR, "it is refused");
	buffer_format(&ids->text, "%s ", json_object_get_string(id));
	ids->count++;
	return 0;
}

static void forget_ids(void *context, size_t count)
{
	struct ids *ids = context;
	char *end = ids->text.data;
	size_t i;

	ids->rewinds++;
	if (end == NULL)
		return;
	for (i = 0; i < count; i++)
		end = strchr(end, ' ') + 1;
	*end = '\0';
	ids->text.length = (size_t)(end - ids->text.data);
	ids->count = count;
}

struct fixture {
	struct canned_server server;
	struct ids ids[2];
	struct upstream_collection collections[2];
	struct upstream_report report;
	struct error err;
};

/* Starts the server. */
static void open_fixture(struct fixture *fixture,
			 void (*answer)(struct canned_server *, size_t,
					const char *, const char *,
					struct buffer *))
{
	static const char *const paths[] = {"/films", "/people"};
	size_t i;

	memset(fixture, 0, sizeof(*fixture));
	for (i = 0; i < 2; i++)
		fixture->collections[i] = (struct upstream_collection){
			.path = paths[i],
			.element = keep_id,
			.rewind = forget_ids,
			.context = &fixture->ids[i],
		};
	fixture->server.answer = answer;
	assert_int_equal(canned_server_start(&fixture->server), 0);
}

static void close_fixture(struct fixture *fixture)
{
	size_t i;

	for (i = 0; i < 2; i++) {
		buffer_free(&fixture->ids[i].text);
		upstream_validators_free(&fixture->collections[i].found);
		upstream_validators_free(&fixture->collections[i].known);
		buffer_free(&fixture->collections[i].body);
	}
	buffer_free(&fixture->server.requests);
	upstream_report_free(&fixture->report);
}

static int fetch_from(struct fixture *fixture, const char *const *bases,
		      size_t base_count, size_t count)
{
	const struct upstream_options options = {
		.bases = bases,
		.base_count = base_count,
		.timeout_ms = 20000,
		.connect_timeout_ms = 5000,
		.retries = 2,
		.concurrency = 4,
		.max_bytes = 1 << 20,
	};

	return upstream_fetch(&options, fixture->collections, count,
			      &fixture->report, &fixture->err);
}

static int fetch(struct fixture *fixture, size_t count)
{
	const char *bases[] = {fixture->server.url};

	return fetch_from(fixture, bases, 1, count);
}

/* Makes what a fetch found known to the next one. */
static void remember(struct fixture *fixture)
{
	size_t i;

	upstream_report_free(&fixture->report);
	for (i = 0; i < 2; i++) {
		upstream_validators_free(&fixture->collections[i].known);
		fixture->collections[i].known = fixture->collections[i].found;
		fixture->collections[i].found = (struct upstream_validators){0};
		buffer_free(&fixture->collections[i].body);
		forget_ids(&fixture->ids[i], 0);
		fixture->ids[i].rewinds = 0;
	}
}

/* [{"id":"from"}, … ] up to, not including, `to`. */
static void put_elements(struct buffer *out, size_t from, size_t to)
{
	size_t i;

	buffer_char(out, '[');
	for (i = from; i < to; i++)
		buffer_format(out, "%s{\"id\":\"%zu\"}", i > from ? "," : "",
			      i);
	buffer_char(out, ']');
}

static void answer_page(struct buffer *answer, size_t from, size_t to)
{
	struct buffer body = BUFFER_EMPTY;

	put_elements(&body, from, to);
	canned_answer(answer, "200 OK", "ETag: \"page\"\r\n", body.data);
	buffer_free(&body);
}

static size_t start_of(const char *target)
{
	const char *at = strstr(target, "_start=");

	return at == NULL ? 0 : strtoul(at + 7, NULL, 10);
}

/* As many elements as `context` points to, in pages. */
static void answer_paged(struct canned_server *server, size_t number,
			 const char *target, const char *head,
			 struct buffer *answer)
{
	size_t all = *(const size_t *)server->context;
	size_t from = start_of(target), to = from + UPSTREAM_PAGE_ELEMENTS;

	(void)number;
	(void)head;
	answer_page(answer, from, to < all ? to : all);
}

struct paging {
	size_t elements;
	const char *requests;
};

static void a_full_page_is_followed_by_the_next_one(void **state)
{
	static const struct paging cases[] = {
		{0, "/films?limit=250\n"},
		{249, "/films?limit=250\n"},
		{250, "/films?limit=250\n/films?limit=250&_start=250\n"},
		{251, "/films?limit=250\n/films?limit=250&_start=250\n"},
		{750, "/films?limit=250\n/films?limit=250&_start=250\n"
		      "/films?limit=250&_start=500\n"
		      "/films?limit=250&_start=750\n"},
	};
	struct fixture fixture;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		open_fixture(&fixture, answer_paged);
		fixture.server.context = &cases[i].elements;
		assert_int_equal(fetch(&fixture, 1), 0);
		canned_server_stop(&fixture.server);
		assert_int_equal(fixture.ids[0].count, cases[i].elements);
		assert_int_equal(fixture.collections[0].element_count,
				 cases[i].elements);
		assert_int_equal(fixture.ids[0].rewinds, 0);
		assert_string_equal(fixture.server.requests.data,
				    cases[i].requests);
		close_fixture(&fixture);
	}
}

static void only_a_collection_of_one_page_has_validators(void **state)
{
	static const size_t one_page = 3, two_pages = 251;
	struct fixture fixture;

	(void)state;
	open_fixture(&fixture, answer_paged);
	fixture.server.context = &one_page;
	assert_int_equal(fetch(&fixture, 1), 0);
	assert_string_equal(fixture.collections[0].found.etag, "\"page\"");
	assert_string_equal(fixture.collections[0].found.base,
			    fixture.server.url);
	assert_null(fixture.collections[0].found.last_modified);
	remember(&fixture);
	fixture.server.context = &two_pages;
	assert_int_equal(fetch(&fixture, 1), 0);
	canned_server_stop(&fixture.server);
	assert_null(fixture.collections[0].found.etag);
	assert_null(fixture.collections[0].found.base);
	assert_string_equal(fixture.server.requests.data,
			    "/films?limit=250\n/films?limit=250 if\n"
			    "/films?limit=250&_start=250\n");
	close_fixture(&fixture);
}

static void answer_first_page_always(struct canned_server *server,
				     size_t number, const char *target,
				     const char *head, struct buffer *answer)
{
	(void)server;
	(void)number;
	(void)target;
	(void)head;
	answer_page(answer, 0, UPSTREAM_PAGE_ELEMENTS);
}

static void a_page_that_begins_like_the_one_before_ends_the_collection(
	void **state)
{
	struct fixture fixture;

	(void)state;
	open_fixture(&fixture, answer_first_page_always);
	assert_int_equal(fetch(&fixture, 1), 0);
	canned_server_stop(&fixture.server);
	assert_int_equal(fixture.ids[0].count, 250);
	assert_int_equal(fixture.server.request_count, 2);
	close_fixture(&fixture);
}

/* Something was added to the front between the two pages. */
static void answer_shifted(struct canned_server *server, size_t number,
			   const char *target, const char *head,
			   struct buffer *answer)
{
	size_t from = start_of(target);

	(void)server;
	(void)number;
	(void)head;
	answer_page(answer, from == 0 ? 0 : from - 1,
		    from == 0 ? UPSTREAM_PAGE_ELEMENTS : 300);
}

static void an_element_seen_before_does_not_end_the_collection(void **state)
{
	struct fixture fixture;

	(void)state;
	open_fixture(&fixture, answer_shifted);
	assert_int_equal(fetch(&fixture, 1), 0);
	canned_server_stop(&fixture.server);
	assert_int_equal(fixture.ids[0].count, 301);
	close_fixture(&fixture);
}

/* The first try of the second page is cut; 300 elements are there. */
static void answer_with_a_cut(struct canned_server *server, size_t number,
			      const char *target, const char *head,
			      struct buffer *answer)
{
	struct buffer body = BUFFER_EMPTY;
	size_t from = start_of(target);

	(void)server;
	(void)head;
	if (number != 1) {
		answer_page(answer, from, from == 0 ? 250 : 300);
		return;
	}
	put_elements(&body, from, 300);
	body.data[body.length / 2] = '\0';
	canned_answer(answer, "200 OK", "", body.data);
	buffer_free(&body);
}

static void a_page_cut_short_is_rewound_and_asked_again(void **state)
{
	static const size_t all = 300;
	struct fixture cut, whole;

	(void)state;
	open_fixture(&cut, answer_with_a_cut);
	assert_int_equal(fetch(&cut, 1), 0);
	canned_server_stop(&cut.server);
	open_fixture(&whole, answer_paged);
	whole.server.context = &all;
	assert_int_equal(fetch(&whole, 1), 0);
	canned_server_stop(&whole.server);
	assert_int_equal(cut.ids[0].rewinds, 1);
	assert_int_equal(cut.report.retries, 1);
	assert_int_equal(cut.report.requests, 2);
	assert_string_equal(cut.ids[0].text.data, whole.ids[0].text.data);
	assert_memory_equal(cut.collections[0].digest,
			    whole.collections[0].digest, HASH_BYTES);
	close_fixture(&cut);
	close_fixture(&whole);
}

static void answer_context(struct canned_server *server, size_t number,
			   const char *target, const char *head,
			   struct buffer *answer)
{
	(void)number;
	(void)target;
	(void)head;
	canned_answer(answer, "200 OK", "", server->context);
}

static void fetch_digest(const char *body, unsigned char digest[HASH_BYTES])
{
	struct fixture fixture;

	open_fixture(&fixture, answer_context);
	fixture.server.context = body;
	assert_int_equal(fetch(&fixture, 1), 0);
	canned_server_stop(&fixture.server);
	memcpy(digest, fixture.collections[0].digest, HASH_BYTES);
	close_fixture(&fixture);
}

static void the_digest_follows_the_elements_and_not_the_space(void **state)
{
	unsigned char first[HASH_BYTES], spaced[HASH_BYTES];
	unsigned char other[HASH_BYTES];

	(void)state;
	fetch_digest("[{\"id\":\"a\"},{\"id\":\"b\"}]", first);
	fetch_digest(" [ {\"id\":\"a\"}\n, {\"id\":\"b\"} ] ", spaced);
	assert_memory_equal(first, spaced, HASH_BYTES);
	fetch_digest("[{\"id\":\"b\"},{\"id\":\"a\"}]", other);
	assert_memory_not_equal(first, other, HASH_BYTES);
	fetch_digest("[{\"id\":\"a\"}]", other);
	assert_memory_not_equal(first, other, HASH_BYTES);
	fetch_digest("[1,2]", first);
	fetch_digest("[12]", other);
	assert_memory_not_equal(first, other, HASH_BYTES);
}

/* People never change, films do where `context` says so. */
static void answer_conditional(struct canned_server *server, size_t number,
			       const char *target, const char *head,
			       struct buffer *answer)
{
	bool has_changed = server->context != NULL;
	bool is_film = strncmp(target, "/films", 6) == 0;

	(void)number;
	if (strstr(head, "If-None-Match: \"v1\"") != NULL &&
	    !(is_film && has_changed))
		canned_answer(answer, "304 Not Modified", "", "");
	else
		canned_answer(answer, "200 OK",
			      is_film && has_changed ? "ETag: \"v2\"\r\n"
						     : "ETag: \"v1\"\r\n",
			      "[{\"id\":\"x\"}]");
}

static void an_unchanged_upstream_moves_no_body(void **state)
{
	static const unsigned char zeros[HASH_BYTES];
	struct fixture fixture;

	(void)state;
	open_fixture(&fixture, answer_conditional);
	assert_int_equal(fetch(&fixture, 2), 0);
	assert_false(fixture.report.is_unchanged);
	remember(&fixture);
	assert_int_equal(fetch(&fixture, 2), 0);
	canned_server_stop(&fixture.server);
	assert_true(fixture.report.is_unchanged);
	assert_int_equal(fixture.report.body_bytes, 0);
	assert_int_equal(fixture.report.requests, 2);
	assert_int_equal(fixture.ids[0].count + fixture.ids[1].count, 0);
	assert_memory_equal(fixture.collections[1].digest, zeros, HASH_BYTES);
	assert_string_equal(fixture.collections[1].found.etag, "\"v1\"");
	assert_string_equal(fixture.collections[1].found.base,
			    fixture.server.url);
	close_fixture(&fixture);
}

static void an_unchanged_collection_beside_a_changed_one_is_asked_again(
	void **state)
{
	struct fixture fixture;

	(void)state;
	open_fixture(&fixture, answer_conditional);
	assert_int_equal(fetch(&fixture, 2), 0);
	remember(&fixture);
	fixture.server.context = "changed";
	assert_int_equal(fetch(&fixture, 2), 0);
	canned_server_stop(&fixture.server);
	assert_false(fixture.report.is_unchanged);
	assert_int_equal(fixture.server.request_count, 2 + 3);
	assert_int_equal(fixture.ids[0].count, 1);
	assert_int_equal(fixture.ids[1].count, 1);
	assert_string_equal(fixture.collections[0].found.etag, "\"v2\"");
	assert_string_equal(fixture.collections[1].found.etag, "\"v1\"");
	close_fixture(&fixture);
}

/* Gives what `context` says, if it says anything. */
static int known_body(void *context, const char *path, struct buffer *body)
{
	assert_string_equal(path, "/people");
	if (context == NULL)
		return 0;
	buffer_text(body, context);
	return 1;
}

static void a_known_body_is_read_in_place_of_asking_again(void **state)
{
	static char known[] = "[{\"id\":\"x\"}]";
	unsigned char digest[HASH_BYTES];
	struct fixture fixture;

	(void)state;
	open_fixture(&fixture, answer_conditional);
	assert_int_equal(fetch(&fixture, 2), 0);
	assert_string_equal(fixture.collections[1].body.data,
			    "[{\"id\":\"x\"}]");
	memcpy(digest, fixture.collections[1].digest, HASH_BYTES);
	remember(&fixture);
	fixture.server.context = "changed";
	fixture.collections[1].known_body = known_body;
	fixture.collections[1].known_context = known;
	assert_int_equal(fetch(&fixture, 2), 0);
	canned_server_stop(&fixture.server);
	assert_false(fixture.report.is_unchanged);
	assert_int_equal(fixture.report.requests, 2);
	assert_int_equal(fixture.server.request_count, 2 + 2);
	assert_int_equal(fixture.ids[1].count, 1);
	assert_memory_equal(fixture.collections[1].digest, digest, HASH_BYTES);
	assert_string_equal(fixture.collections[1].found.etag, "\"v1\"");
	/* It is kept for the next time. */
	assert_string_equal(fixture.collections[1].body.data,
			    "[{\"id\":\"x\"}]");
	close_fixture(&fixture);
}

static void a_body_that_is_not_at_hand_is_asked_for(void **state)
{
	struct fixture fixture;

	(void)state;
	open_fixture(&fixture, answer_conditional);
	assert_int_equal(fetch(&fixture, 2), 0);
	remember(&fixture);
	fixture.server.context = "changed";
	fixture.collections[1].known_body = known_body;
	assert_int_equal(fetch(&fixture, 2), 0);
	canned_server_stop(&fixture.server);
	assert_int_equal(fixture.server.request_count, 2 + 3);
	assert_int_equal(fixture.ids[1].count, 1);
	close_fixture(&fixture);
}

static void validators_are_sent_only_to_their_base_and_only_all(void **state)
{
	struct fixture fixture;

	(void)state;
	open_fixture(&fixture, answer_conditional);
	assert_int_equal(fetch(&fixture, 2), 0);
	remember(&fixture);
	upstream_validators_free(&fixture.collections[1].known);
	assert_int_equal(fetch(&fixture, 2), 0);
	remember(&fixture);
	fixture.collections[0].known.base[0] = 'x';
	assert_int_equal(fetch(&fixture, 2), 0);
	canned_server_stop(&fixture.server);
	assert_null(strstr(fixture.server.requests.data, " if"));
	close_fixture(&fixture);
}

static void answer_503(struct canned_server *server, size_t number,
		       const char *target, const char *head,
		       struct buffer *answer)
{
	(void)server;
	(void)number;
	(void)target;
	(void)head;
	canned_answer(answer, "503 Service Unavailable", "", "later");
}

/* Films, but no people. */
static void answer_films_only(struct canned_server *server, size_t number,
			      const char *target, const char *head,
			      struct buffer *answer)
{
	(void)server;
	(void)number;
	(void)head;
	if (strncmp(target, "/films", 6) == 0)
		canned_answer(answer, "200 OK", "", "[{\"id\":\"wrong\"}]");
	else
		canned_answer(answer, "404 Not Found", "", "");
}

static void the_next_base_gives_everything_when_one_fails(void **state)
{
	static const size_t all = 2;
	struct fixture fixture;
	struct canned_server ill = {.answer = answer_films_only};
	const char *bases[2];
	struct buffer first = BUFFER_EMPTY;

	(void)state;
	log_open("test", LOG_LEVEL_ERROR, LOG_FORMAT_LOGFMT, LOG_SINK_STDERR);
	open_fixture(&fixture, answer_paged);
	fixture.server.context = &all;
	assert_int_equal(canned_server_start(&ill), 0);
	buffer_format(&first, "http://bob:secret@%s", ill.url + 7);
	bases[0] = first.data;
	bases[1] = fixture.server.url;
	assert_int_equal(fetch_from(&fixture, bases, 2, 2), 0);
	canned_server_stop(&ill);
	canned_server_stop(&fixture.server);
	assert_string_equal(fixture.report.base, fixture.server.url);
	assert_int_equal(fixture.report.failed_bases, 1);
	assert_string_equal(fixture.ids[0].text.data, "0 1 ");
	assert_string_equal(fixture.ids[1].text.data, "0 1 ");
	buffer_free(&ill.requests);
	buffer_free(&first);
	close_fixture(&fixture);
}

static void results_show_the_base_without_userinfo_and_slash(void **state)
{
	static const size_t all = 2;
	struct fixture fixture;
	const char *bases[1];
	struct buffer base = BUFFER_EMPTY;

	(void)state;
	open_fixture(&fixture, answer_paged);
	fixture.server.context = &all;
	buffer_format(&base, "http://bob:secret@%s//", fixture.server.url + 7);
	bases[0] = base.data;
	assert_int_equal(fetch_from(&fixture, bases, 1, 1), 0);
	canned_server_stop(&fixture.server);
	assert_string_equal(fixture.report.base, fixture.server.url);
	assert_string_equal(fixture.collections[0].found.base,
			    fixture.server.url);
	assert_string_equal(fixture.server.requests.data, "/films?limit=250\n");
	buffer_free(&base);
	close_fixture(&fixture);
}

static void a_failure_names_url_and_reason_and_leaves_no_result(void **state)
{
	struct fixture fixture;
	char expected[160];

	(void)state;
	open_fixture(&fixture, answer_503);
	assert_int_equal(fetch(&fixture, 1), -1);
	canned_server_stop(&fixture.server);
	snprintf(expected, sizeof(expected),
		 "%s/films?limit=250: the server answers 503 (3 attempts)",
		 fixture.server.url);
	assert_string_equal(fixture.err.message, expected);
	assert_int_equal(fixture.err.code, EX_UNAVAILABLE);
	assert_null(fixture.report.base);
	assert_null(fixture.collections[0].found.base);
	assert_int_equal(fixture.report.retries, 2);
	close_fixture(&fixture);
}

static void a_refused_element_refuses_the_fetch_with_its_position(void **state)
{
	static const size_t all = 5;
	struct fixture fixture;
	char expected[160];

	(void)state;
	open_fixture(&fixture, answer_paged);
	fixture.server.context = &all;
	fixture.ids[0].refused = "3";
	assert_int_equal(fetch(&fixture, 1), -1);
	canned_server_stop(&fixture.server);
	snprintf(expected, sizeof(expected),
		 "%s/films?limit=250: element 4: it is refused",
		 fixture.server.url);
	assert_string_equal(fixture.err.message, expected);
	assert_int_equal(fixture.err.code, EX_DATAERR);
	assert_int_equal(fixture.report.retries, 0);
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
		cmocka_unit_test(a_full_page_is_followed_by_the_next_one),
		cmocka_unit_test(only_a_collection_of_one_page_has_validators),
		cmocka_unit_test(
			a_page_that_begins_like_the_one_before_ends_the_collection),
		cmocka_unit_test(
			an_element_seen_before_does_not_end_the_collection),
		cmocka_unit_test(a_page_cut_short_is_rewound_and_asked_again),
		cmocka_unit_test(
			the_digest_follows_the_elements_and_not_the_space),
		cmocka_unit_test(an_unchanged_upstream_moves_no_body),
		cmocka_unit_test(
			an_unchanged_collection_beside_a_changed_one_is_asked_again),
		cmocka_unit_test(
			validators_are_sent_only_to_their_base_and_only_all),
		cmocka_unit_test(a_known_body_is_read_in_place_of_asking_again),
		cmocka_unit_test(a_body_that_is_not_at_hand_is_asked_for),
		cmocka_unit_test(the_next_base_gives_everything_when_one_fails),
		cmocka_unit_test(
			results_show_the_base_without_userinfo_and_slash),
		cmocka_unit_test(
			a_failure_names_url_and_reason_and_leaves_no_result),
		cmocka_unit_test(
			a_refused_element_refuses_the_fetch_with_its_position),
	};

	return cmocka_run_group_tests(tests, start_tests, NULL);
}
