/* media: what callers get, who asks the upstream and how often. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "cache_fixture.h"
#include "media_fixture.h"

#include "cache/cache_keep.h"
#include "media/media.h"

#define CALLERS 50

static struct media *open_media(const struct media_world *world,
				struct media_options options)
{
	struct media *media;
	struct error err = {0};

	options.base = world->base;
	options.cache_dir = "cache";
	if (options.page_size == 0)
		options.page_size = 5;
	options.max_pages = 200;
	options.concurrency = 4;
	if (options.timeout_ms == 0)
		options.timeout_ms = 20000;
	options.connect_timeout_ms = 5000;
	options.max_bytes = 1 << 20;
	if (options.max_walks == 0)
		options.max_walks = 8;
	media = media_open(&options, &err);
	if (media == NULL)
		fail_msg("%s", err.message);
	return media;
}

#define DEFAULTS ((struct media_options){.index_ttl_s = 30})

static enum media_outcome fetch(struct media *media, const char *id)
{
	struct media_answer answer;

	media_fetch(media, id, &answer);
	media_answer_free(&answer);
	return answer.outcome;
}

static void assert_kept(const char *id, const char *wanted)
{
	struct cache_snapshot snapshot;
	struct cache_entry entry;
	struct cache_body body;
	struct error err = {0};
	char bytes[1000] = "";

	assert_int_equal(
		cache_keep_open("cache", MEDIA_SITE, id, &snapshot, &err), 0);
	assert_int_equal(cache_snapshot_find(&snapshot, id, &entry, &err), 1);
	assert_int_equal(cache_body_open(&snapshot, id, &entry, CACHE_IDENTITY,
					 &body, &err),
			 0);
	assert_true(cache_body_read(&body, 0, bytes, sizeof(bytes) - 1, &err) >
		    0);
	assert_string_equal(bytes, wanted);
	cache_body_close(&body);
	cache_snapshot_close(&snapshot);
}

static unsigned long long kept_count(void)
{
	unsigned long long count;
	struct error err = {0};

	assert_int_equal(cache_keep_count("cache", MEDIA_SITE, &count, &err),
			 0);
	return count;
}

static void a_file_is_fetched_once_and_kept(void **state)
{
	struct media_world world;
	struct media *media;

	(void)state;
	media_world_start(&world, 23);
	media = open_media(&world, DEFAULTS);
	assert_int_equal(fetch(media, "file-7"), MEDIA_KEPT);
	assert_int_equal(fetch(media, "file-7"), MEDIA_KEPT);
	media_close(media);
	media = open_media(&world, DEFAULTS);
	assert_int_equal(fetch(media, "file-7"), MEDIA_KEPT);
	media_close(media);
	media_world_stop(&world);
	assert_int_equal(media_world_count(&world, "/details/"), 1);
	assert_int_equal(media_world_count(&world, "/segments/"), 1);
	assert_int_equal(media_world_count(&world, "offset=0"), 1);
	assert_kept("file-7", "{\"fileId\":\"file-7\","
			      "\"processingStatus\":\"FINISHED\",\"list\":0,"
			      "\"details\":0,\"segments\":["
			      "{\"fileId\":\"file-7\",\"startTime\":1},"
			      "{\"fileId\":\"file-7\",\"startTime\":2}]}");
	media_world_free(&world);
}

struct caller {
	struct media *media;
	char id[32];
	struct media_answer answer;
	pthread_t thread;
};

static void *call(void *context)
{
	struct caller *caller = context;

	media_fetch(caller->media, caller->id, &caller->answer);
	return NULL;
}

static void start_caller(struct caller *caller, struct media *media,
			 const char *id)
{
	caller->media = media;
	snprintf(caller->id, sizeof(caller->id), "%s", id);
	assert_int_equal(pthread_create(&caller->thread, NULL, call, caller),
			 0);
}

static void end_caller(struct caller *caller)
{
	pthread_join(caller->thread, NULL);
	media_answer_free(&caller->answer);
}

static unsigned in_flight(struct media *media)
{
	struct media_numbers numbers;

	media_numbers(media, &numbers);
	return numbers.in_flight;
}

static void wait_for_flights(struct media *media, unsigned count)
{
	while (in_flight(media) != count)
		media_world_pause();
}

static void fifty_callers_of_one_file_cost_one_fetch(void **state)
{
	static struct caller callers[CALLERS];
	struct media_world world;
	struct media *media;
	int i, kept = 0, news = 0;

	(void)state;
	media_world_start(&world, 100);
	world.is_closed = true;
	media = open_media(&world, DEFAULTS);
	for (i = 0; i < CALLERS; i++)
		start_caller(&callers[i], media, "file-40");
	wait_for_flights(media, 1);
	world.is_closed = false;
	for (i = 0; i < CALLERS; i++) {
		end_caller(&callers[i]);
		kept += callers[i].answer.outcome == MEDIA_KEPT;
		news += callers[i].answer.is_new;
	}
	media_close(media);
	media_world_stop(&world);
	assert_int_equal(kept, CALLERS);
	assert_int_equal(news, 1);
	assert_in_range(media_world_count(&world, "/all?"), 9, 9 + 4);
	assert_int_equal(media_world_count(&world, "/details/"), 1);
	assert_int_equal(media_world_count(&world, "/segments/"), 1);
	media_world_free(&world);
}

static void different_files_share_a_walk(void **state)
{
	struct caller callers[4];
	struct media_world world;
	struct media_numbers numbers;
	struct media *media;
	char id[32];
	int i;

	(void)state;
	media_world_start(&world, 100);
	world.is_closed = true;
	media = open_media(&world, DEFAULTS);
	for (i = 0; i < 4; i++) {
		snprintf(id, sizeof(id), "file-%d", i);
		start_caller(&callers[i], media, id);
	}
	wait_for_flights(media, 4);
	world.is_closed = false;
	for (i = 0; i < 4; i++) {
		end_caller(&callers[i]);
		assert_int_equal(callers[i].answer.outcome, MEDIA_KEPT);
		assert_false(callers[i].answer.is_collapsed);
	}
	media_numbers(media, &numbers);
	assert_int_equal(numbers.walks, 1);
	assert_int_equal(numbers.fetched, 4);
	assert_int_equal(numbers.in_flight, 0);
	media_close(media);
	media_world_stop(&world);
	media_world_free(&world);
}

static void beyond_its_limit_it_is_busy_but_not_for_kept_files(void **state)
{
	struct caller callers[2];
	struct media_world world;
	struct media_answer answer;
	struct media *media;

	(void)state;
	media_world_start(&world, 100);
	media = open_media(&world, (struct media_options){.max_walks = 2});
	assert_int_equal(fetch(media, "file-1"), MEDIA_KEPT);
	world.is_closed = true;
	start_caller(&callers[0], media, "file-2");
	start_caller(&callers[1], media, "file-3");
	wait_for_flights(media, 2);
	media_fetch(media, "file-4", &answer);
	assert_int_equal(answer.outcome, MEDIA_BUSY);
	assert_int_equal(answer.retry_after_s, 1);
	assert_int_equal(fetch(media, "file-1"), MEDIA_KEPT);
	world.is_closed = false;
	end_caller(&callers[0]);
	end_caller(&callers[1]);
	assert_int_equal(fetch(media, "file-4"), MEDIA_KEPT);
	media_close(media);
	media_world_stop(&world);
	media_world_free(&world);
}

static void wait_for_walks(struct media *media, unsigned long long count)
{
	struct media_numbers numbers;

	for (media_numbers(media, &numbers); numbers.walks != count;
	     media_numbers(media, &numbers))
		media_world_pause();
}

/* The one that came later has time left for a walk of its own. */
static void a_walk_that_fails_is_not_the_end_for_those_who_joined(void **state)
{
	struct caller first, second;
	struct media_world world;
	struct media *media;

	(void)state;
	media_world_start(&world, 23);
	world.is_closed = true;
	world.bad_target = "offset=0";
	world.bad_times = 1;
	media = open_media(&world, DEFAULTS);
	start_caller(&first, media, "file-1");
	wait_for_walks(media, 1);
	start_caller(&second, media, "file-2");
	wait_for_flights(media, 2);
	world.is_closed = false;
	end_caller(&first);
	end_caller(&second);
	assert_int_equal(first.answer.outcome, MEDIA_FAILED);
	assert_int_equal(second.answer.outcome, MEDIA_KEPT);
	wait_for_walks(media, 2);
	media_close(media);
	media_world_stop(&world);
	media_world_free(&world);
}

