/* Leases and parcels: a Redis that answers something else than was asked for, or
 * has something else than was put there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base_fixture.h"
#include "canned_redis.h"
#include "share/share_parcel.h"

#define NAME "marquee:1:test"
#define TIME "*2\r\n$10\r\n1700000000\r\n$1\r\n0\r\n"
#define QUEUED "+QUEUED\r\n"

/* One answer, and what a call makes of it: its status, and the code of its
 * error. */
struct one_case {
	const char *answer;
	int status, code;
};

typedef int call(struct share *share, struct redis_link *link,
		 struct error *err);

static void try_each(const struct one_case *cases, size_t count, call *run)
{
	size_t i;

	for (i = 0; i < count; i++) {
		struct canned_redis redis;
		struct redis_link *link;
		struct share *share;
		struct error err = {0};
		int status;

		canned_redis_start(&redis, cases[i].answer, "");
		share = share_open(redis.text, NULL);
		assert_non_null(share);
		link = canned_redis_link(&redis);
		status = run(share, link, &err);
		if (status != cases[i].status || err.code != cases[i].code)
			fail_msg("%s: %d, %d: %s", cases[i].answer, status,
				 err.code, err.message);
		redis_link_close(link);
		share_close(share);
		canned_redis_stop(&redis);
	}
}

/* --- Leases --------------------------------------------------------------------- */

static int look(struct share *share, struct redis_link *link, struct error *err)
{
	struct share_lease *lease = share_lease_open(share, NAME, NULL);
	struct share_look seen;
	int status;

	assert_non_null(lease);
	status = share_lease_look(lease, link, &seen, in_long(), err);
	if (status == 0) {
		assert_false(seen.is_ours);
		buffer_free(&seen.head);
		/* Nothing of another's is renewed, kept or given up. */
		assert_int_equal(share_lease_renew(lease, link, 0, NULL), 0);
		share_lease_keep(lease);
		share_lease_release(lease, link, 0);
	}
	share_lease_free(lease);
	share_lease_free(NULL);
	return status;
}

#define LOOK "+OK\r\n" QUEUED QUEUED QUEUED QUEUED

static void a_look_that_shows_something_else_is_none(void **state)
{
	static const struct one_case cases[] = {
		{LOOK "*4\r\n$-1\r\n$-1\r\n" TIME "$4\r\nelse\r\n", 0, 0},
		{LOOK "*4\r\n$-1\r\n$3\r\nxyz\r\n" TIME "$-1\r\n", 0, 0},
		{LOOK "*4\r\n$-1\r\n:5\r\n" TIME "$-1\r\n", -1, EX_UNAVAILABLE},
		{LOOK "*4\r\n$-1\r\n$-1\r\n*2\r\n:-5\r\n:0\r\n$-1\r\n", -1,
		 EX_UNAVAILABLE},
		{LOOK "*4\r\n$-1\r\n$-1\r\n*1\r\n:5\r\n$-1\r\n", -1,
		 EX_UNAVAILABLE},
		{LOOK "*4\r\n$-1\r\n$-1\r\n+noon\r\n$-1\r\n", -1,
		 EX_UNAVAILABLE},
		{LOOK "*0\r\n", -1, EX_UNAVAILABLE},
		{LOOK "*-1\r\n", -1, EX_UNAVAILABLE},
		{LOOK "+OK\r\n", -1, EX_UNAVAILABLE},
	};

	(void)state;
	try_each(cases, COUNT(cases), look);
}

static int begin(struct share *share, struct redis_link *link,
		 struct error *err)
{
	struct share_lease *lease = share_lease_open(share, NAME, NULL);
	long long now_ms = 0;
	int status;

	assert_non_null(lease);
	status = share_lease_begin(lease, link, &now_ms, in_long(), err);
	share_lease_free(lease);
	return status;
}

static void a_lease_that_is_anothers_begins_nothing(void **state)
{
	static const struct one_case cases[] = {
		{"+OK\r\n$-1\r\n" TIME "+OK\r\n", 0, 0},
		{"+OK\r\n:3\r\n" TIME "+OK\r\n", 0, 0},
		{"+OK\r\n$4\r\nelse\r\n" TIME "+OK\r\n", 0, 0},
		{"+OK\r\n$4\r\nelse\r\n+noon\r\n+OK\r\n", -1, EX_UNAVAILABLE},
		{"+OK\r\n$4\r\nelse\r\n" TIME "-ERR no\r\n", -1,
		 EX_UNAVAILABLE},
		{"+OK\r\n-WRONGTYPE\r\n" TIME, -1, EX_UNAVAILABLE},
	};

	(void)state;
	try_each(cases, COUNT(cases), begin);
}

static int commit(struct share *share, struct redis_link *link,
		  struct error *err)
{
	struct redis_reply *done = NULL;
	int status;

	(void)share;
	redis_link_add(link, "MULTI", NULL);
	redis_link_add(link, "SET", "a", "b", NULL);
	status = share_lease_commit(link, 1, &done, in_long(), err);
	assert_int_equal(done != NULL, status == 1);
	redis_replies_free(&done, 1);
	return status;
}

