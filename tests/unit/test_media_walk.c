#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "media_fixture.h"

#include "media/media_walk.h"

struct walker {
	struct media_world world;
	struct media_walk_options options;
	const char *wanted; /* the walk stops at it; NULL: nowhere */
	int seen;
	bool fails;
};

static int take_page(void *context, struct media_entry *const *entries,
		     size_t count, struct error *err)
{
	struct walker *walker = context;
	bool is_found = false;
	size_t i;

	for (i = 0; i < count; i++)
		if (walker->wanted != NULL &&
		    strcmp(entries[i]->id, walker->wanted) == 0)
			is_found = true;
	walker->seen += (int)count;
	if (walker->fails)
		return error_set(err, EX_OSERR, "cannot take it");
	return is_found;
}

static void start(struct walker *walker, int files, unsigned page_size,
		  unsigned concurrency)
{
	*walker = (struct walker){0};
	media_world_start(&walker->world, files);
	walker->options = (struct media_walk_options){
		.base = walker->world.base,
		.page_size = page_size,
		.max_pages = 50,
		.concurrency = concurrency,
		.page = take_page,
		.context = walker,
	};
}

/* Walks and ends the world; its requests can be counted then. */
static int walk(struct walker *walker, struct media_walk_result *result,
		struct error *err)
{
	const struct http_options options = {
		.timeout_ms = 20000,
		.connect_timeout_ms = 5000,
		.max_bytes = 64 << 20,
		.concurrency = walker->options.concurrency,
	};
	struct http_conversation *conversation =
		http_conversation_open(&options, err);
	int status;

	assert_non_null(conversation);
	status = media_walk(conversation, &walker->options, result, err);
	http_conversation_close(conversation);
	media_world_stop(&walker->world);
	return status;
}

static void the_list_ends_at_its_first_page_that_is_not_full(void **state)
{
	static const struct {
		int files;
		unsigned page_size;
		int pages; /* that must be asked for */
	} cases[] = {
		{0, 5, 1},  {1, 5, 1},   {4, 5, 1},   {5, 5, 2},
		{11, 5, 3}, {10, 1, 11}, {99, 50, 2}, {100, 50, 3},
	};
	unsigned concurrency;
	size_t i;

	(void)state;
	for (concurrency = 1; concurrency <= 7; concurrency += 3)
		for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
			struct media_walk_result result;
			struct walker walker;
			struct error err = {0};

			start(&walker, cases[i].files, cases[i].page_size,
			      concurrency);
			if (walk(&walker, &result, &err) != 0)
				fail_msg("%s", err.message);
			assert_int_equal(walker.seen, cases[i].files);
			assert_in_range(result.requests, cases[i].pages,
					cases[i].pages + (int)concurrency - 1);
			media_world_free(&walker.world);
		}
}

static void no_more_is_asked_for_than_page_and_concurrency(void **state)
{
	unsigned concurrency, page;

	(void)state;
	for (concurrency = 1; concurrency <= 16; concurrency += 5)
		for (page = 1; page <= 40; page += 13) {
			struct media_walk_result result;
			struct walker walker;
			struct error err = {0};
			char wanted[16];

			start(&walker, 200, 5, concurrency);
			snprintf(wanted, sizeof(wanted), "file-%u",
				 page * 5 - 1);
			walker.wanted = wanted;
			assert_int_equal(walk(&walker, &result, &err),
					 MEDIA_WALK_STOPPED);
			assert_in_range(result.requests, page,
					page + concurrency);
			assert_in_range(media_world_count(&walker.world,
							  "/all?"),
					page, page + concurrency);
			media_world_free(&walker.world);
		}
}

static void no_page_past_the_last_is_asked_for(void **state)
{
	struct media_walk_result result;
	struct walker walker;
	struct error err = {0};

	(void)state;
	start(&walker, 1000, 5, 4);
	walker.options.max_pages = 7;
	assert_int_equal(walk(&walker, &result, &err), 0);
	assert_int_equal(result.requests, 7);
	assert_int_equal(walker.seen, 35);
	media_world_free(&walker.world);
}

static const struct {
	const char *answer; /* NULL: none */
	int code;
	const char *reason;
} bad[] = {
	{NULL, EX_UNAVAILABLE, ""},
	{"HTTP/1.1 500 No\r\nConnection: close\r\n\r\n", EX_UNAVAILABLE, "500"},
	{"HTTP/1.1 404 No\r\nConnection: close\r\n\r\n", EX_UNAVAILABLE, "404"},
	{"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", EX_UNAVAILABLE,
	 "empty"},
	{"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n[{\"fileId\":\"a\"}",
	 EX_UNAVAILABLE, "cut short"},
	{"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"content\":[]}",
	 EX_DATAERR, "array"},
	{"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n[1]", EX_DATAERR,
	 "object"},
	{"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n[{}][", EX_DATAERR,
	 "more text"},
};

static void a_bad_page_before_the_end_fails_the_walk(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct media_walk_result result;
		struct walker walker;
		struct error err = {0};

		start(&walker, 100, 5, 4);
		walker.world.bad_target = "offset=3";
		walker.world.bad = bad[i].answer;
		assert_int_equal(walk(&walker, &result, &err), -1);
		assert_int_equal(err.code, bad[i].code);
		if (strstr(err.message, bad[i].reason) == NULL)
			fail_msg("%s: %s", bad[i].reason, err.message);
		assert_non_null(strstr(err.message, "offset=3"));
		assert_false(result.is_timeout);
		media_world_free(&walker.world);
	}
}

