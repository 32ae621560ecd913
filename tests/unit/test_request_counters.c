/* request_counters: what is counted under which labels, by many threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>

#include "base/clock.h"
#include "web/request_counters.h"
#include "web_fixture.h"

static const struct web_route routes[] = {
	{"/a/?", WEB_GET, NULL, NULL}, {"/b/{}", WEB_GET, NULL, NULL}, {0}};

/* What the counters write; freed by the caller. */
static struct buffer written(const struct request_counters *counters)
{
	struct buffer out = BUFFER_EMPTY;
	struct metrics_writer writer = METRICS_WRITER(&out);

	request_counters_write(counters, &writer);
	assert_false(out.has_failed);
	return out;
}

static void assert_line(const struct request_counters *counters,
			const char *line)
{
	struct buffer out = written(counters), expected = BUFFER_EMPTY;

	buffer_format(&expected, "\n%s\n", line);
	if (strstr(out.data, expected.data) == NULL)
		fail_msg("no \"%s\" in:\n%.700s", line, out.data);
	buffer_free(&expected);
	buffer_free(&out);
}

static struct request_counters *create(void)
{
	struct request_counters *counters =
		request_counters_create("x", routes, NULL);

	assert_non_null(counters);
	return counters;
}

static void count(struct request_counters *counters,
		  const struct web_route *route, enum web_method method,
		  int status)
{
	request_counters_begin(counters);
	request_counters_end(counters, route, method, status);
}

static void nothing_asked_is_no_series_and_no_head(void **state)
{
	struct request_counters *counters = create();
	struct buffer out = written(counters);

	(void)state;
	assert_null(strstr(out.data, "marquee_http_requests_total"));
	assert_line(counters,
		    "marquee_http_requests_in_flight{responder=\"x\"} 0");
	buffer_free(&out);
	request_counters_free(counters);
}

static void each_request_counts_under_its_own_labels(void **state)
{
	static const struct {
		const struct web_route *route;
		enum web_method method;
		int status;
		const char *labels;
	} cases[] = {
		{&routes[0], WEB_GET, 200,
		 "\"/a/?\",method=\"GET\",status=\"200\""},
		{&routes[1], WEB_GET, 200,
		 "\"/b/{}\",method=\"GET\",status=\"200\""},
		{&routes[1], WEB_HEAD, 304,
		 "\"/b/{}\",method=\"HEAD\",status=\"304\""},
		{&routes[1], WEB_POST, 405,
		 "\"/b/{}\",method=\"POST\",status=\"405\""},
		{&routes[1], WEB_PUT, 405,
		 "\"/b/{}\",method=\"PUT\",status=\"405\""},
		{&routes[1], WEB_OTHER_METHOD, 405,
		 "\"/b/{}\",method=\"other\",status=\"405\""},
		{NULL, WEB_GET, 404, "\"other\",method=\"GET\",status=\"404\""},
		{NULL, WEB_OTHER_METHOD, 999,
		 "\"other\",method=\"other\",status=\"other\""},
		{&routes[0], WEB_GET, 0,
		 "\"/a/?\",method=\"GET\",status=\"500\""},
	};
	struct request_counters *counters = create();
	char line[160];
	size_t i, k;

	(void)state;
	for (i = 0; i < COUNT(cases); i++)
		for (k = 0; k <= i; k++)
			count(counters, cases[i].route, cases[i].method,
			      cases[i].status);
	for (i = 0; i < COUNT(cases); i++) {
		snprintf(line, sizeof(line),
			 "marquee_http_requests_total{responder=\"x\",route=%s}"
			 " %zu",
			 cases[i].labels, i + 1);
		assert_line(counters, line);
	}
	request_counters_free(counters);
}