static void a_transaction_is_done_or_not_or_nobody_knows(void **state)
{
	static const struct one_case cases[] = {
		{"+OK\r\n" QUEUED "*1\r\n+OK\r\n", 1, 0},
		{"+OK\r\n" QUEUED "*-1\r\n", 0, 0},
		{"+OK\r\n" QUEUED "*0\r\n", -1, EX_UNAVAILABLE},
		{"+OK\r\n" QUEUED ":1\r\n", -1, EX_UNAVAILABLE},
		{"+OK\r\n-OOM\r\n-EXECABORT\r\n", -1, EX_UNAVAILABLE},
	};

	(void)state;
	try_each(cases, COUNT(cases), commit);
}

static int commit_many(struct share *share, struct redis_link *link,
		       struct error *err)
{
	struct redis_reply *done;

	(void)share;
	return share_lease_commit(link, 100, &done, in_long(), err);
}

static void a_transaction_past_the_limit_is_not_sent(void **state)
{
	static const struct one_case cases[] = {{"", -1, EX_SOFTWARE}};

	(void)state;
	try_each(cases, COUNT(cases), commit_many);
}

/* --- Parcels -------------------------------------------------------------------- */

/* That of "hello", in one file. */
static void fill(struct share_head *head)
{
	struct share_file *file;

	*head = (struct share_head){.token = "0"};
	file = share_head_add(head, "file", NULL);
	assert_non_null(file);
	file->length = 5;
	snprintf(file->digest, sizeof(file->digest), "%s",
		 "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e7304336293"
		 "8b9824");
}

/* What is taken goes nowhere. */
static int sink(void *context, const struct share_file *file, const void *bytes,
		size_t length, struct error *err)
{
	(void)context;
	(void)bytes;
	(void)err;
	assert_true(length <= file->length);
	return 0;
}

static int take(struct share *share, struct redis_link *link, struct error *err)
{
	struct share_head head;
	int status;

	(void)share;
	fill(&head);
	status = share_parcel_take(link, NAME, &head, sink, NULL, in_long(),
				   err);
	share_head_free(&head);
	return status;
}

static void what_is_not_as_it_was_put_is_torn(void **state)
{
	static const struct one_case cases[] = {
		{"$5\r\nhello\r\n", 0, 0},
		{"$5\r\nhallo\r\n", -1, EX_DATAERR},
		{"$4\r\nhell\r\n", -1, EX_DATAERR},
		{"$-1\r\n", -1, EX_DATAERR},
		{":5\r\n", -1, EX_DATAERR},
		{"-WRONGTYPE\r\n", -1, EX_UNAVAILABLE},
	};

	(void)state;
	try_each(cases, COUNT(cases), take);
}

static int has_bytes(struct share *share, struct redis_link *link,
		     struct error *err)
{
	struct share_head head;
	int status;

	(void)share;
	fill(&head);
	status = share_parcel_has_bytes(link, NAME, &head, in_long(), err);
	share_head_free(&head);
	return status;
}

static void bytes_are_there_where_redis_says_so(void **state)
{
	static const struct one_case cases[] = {
		{":1\r\n", 1, 0},
		{":0\r\n", 0, 0},
		{"+OK\r\n", 0, 0},
		{"-ERR no\r\n", -1, EX_UNAVAILABLE},
	};

	(void)state;
	try_each(cases, COUNT(cases), has_bytes);
}

static int publish(struct share *share, struct redis_link *link,
		   struct error *err)
{
	struct share_head head;
	int status;

	(void)share;
	fill(&head);
	status = share_parcel_publish(link, NAME, &head, "1", NULL, 0, 60,
				      in_long(), err);
	share_head_free(&head);
	return status;
}

#define SWITCH TIME TURN
#define TURN "+OK\r\n" QUEUED QUEUED QUEUED

static void a_parcel_is_published_where_its_bytes_are_still_there(void **state)
{
	static const struct one_case cases[] = {
		{SWITCH "*3\r\n:1\r\n+OK\r\n:0\r\n", 1, 0},
		{SWITCH "*3\r\n:0\r\n+OK\r\n:0\r\n", -1, EX_UNAVAILABLE},
		{SWITCH "*3\r\n+OK\r\n+OK\r\n:0\r\n", -1, EX_UNAVAILABLE},
		{SWITCH "*-1\r\n", 0, 0},
		{"+noon\r\n" TURN "*3\r\n:1\r\n+OK\r\n:0\r\n", -1,
		 EX_UNAVAILABLE},
		{"-LOADING\r\n", -1, EX_UNAVAILABLE},
	};

	(void)state;
	try_each(cases, COUNT(cases), publish);
}

static int forget(struct share *share, struct redis_link *link,
		  struct error *err)
{
	(void)share;
	return share_parcel_forget(link, NAME, in_long(), err);
}