static void an_unknown_id_is_remembered_as_unknown(void **state)
{
	struct media_world world;
	struct media_numbers numbers;
	struct media *media;

	(void)state;
	media_world_start(&world, 23);
	media = open_media(&world, DEFAULTS);
	assert_int_equal(fetch(media, "nobody"), MEDIA_UNKNOWN);
	assert_int_equal(fetch(media, "nobody"), MEDIA_UNKNOWN);
	assert_int_equal(fetch(media, "somebody"), MEDIA_UNKNOWN);
	media_numbers(media, &numbers);
	assert_int_equal(numbers.walks, 1);
	assert_int_equal(fetch(media, "file-22"), MEDIA_KEPT);
	media_numbers(media, &numbers);
	assert_int_equal(numbers.walks, 1);
	media_close(media);
	media = open_media(&world, (struct media_options){.index_ttl_s = 0});
	assert_int_equal(fetch(media, "nobody"), MEDIA_UNKNOWN);
	assert_int_equal(fetch(media, "nobody"), MEDIA_UNKNOWN);
	media_numbers(media, &numbers);
	assert_int_equal(numbers.walks, 2);
	media_close(media);
	media_world_stop(&world);
	media_world_free(&world);
}

static void an_unfinished_file_is_seen_to_finish_at_once(void **state)
{
	struct media_world world;
	struct media_answer answer;
	struct media_numbers numbers;
	struct media *media;
	int i;

	(void)state;
	media_world_start(&world, 23);
	world.unfinished_in_list = world.unfinished_in_details = 7;
	media = open_media(&world, (struct media_options){.index_ttl_s = 3600});
	for (i = 0; i < 3; i++) {
		media_fetch(media, "file-7", &answer);
		assert_int_equal(answer.outcome, MEDIA_UNFINISHED);
		assert_string_equal(answer.status, "PROCESSING");
		assert_true(answer.may_finish);
		assert_true(answer.retry_after_s > 0);
		media_answer_free(&answer);
	}
	media_numbers(media, &numbers);
	assert_int_equal(numbers.walks, 1);
	assert_int_equal(kept_count(), 0);
	world.edition = 1;
	world.unfinished_in_list = world.unfinished_in_details = -1;
	assert_int_equal(fetch(media, "file-7"), MEDIA_KEPT);
	media_close(media);
	media_world_stop(&world);
	/* Nothing of what the list said before is mixed in. */
	assert_kept("file-7", "{\"fileId\":\"file-7\","
			      "\"processingStatus\":\"FINISHED\",\"list\":1,"
			      "\"details\":1,\"segments\":["
			      "{\"fileId\":\"file-7\",\"startTime\":1},"
			      "{\"fileId\":\"file-7\",\"startTime\":2}]}");
	media_world_free(&world);
}