static void every_status_that_is_ever_sent_has_its_name(void **state)
{
	struct request_counters *counters = create();
	char line[160];
	int status;

	(void)state;
	for (status = 100; status < 600; status++) {
		if (*web_status_reason(status) == '\0')
			continue;
		count(counters, NULL, WEB_GET, status);
		snprintf(line, sizeof(line),
			 "marquee_http_requests_total{responder=\"x\",route="
			 "\"other\","
			 "method=\"GET\",status=\"%d\"} 1",
			 status);
		assert_line(counters, line);
	}
	request_counters_free(counters);
}

static void a_request_is_in_flight_until_its_end(void **state)
{
	struct request_counters *counters = create();

	(void)state;
	request_counters_begin(counters);
	request_counters_begin(counters);
	assert_line(counters,
		    "marquee_http_requests_in_flight{responder=\"x\"} 2");
	request_counters_end(counters, NULL, WEB_GET, 404);
	assert_line(counters,
		    "marquee_http_requests_in_flight{responder=\"x\"} 1");
	request_counters_end(counters, NULL, WEB_GET, 404);
	assert_line(counters,
		    "marquee_http_requests_in_flight{responder=\"x\"} 0");
	request_counters_free(counters);
}

static void the_start_is_when_they_were_made(void **state)
{
	static const char name[] =
		"\nmarquee_responder_start_time_seconds{responder=\"x\"} ";
	double before = (double)clock_wall_ms() / 1000, shown;
	struct request_counters *counters = create();
	double after = (double)clock_wall_ms() / 1000;
	struct buffer out = written(counters);
	const char *at = strstr(out.data, name);

	(void)state;
	assert_non_null(at);
	shown = strtod(at + strlen(name), NULL);
	assert_true(shown > before - 0.0005 && shown < after + 0.0005);
	buffer_free(&out);
	request_counters_free(counters);
}

static void the_day_has_what_was_counted_since_the_start(void **state)
{
	struct request_counters *counters = create();
	long long counts[DAY_SLOTS];
	int i;

	(void)state;
	for (i = 0; i < 7; i++)
		count(counters, NULL, WEB_GET, 404);
	request_counters_day(counters, counts);
	for (i = 0; i < DAY_SLOTS - 2; i++)
		assert_int_equal(counts[i], -1);
	/* Ten minutes may have ended meanwhile. */
	assert_int_equal(counts[i + 1] + (counts[i] > 0 ? counts[i] : 0), 7);
	request_counters_free(counters);
}

#define THREADS 8
#define TURNS 20000

static void *count_many(void *counters)
{
	int i;

	for (i = 0; i < TURNS; i++)
		count(counters, &routes[i % 2], WEB_GET, 200);
	return NULL;
}

static void threads_lose_no_count(void **state)
{
	struct request_counters *counters = create();
	pthread_t threads[THREADS];
	long long counts[DAY_SLOTS];
	char line[160];
	size_t i;

	(void)state;
	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, count_many,
						counters),
				 0);
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	snprintf(line, sizeof(line),
		 "marquee_http_requests_total{responder=\"x\",route=\"/b/"
		 "{}\",method=\"GET\","
		 "status=\"200\"} %d",
		 THREADS * TURNS / 2);
	assert_line(counters, line);
	assert_line(counters,
		    "marquee_http_requests_in_flight{responder=\"x\"} 0");
	request_counters_day(counters, counts);
	assert_int_equal(
		counts[DAY_SLOTS - 1] +
			(counts[DAY_SLOTS - 2] > 0 ? counts[DAY_SLOTS - 2] : 0),
		THREADS * TURNS);
	request_counters_free(counters);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_asked_is_no_series_and_no_head),
		cmocka_unit_test(each_request_counts_under_its_own_labels),
		cmocka_unit_test(every_status_that_is_ever_sent_has_its_name),
		cmocka_unit_test(a_request_is_in_flight_until_its_end),
		cmocka_unit_test(the_start_is_when_they_were_made),
		cmocka_unit_test(the_day_has_what_was_counted_since_the_start),
		cmocka_unit_test(threads_lose_no_count),
	};

	return cmocka_run_group_tests_name("request_counters", tests, NULL,
					   NULL);
}