static void what_is_torn_is_forgotten_as_what_is_whole(void **state)
{
	static const struct one_case cases[] = {
		{"$-1\r\n:0\r\n", 0, 0},
		{"$4\r\ntorn\r\n:1\r\n", 1, 0},
		{"$4\r\ntorn\r\n+OK\r\n", 0, 0},
		{"-WRONGTYPE\r\n", -1, EX_UNAVAILABLE},
		{"$-1\r\n-READONLY\r\n", -1, EX_UNAVAILABLE},
	};

	(void)state;
	try_each(cases, COUNT(cases), forget);
}

static int put(struct share *share, struct redis_link *link, struct error *err)
{
	struct share_head head;
	int status;

	(void)share;
	fill(&head);
	status = share_parcel_put(link, NAME, AT_FDCWD, &head, NULL, in_long(),
				  err);
	share_head_free(&head);
	return status;
}

static void what_cannot_be_put_whole_is_taken_back(void **state)
{
	static const struct one_case there[] = {
		{"+OK\r\n" QUEUED QUEUED "*2\r\n:1\r\n:1\r\n", 1, 0},
		{"+OK\r\n-OOM\r\n" QUEUED "-EXECABORT\r\n:0\r\n", -1,
		 EX_UNAVAILABLE},
		{"+OK\r\n-OOM\r\n" QUEUED "-EXECABORT\r\n-OOM\r\n", -1,
		 EX_UNAVAILABLE},
		{"?\r\n", -1, EX_UNAVAILABLE},
	};
	static const struct one_case gone[] = {
		{":0\r\n", -1, EX_IOERR},
	};

	(void)state;
	put_file("file", "hello");
	try_each(there, COUNT(there), put);
	unlink("file");
	try_each(gone, COUNT(gone), put);
}

/* --- Lending -------------------------------------------------------------------- */

static void a_link_that_was_given_back_is_lent_again_while_it_is_well(
	void **state)
{
	struct redis_link *first, *second;
	struct canned_redis redis;
	struct share *share;

	(void)state;
	canned_redis_start(&redis, "", "");
	share = share_open(redis.text, NULL);
	assert_non_null(share);
	first = share_take(share, false, in_long(), NULL);
	second = share_take(share, false, in_long(), NULL);
	assert_non_null(first);
	assert_non_null(second);
	share_give(share, first);
	share_give(share, second);
	share_give(share, NULL);
	assert_ptr_equal(share_take(share, false, in_long(), NULL), second);
	share_give(share, second);
	share_close(share);
	share_close(NULL);
	canned_redis_stop(&redis);
}

static void a_link_that_redis_has_closed_is_not_lent_again(void **state)
{
	struct redis_link *link;
	struct canned_redis redis;
	struct share *share;
	int tries = 0;

	(void)state;
	canned_redis_start(&redis, "", "");
	redis.closes = true;
	share = share_open(redis.text, NULL);
	assert_non_null(share);
	link = share_take(share, false, in_long(), NULL);
	assert_non_null(link);
	while (!redis_link_is_stale(link) && tries++ < LONG_MS)
		usleep(1000);
	share_give(share, link);
	redis.closes = false;
	link = share_take(share, false, in_long(), NULL);
	assert_non_null(link);
	assert_false(redis_link_is_stale(link));
	redis_link_close(link);
	share_close(share);
	canned_redis_stop(&redis);
}

static void a_redis_that_was_away_is_left_alone_for_a_while(void **state)
{
	const struct error away = {.code = EX_UNAVAILABLE};
	struct canned_redis redis;
	struct redis_link *link;
	struct error err = {0};
	struct share *share;

	(void)state;
	canned_redis_start(&redis, "", "");
	share = share_open(redis.text, NULL);
	assert_non_null(share);
	share_tell(share, &away);
	assert_null(share_take(share, true, in_long(), &err));
	assert_int_equal(err.code, EX_TEMPFAIL);
	link = share_take(share, false, in_long(), NULL);
	assert_non_null(link);
	share_give(share, link);
	share_tell(share, NULL);
	assert_non_null(share_take(share, true, in_long(), NULL));
	redis_link_close(link);
	share_close(share);
	canned_redis_stop(&redis);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_look_that_shows_something_else_is_none),
		cmocka_unit_test(a_lease_that_is_anothers_begins_nothing),
		cmocka_unit_test(a_transaction_is_done_or_not_or_nobody_knows),
		cmocka_unit_test(a_transaction_past_the_limit_is_not_sent),
		cmocka_unit_test(what_is_not_as_it_was_put_is_torn),
		cmocka_unit_test(bytes_are_there_where_redis_says_so),
		cmocka_unit_test(
			a_parcel_is_published_where_its_bytes_are_still_there),
		cmocka_unit_test(what_is_torn_is_forgotten_as_what_is_whole),
		cmocka_unit_test_setup_teardown(
			what_cannot_be_put_whole_is_taken_back, enter_directory,
			leave_directory),
		cmocka_unit_test(
			a_link_that_was_given_back_is_lent_again_while_it_is_well),
		cmocka_unit_test(
			a_link_that_redis_has_closed_is_not_lent_again),
		cmocka_unit_test(
			a_redis_that_was_away_is_left_alone_for_a_while),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