static void details_that_say_unfinished_win_over_the_list(void **state)
{
	struct media_world world;
	struct media *media;

	(void)state;
	media_world_start(&world, 23);
	world.unfinished_in_details = 7;
	media = open_media(&world, DEFAULTS);
	assert_int_equal(fetch(media, "file-7"), MEDIA_UNFINISHED);
	assert_int_equal(kept_count(), 0);
	world.unfinished_in_details = -1;
	assert_int_equal(fetch(media, "file-7"), MEDIA_KEPT);
	media_close(media);
	media_world_stop(&world);
	media_world_free(&world);
}

#define HEAD "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"

static void trouble_keeps_nothing_and_makes_the_id_rest(void **state)
{
	static const struct {
		const char *target, *answer;
		int code;
	} cases[] = {
		{"/all?", NULL, EX_UNAVAILABLE},
		{"/all?", HEAD "{}", EX_DATAERR},
		{"/details/", NULL, EX_UNAVAILABLE},
		{"/details/", "HTTP/1.1 404 No\r\nConnection: close\r\n\r\n",
		 EX_UNAVAILABLE},
		{"/details/", HEAD "[]", EX_DATAERR},
		{"/details/", HEAD "{\"fileId\":\"file-8\"}", EX_DATAERR},
		{"/details/", HEAD "{\"fileId\":\"file-7\"", EX_UNAVAILABLE},
		{"/segments/", NULL, EX_UNAVAILABLE},
		{"/segments/", "HTTP/1.1 404 No\r\nConnection: close\r\n\r\n",
		 EX_UNAVAILABLE},
		{"/segments/", HEAD "{}", EX_DATAERR},
		{"/segments/", HEAD "[{\"fileId\":\"file-8\"}]", EX_DATAERR},
		{"/segments/", HEAD "[{\"fileId\":\"file-7\"},",
		 EX_UNAVAILABLE},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct media_world world;
		struct media_answer answer;
		struct media_numbers numbers;
		struct media *media;

		media_world_start(&world, 23);
		world.bad = cases[i].answer;
		world.bad_target = cases[i].target;
		media = open_media(&world, DEFAULTS);
		media_fetch(media, "file-7", &answer);
		assert_int_equal(answer.outcome, MEDIA_FAILED);
		assert_int_equal(answer.retry_after_s, 1);
		if (answer.reason.code != cases[i].code)
			fail_msg("case %zu: %s", i, answer.reason.message);
		media_answer_free(&answer);
		world.bad_target = NULL;
		assert_int_equal(fetch(media, "file-7"), MEDIA_FAILED);
		assert_int_equal(kept_count(), 0);
		assert_int_equal(fetch(media, "file-6"), MEDIA_KEPT);
		assert_int_equal(cache_keep_forget("cache", MEDIA_SITE,
						   "file-6", NULL),
				 1);
		media_numbers(media, &numbers);
		assert_int_equal(numbers.failures, 1);
		assert_true(numbers.last_failure_ms > 0);
		assert_string_equal(numbers.last_error, "");
		media_close(media);
		media_world_stop(&world);
		media_world_free(&world);
	}
}