static void a_page_of_too_many_elements_is_refused(void **state)
{
	struct media_walk_result result;
	struct walker walker;
	struct error err = {0};

	(void)state;
	start(&walker, MEDIA_PAGE_MAX_ELEMENTS + 1, MEDIA_PAGE_MAX_ELEMENTS + 1,
	      1);
	assert_int_equal(walk(&walker, &result, &err), -1);
	assert_int_equal(err.code, EX_DATAERR);
	assert_int_equal(walker.seen, 0);
	media_world_free(&walker.world);
}

static void a_bad_page_behind_the_end_is_nobodys_business(void **state)
{
	struct media_walk_result result;
	struct walker walker;
	struct error err = {0};

	(void)state;
	start(&walker, 12, 5, 8);
	walker.world.bad_target = "offset=3";
	if (walk(&walker, &result, &err) != 0)
		fail_msg("%s", err.message);
	assert_int_equal(walker.seen, 12);
	media_world_free(&walker.world);
}

/* A list with a short page in its middle: page 1. Whoever asks for page 2 before
 * the walk has taken page 1, or for page 0 before page 2 was given, is to ask
 * again: so page 2 comes to a walk that knows the end and goes on all the
 * same. */
struct gap {
	struct canned_server server;
	atomic_bool has_taken_the_short_page;
	bool has_given_page_2; /* the server's thread's own */
};

static void answer_with_a_gap(struct canned_server *server, size_t number,
			      const char *target, const char *head,
			      struct buffer *answer)
{
	struct gap *gap = (struct gap *)(void *)server;
	bool is_page_2 = strstr(target, "offset=2") != NULL;
	const char *body = "[{\"fileId\":\"before\"},{\"fileId\":\"too\"}]";

	(void)number;
	(void)head;
	if (strstr(target, "offset=1") != NULL)
		body = "[{\"fileId\":\"short\"}]";
	else if (is_page_2)
		body = "[{\"fileId\":\"behind\"},{\"fileId\":\"too\"}]";
	if (is_page_2 ? !gap->has_taken_the_short_page
		      : strstr(target, "offset=0") != NULL &&
				!gap->has_given_page_2)
		return;
	gap->has_given_page_2 = gap->has_given_page_2 || is_page_2;
	canned_answer(answer, "200 OK", "", body);
}

struct gap_walker {
	struct gap *gap;
	int seen;
	bool has_seen_behind;
};

static int take_gap_page(void *context, struct media_entry *const *entries,
			 size_t count, struct error *err)
{
	struct gap_walker *walker = context;

	(void)err;
	assert_true(count > 0);
	walker->seen += (int)count;
	if (strcmp(entries[0]->id, "short") == 0)
		walker->gap->has_taken_the_short_page = true;
	if (strcmp(entries[0]->id, "behind") == 0)
		walker->has_seen_behind = true;
	return 0;
}

static void pages_behind_the_end_are_not_of_the_list(void **state)
{
	struct gap gap = {.server = {.answer = answer_with_a_gap}};
	struct gap_walker walker = {.gap = &gap};
	const struct http_options http = {
		.timeout_ms = 60000,
		.connect_timeout_ms = 5000,
		.max_bytes = 1 << 20,
		.concurrency = 3,
		.retries = 100,
	};
	struct media_walk_options options = {
		.page_size = 2,
		.max_pages = 50,
		.concurrency = 3,
		.page = take_gap_page,
		.context = &walker,
	};
	struct http_conversation *conversation;
	struct media_walk_result result;
	struct error err = {0};

	(void)state;
	canned_server_forget_proxies();
	assert_int_equal(canned_server_start(&gap.server), 0);
	options.base = gap.server.url;
	conversation = http_conversation_open(&http, &err);
	assert_non_null(conversation);
	if (media_walk(conversation, &options, &result, &err) != 0)
		fail_msg("%s", err.message);
	http_conversation_close(conversation);
	canned_server_stop(&gap.server);
	assert_true(gap.has_given_page_2);
	assert_false(walker.has_seen_behind);
	assert_int_equal(walker.seen, 3);
	buffer_free(&gap.server.requests);
}

static void what_is_found_before_a_bad_page_is_found(void **state)
{
	struct media_walk_result result;
	struct walker walker;
	struct error err = {0};

	(void)state;
	start(&walker, 100, 5, 4);
	walker.world.bad_target = "offset=3";
	walker.wanted = "file-14";
	assert_int_equal(walk(&walker, &result, &err), MEDIA_WALK_STOPPED);
	media_world_free(&walker.world);
}

static void a_page_that_cannot_be_taken_fails_the_walk(void **state)
{
	struct media_walk_result result;
	struct walker walker;
	struct error err = {0};

	(void)state;
	start(&walker, 100, 5, 4);
	walker.fails = true;
	assert_int_equal(walk(&walker, &result, &err), -1);
	assert_int_equal(err.code, EX_OSERR);
	media_world_free(&walker.world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			the_list_ends_at_its_first_page_that_is_not_full),
		cmocka_unit_test(
			no_more_is_asked_for_than_page_and_concurrency),
		cmocka_unit_test(no_page_past_the_last_is_asked_for),
		cmocka_unit_test(a_bad_page_before_the_end_fails_the_walk),
		cmocka_unit_test(a_page_of_too_many_elements_is_refused),
		cmocka_unit_test(a_bad_page_behind_the_end_is_nobodys_business),
		cmocka_unit_test(pages_behind_the_end_are_not_of_the_list),
		cmocka_unit_test(what_is_found_before_a_bad_page_is_found),
		cmocka_unit_test(a_page_that_cannot_be_taken_fails_the_walk),
	};

	return cmocka_run_group_tests_name("media_walk", tests, NULL, NULL);
}
