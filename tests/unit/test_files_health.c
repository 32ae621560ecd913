/* files_health: the media files' entry, from the note of files.fcgi. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "cache/cache_presence.h"
#include "cache_fixture.h"
#include "web/files_health.h"
#include "web_fixture.h"

static void put(const char *note)
{
	struct cache_writer *writer;

	assert_int_equal(cache_writer_open("cache", FILES_SITE, &writer, NULL),
			 0);
	assert_int_equal(cache_writer_put_note(writer, FILES_NOTE, note,
					       strlen(note), NULL),
			 0);
	cache_writer_close(writer);
}

static void assert_report(enum health_state state, const char *expected)
{
	struct buffer out = BUFFER_EMPTY;
	struct json_writer json = JSON_WRITER(&out);

	json_begin_object(&json);
	assert_int_equal(files_health_report("cache", &json), state);
	json_end_object(&json);
	assert_string_equal(out.data, expected);
	buffer_free(&out);
}

static void put_failure(long long seconds_ago)
{
	char note[200];

	snprintf(note, sizeof(note),
		 "upstream=configured\nkept=7\nresult=failed\n"
		 "error=cannot connect to \"host\"\nfailed_ms=%lld\n",
		 clock_wall_ms() - seconds_ago * 1000);
	put(note);
}

static void assert_state(enum health_state state)
{
	struct buffer out = BUFFER_EMPTY;
	struct json_writer json = JSON_WRITER(&out);

	json_begin_object(&json);
	assert_int_equal(files_health_report("cache", &json), state);
	json_end_object(&json);
	buffer_free(&out);
}

static void without_a_note_it_is_disabled(void **state)
{
	(void)state;
	assert_report(HEALTH_DISABLED,
		      "{\"upstream\":null,\"kept\":null,\"started\":null,"
		      "\"last_failure\":null,\"last_error\":null}");
}

static void without_an_upstream_it_is_disabled(void **state)
{
	(void)state;
	put("upstream=none\nstarted=2026-11-21T08:00:00.000Z\n");
	assert_report(HEALTH_DISABLED,
		      "{\"upstream\":\"none\",\"kept\":null,"
		      "\"started\":\"2026-11-21T08:00:00.000Z\","
		      "\"last_failure\":null,\"last_error\":null}");
}

static void when_nothing_was_asked_it_is_ok(void **state)
{
	(void)state;
	put("upstream=configured\nstarted=2026-11-21T08:00:00.000Z\nkept=0\n"
	    "result=ok\n");
	assert_report(HEALTH_OK, "{\"upstream\":\"configured\",\"kept\":0,"
				 "\"started\":\"2026-11-21T08:00:00.000Z\","
				 "\"last_failure\":null,\"last_error\":null}");
}

static void a_failure_is_told_with_its_time(void **state)
{
	(void)state;
	put("upstream=configured\nkept=7\nresult=failed\nfailed_ms=1000\n"
	    "error=cannot connect to \"host\"\n");
	assert_report(HEALTH_OK,
		      "{\"upstream\":\"configured\",\"kept\":7,"
		      "\"started\":null,"
		      "\"last_failure\":\"1970-01-01T00:00:01.000Z\","
		      "\"last_error\":\"cannot connect to \\\"host\\\"\"}");
}

static void only_a_recent_failure_is_degraded(void **state)
{
	(void)state;
	put_failure(0);
	assert_state(HEALTH_DEGRADED);
	put_failure(FILES_FAILURE_RECENT_S - 10);
	assert_state(HEALTH_DEGRADED);
	put_failure(FILES_FAILURE_RECENT_S + 10);
	assert_state(HEALTH_OK);
}

static void a_failure_without_an_upstream_is_not_degraded(void **state)
{
	(void)state;
	put("upstream=none\nresult=failed\nfailed_ms=99999999999999\n");
	assert_state(HEALTH_DISABLED);
}

#define SERVICE "upstream=configured\nruns=service\nkept=7\n"

static void a_service_that_is_gone_is_down(void **state)
{
	struct error err = {0};
	int claim;

	(void)state;
	put(SERVICE "result=ok\n");
	claim = cache_presence_claim("cache", FILES_SITE, FILES_ALIVE, &err);
	assert_true(claim >= 0);
	assert_state(HEALTH_OK);
	close(claim);
	assert_report(HEALTH_DOWN,
		      "{\"upstream\":\"configured\",\"kept\":7,"
		      "\"started\":null,\"last_failure\":null,"
		      "\"last_error\":\"files.fcgi is not running\"}");
	put(SERVICE "result=failed\nfailed_ms=1000\nerror=old\n");
	assert_report(HEALTH_DOWN,
		      "{\"upstream\":\"configured\",\"kept\":7,"
		      "\"started\":null,"
		      "\"last_failure\":\"1970-01-01T00:00:01.000Z\","
		      "\"last_error\":\"files.fcgi is not running\"}");
}

static void a_service_that_was_told_to_end_is_disabled(void **state)
{
	struct error err = {0};
	int claim;

	(void)state;
	put(SERVICE "result=ok\nended=2026-11-21T08:00:00.000Z\n");
	assert_state(HEALTH_DISABLED);
	/* Of two processes one has ended. */
	claim = cache_presence_claim("cache", FILES_SITE, FILES_ALIVE, &err);
	assert_true(claim >= 0);
	assert_state(HEALTH_OK);
	close(claim);
}

static void a_cgi_program_need_not_be_there(void **state)
{
	(void)state;
	put("upstream=configured\nruns=cgi\nkept=1\nresult=ok\n");
	assert_state(HEALTH_OK);
}

int main(void)
{
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, enter_directory, leave_directory)
	const struct CMUnitTest tests[] = {
		TEST(without_a_note_it_is_disabled),
		TEST(without_an_upstream_it_is_disabled),
		TEST(when_nothing_was_asked_it_is_ok),
		TEST(a_failure_is_told_with_its_time),
		TEST(only_a_recent_failure_is_degraded),
		TEST(a_failure_without_an_upstream_is_not_degraded),
		TEST(a_service_that_is_gone_is_down),
		TEST(a_service_that_was_told_to_end_is_disabled),
		TEST(a_cgi_program_need_not_be_there),
	};

	return cmocka_run_group_tests_name("files_health", tests, NULL, NULL);
}