static void a_silent_upstream_is_too_slow(void **state)
{
	struct media_world world;
	struct media_answer answer;
	struct media *media;

	(void)state;
	media_world_start(&world, 23);
	world.is_closed = true;
	media = open_media(&world, (struct media_options){.timeout_ms = 300});
	media_fetch(media, "file-7", &answer);
	assert_int_equal(answer.outcome, MEDIA_TOO_SLOW);
	assert_true(answer.retry_after_s >= 1);
	media_answer_free(&answer);
	assert_int_equal(fetch(media, "file-7"), MEDIA_TOO_SLOW);
	media_close(media);
	media_world_stop(&world);
	media_world_free(&world);
}

static void what_cannot_be_kept_is_handed_over(void **state)
{
	struct media_world world;
	struct media_answer answer;
	struct media *media;
	int fd = open("cache", O_WRONLY | O_CREAT, 0644);

	(void)state;
	close(fd);
	media_world_start(&world, 23);
	media = open_media(&world, DEFAULTS);
	media_fetch(media, "file-7", &answer);
	assert_int_equal(answer.outcome, MEDIA_UNKEPT);
	assert_int_equal(answer.reason.code, EX_CANTCREAT);
	assert_non_null(strstr(answer.body.data, "\"segments\":[{"));
	media_answer_free(&answer);
	media_close(media);
	media_world_stop(&world);
	media_world_free(&world);
}

