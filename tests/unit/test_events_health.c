/* events_health: the event log's entry, from the notes in the cache. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <unistd.h>

#include "base/clock.h"
#include "cache/cache_presence.h"
#include "cache_fixture.h"
#include "web/events_health.h"
#include "web_fixture.h"

static void put(const char *name, const char *note)
{
	struct cache_writer *writer;

	assert_int_equal(cache_writer_open("cache", EVENTS_SITE, &writer, NULL),
			 0);
	assert_int_equal(cache_writer_put_note(writer, name, note, strlen(note),
					       NULL),
			 0);
	cache_writer_close(writer);
}

static void report(enum health_state *state, struct buffer *out)
{
	struct json_writer json = JSON_WRITER(out);

	json_begin_object(&json);
	*state = events_health_report("cache", &json);
	json_end_object(&json);
}

static void assert_report(enum health_state expected, const char *text)
{
	struct buffer out = BUFFER_EMPTY;
	enum health_state state;

	report(&state, &out);
	assert_string_equal(out.data, text);
	assert_int_equal(state, expected);
	buffer_free(&out);
}

#define NOTHING_LAST "\"last_failure\":null,\"last_error\":null}"

static void without_a_note_it_is_disabled(void **state)
{
	(void)state;
	assert_report(HEALTH_DISABLED,
		      "{\"waiting\":null,\"unsent\":null,\"failed\":null,"
		      "\"oldest_age_s\":null,\"queue\":null,\"started\":"
		      "null," NOTHING_LAST);
}

static void the_living_tell_how_many_wait(void **state)
{
	int presence =
		cache_presence_claim("cache", EVENTS_SITE, EVENTS_ALIVE, NULL);

	(void)state;
	put(EVENTS_NOTE, "started=2026-11-21T08:00:00.000Z\nqueue=embedded\n"
			 "waiting=0\nunsent=0\nfailed=3\noldest_ms=0\n"
			 "result=ok\n");
	assert_report(HEALTH_OK,
		      "{\"waiting\":0,\"unsent\":0,\"failed\":3,"
		      "\"oldest_age_s\":null,\"queue\":\"embedded\","
		      "\"started\":\"2026-11-21T08:00:00.000Z\"," NOTHING_LAST);
	close(presence);
}

static void the_last_word_of_the_dead_is_no_health(void **state)
{
	(void)state;
	put(EVENTS_NOTE, "queue=embedded\nwaiting=2\nunsent=1\nfailed=0\n"
			 "oldest_ms=0\nresult=ok\n");
	assert_report(HEALTH_DOWN,
		      "{\"waiting\":2,\"unsent\":1,\"failed\":0,"
		      "\"oldest_age_s\":null,\"queue\":\"embedded\","
		      "\"started\":null,\"last_failure\":null,"
		      "\"last_error\":\"events.fcgi does not run\"}");
}

static const char relay_failed[] =
	"result=failed\nerror=no broker\nfailed_ms=1000\n";

/* How long ago its oldest event came and its last change failed (-1: never),
 * and what that is. */
static void each_trouble_degrades_while_it_lasts(void **state)
{
	static const struct {
		const char *queue, *relay;
		long long oldest_s, failed_s;
		enum health_state state;
		const char *error;
	} cases[] = {
		{"embedded", "", 0, -1, HEALTH_OK, "null"},
		{"embedded", "", EVENTS_WAIT_MAX_S - 30, -1, HEALTH_OK, "null"},
		{"embedded", "", EVENTS_WAIT_MAX_S + 2, -1, HEALTH_DEGRADED,
		 "null"},
		{"embedded", "", -3600, -1, HEALTH_OK, "null"},
		{"embedded", "", 0, 0, HEALTH_DEGRADED, "\"full\""},
		{"embedded", "", 0, EVENTS_FAILURE_RECENT_S - 100,
		 HEALTH_DEGRADED, "\"full\""},
		{"embedded", "", 0, EVENTS_FAILURE_RECENT_S + 2, HEALTH_OK,
		 "\"full\""},
		{"embedded", relay_failed, 0, -1, HEALTH_OK, "null"},
		{"rabbitmq", "result=ok\n", 0, -1, HEALTH_OK, "null"},
		{"rabbitmq", relay_failed, 0, -1, HEALTH_DEGRADED,
		 "\"no broker\""},
		{"rabbitmq", relay_failed, 0, 0, HEALTH_DEGRADED, "\"full\""},
		{"rabbitmq", relay_failed, 0, EVENTS_FAILURE_RECENT_S + 2,
		 HEALTH_DEGRADED, "\"no broker\""},
	};
	int presence =
		cache_presence_claim("cache", EVENTS_SITE, EVENTS_ALIVE, NULL);
	long long now_ms = clock_wall_ms();
	struct buffer out;
	char note[400], error[64];
	enum health_state seen;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		snprintf(note, sizeof(note),
			 "queue=%s\nwaiting=1\noldest_ms=%lld\nresult=%s\n"
			 "error=full\nfailed_ms=%lld\n",
			 cases[i].queue, now_ms - cases[i].oldest_s * 1000,
			 cases[i].failed_s < 0 ? "ok" : "failed",
			 now_ms - cases[i].failed_s * 1000);
		put(EVENTS_NOTE, note);
		put(EVENTS_RELAY_NOTE, cases[i].relay);
		out = BUFFER_EMPTY;
		report(&seen, &out);
		snprintf(error, sizeof(error), "\"last_error\":%s}",
			 cases[i].error);
		if (seen != cases[i].state || strstr(out.data, error) == NULL)
			fail_msg("case %zu: %d, %s", i, (int)seen, out.data);
		buffer_free(&out);
	}
	close(presence);
}

static void hostile_notes_are_no_numbers(void **state)
{
	int presence =
		cache_presence_claim("cache", EVENTS_SITE, EVENTS_ALIVE, NULL);

	(void)state;
	put(EVENTS_NOTE, "waiting=many\nunsent=-1\nfailed=\n"
			 "oldest_ms=99999999999999999999\nqueue=\"\n"
			 "result=failed\nfailed_ms=x\n");
	assert_report(HEALTH_OK,
		      "{\"waiting\":null,\"unsent\":null,\"failed\":null,"
		      "\"oldest_age_s\":null,\"queue\":\"\\\"\","
		      "\"started\":null," NOTHING_LAST);
	close(presence);
}

int main(void)
{
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, enter_directory, leave_directory)
	const struct CMUnitTest tests[] = {
		TEST(without_a_note_it_is_disabled),
		TEST(the_living_tell_how_many_wait),
		TEST(the_last_word_of_the_dead_is_no_health),
		TEST(each_trouble_degrades_while_it_lasts),
		TEST(hostile_notes_are_no_numbers),
	};

	return cmocka_run_group_tests_name("events_health", tests, NULL, NULL);
}