static void ids_are_checked_before_anybody_is_asked(void **state)
{
	static const char *const bad[] = {"",    ".",   "..",       "a/b",
					  "a b", "%41", "\xc3\xa4", "a\n",
					  "a?b", "*"};
	static const char *const good[] = {"...", ".a", "-", "_", "A.b-c_9"};
	char longest[MEDIA_MAX_ID_BYTES + 2];
	struct media_world world;
	struct media *media;
	size_t i;

	(void)state;
	media_world_start(&world, 23);
	media = open_media(&world, DEFAULTS);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(fetch(media, bad[i]), MEDIA_BAD_ID);
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(media_is_id(good[i]));
	memset(longest, 'x', sizeof(longest));
	longest[MEDIA_MAX_ID_BYTES + 1] = '\0';
	assert_int_equal(fetch(media, longest), MEDIA_BAD_ID);
	longest[MEDIA_MAX_ID_BYTES] = '\0';
	assert_true(media_is_id(longest));
	media_close(media);
	media_world_stop(&world);
	assert_int_equal(world.server.request_count, 0);
	media_world_free(&world);
}

struct tally {
	int kept, is_new, unfinished, other;
};

static void count_answer(void *context, const char *id,
			 const struct media_answer *answer)
{
	struct tally *tally = context;

	assert_non_null(id);
	tally->is_new += answer->is_new;
	if (answer->outcome == MEDIA_KEPT)
		tally->kept++;
	else if (answer->outcome == MEDIA_UNFINISHED)
		tally->unfinished++;
	else
		tally->other++;
}

static void all_finished_files_are_kept_by_one_walk(void **state)
{
	struct media_world world;
	struct media *media;
	struct tally tally = {0};
	struct error err = {0};

	(void)state;
	media_world_start(&world, 23);
	world.unfinished_in_list = 9;
	world.bad_target = "/details/file-11";
	media = open_media(&world, DEFAULTS);
	assert_int_equal(fetch(media, "file-2"), MEDIA_KEPT);
	assert_int_equal(media_fetch_all(media, count_answer, &tally, &err),
			 21);
	assert_int_equal(tally.kept, 21);
	assert_int_equal(tally.is_new, 20);
	assert_int_equal(tally.unfinished, 1);
	assert_int_equal(tally.other, 1);
	assert_int_equal(kept_count(), 21);
	world.bad_target = "offset=4";
	assert_int_equal(media_fetch_all(media, count_answer, &tally, &err),
			 -1);
	media_close(media);
	media_world_stop(&world);
	assert_int_equal(media_world_count(&world, "offset=3"), 3);
	media_world_free(&world);
}

/* For ThreadSanitizer too: everything at once. */
static void any_mix_of_callers_is_answered_right(void **state)
{
	static struct caller callers[CALLERS];
	struct media_world world;
	struct media *media;
	char id[32];
	int i;

	(void)state;
	media_world_start(&world, 60);
	media = open_media(&world, (struct media_options){.max_walks = 1000,
							  .index_ttl_s = 1});
	for (i = 0; i < CALLERS; i++) {
		snprintf(id, sizeof(id), "file-%d", i * 7 % 80);
		start_caller(&callers[i], media, id);
	}
	for (i = 0; i < CALLERS; i++) {
		end_caller(&callers[i]);
		assert_int_equal(callers[i].answer.outcome,
				 i * 7 % 80 < 60 ? MEDIA_KEPT : MEDIA_UNKNOWN);
	}
	media_close(media);
	media_world_stop(&world);
	media_world_free(&world);
}

int main(void)
{
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, enter_directory, leave_directory)
	const struct CMUnitTest tests[] = {
		TEST(a_file_is_fetched_once_and_kept),
		TEST(fifty_callers_of_one_file_cost_one_fetch),
		TEST(different_files_share_a_walk),
		TEST(beyond_its_limit_it_is_busy_but_not_for_kept_files),
		TEST(a_walk_that_fails_is_not_the_end_for_those_who_joined),
		TEST(an_unknown_id_is_remembered_as_unknown),
		TEST(an_unfinished_file_is_seen_to_finish_at_once),
		TEST(details_that_say_unfinished_win_over_the_list),
		TEST(trouble_keeps_nothing_and_makes_the_id_rest),
		TEST(a_silent_upstream_is_too_slow),
		TEST(what_cannot_be_kept_is_handed_over),
		TEST(ids_are_checked_before_anybody_is_asked),
		TEST(all_finished_files_are_kept_by_one_walk),
		TEST(any_mix_of_callers_is_answered_right),
	};

	return cmocka_run_group_tests_name("media", tests, NULL, NULL);
}
