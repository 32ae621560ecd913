/* log: one line an event, which no value can forge. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/time.h>

#include "base/log.h"
#include "base_fixture.h"

/* What a line says after its time, which is taken off; the caller frees it. */
static struct buffer without_time(struct buffer line)
{
	struct buffer rest = BUFFER_EMPTY;
	const char *level = strstr(line.data, "level");

	assert_non_null(level);
	buffer_text(&rest, line.data[0] == '{' ? level - 1 : level);
	buffer_free(&line);
	return rest;
}

/* One event with one value. */
static struct buffer logged(enum log_format format, const char *value)
{
	struct capture capture;

	log_open("test", LOG_LEVEL_INFO, format, LOG_SINK_STDERR);
	capture = capture_begin(STDERR_FILENO);
	log_event(LOG_LEVEL_INFO, "hello", "name", value, "last", "1", NULL);
	return without_time(capture_end(capture));
}

static const struct {
	const char *value;
	const char *logfmt;
	const char *json;
} values[] = {
	{"Totoro", "Totoro", "\"Totoro\""},
	{"", "\"\"", "\"\""},
	{"a b", "\"a b\"", "\"a b\""},
	{"a=b", "\"a=b\"", "\"a=b\""},
	{"\"", "\"\\\"\"", "\"\\\"\""},
	{"\\", "\"\\\\\"", "\"\\\\\""},
	{"x level=error", "\"x level=error\"", "\"x level=error\""},
	{"x\nlevel=error", "\"x\\nlevel=error\"", "\"x\\nlevel=error\""},
	{"x\"} {\"y", "\"x\\\"} {\\\"y\"", "\"x\\\"} {\\\"y\""},
	{"\r\t\x01\x1b[31m\x7f", "\"\\r\\t\\u0001\\u001b[31m\\u007f\"",
	 "\"\\r\\t\\u0001\\u001b[31m\\u007f\""},
	{"\xc2\x85\xe2\x80\xa8\xc2\x9b", "\"\\u0085\\u2028\\u009b\"",
	 "\"\\u0085\\u2028\\u009b\""},
	{"\xe3\x81\x82", "\"\xe3\x81\x82\"", "\"\xe3\x81\x82\""},
	{"a\xff", "\"a\xef\xbf\xbd\"", "\"a\xef\xbf\xbd\""},
	{",;'|{}[]:/?#%<>", ",;'|{}[]:/?#%<>", "\",;'|{}[]:/?#%<>\""},
};

static void a_logfmt_value_forges_no_line_and_no_field(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(values); i++) {
		struct buffer line = logged(LOG_FORMAT_LOGFMT, values[i].value);
		struct buffer expected = BUFFER_EMPTY;

		buffer_format(&expected,
			      "level=info program=test msg=hello name=%s "
			      "last=1\n",
			      values[i].logfmt);
		assert_string_equal(line.data, expected.data);
		buffer_free(&line);
		buffer_free(&expected);
	}
}

static void a_json_value_forges_no_line_and_no_field(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(values); i++) {
		struct buffer line = logged(LOG_FORMAT_JSON, values[i].value);
		struct buffer expected = BUFFER_EMPTY;

		buffer_format(&expected,
			      "\"level\":\"info\",\"program\":\"test\","
			      "\"msg\":\"hello\",\"name\":%s,\"last\":\"1\"}\n",
			      values[i].json);
		assert_string_equal(line.data, expected.data);
		buffer_free(&line);
		buffer_free(&expected);
	}
}

static void the_message_is_escaped_like_a_value(void **state)
{
	struct capture capture;
	struct buffer line;

	(void)state;
	log_open("test", LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT, LOG_SINK_STDERR);
	capture = capture_begin(STDERR_FILENO);
	log_event(LOG_LEVEL_WARN, "two\nlines", NULL);
	line = without_time(capture_end(capture));
	assert_string_equal(line.data,
			    "level=warn program=test msg=\"two\\nlines\"\n");
	buffer_free(&line);
}

/* A value that ended in a brace ran into the next field. */
static void regress_a_brace_swallowed_the_next_field(void **state)
{
	struct buffer line = logged(LOG_FORMAT_LOGFMT, "{");

	(void)state;
	assert_string_equal(
		line.data, "level=info program=test msg=hello name={ last=1\n");
	buffer_free(&line);
}

static void a_null_value_leaves_its_pair_out(void **state)
{
	struct buffer line = logged(LOG_FORMAT_LOGFMT, NULL);

	(void)state;
	assert_string_equal(line.data,
			    "level=info program=test msg=hello last=1\n");
	buffer_free(&line);
	line = logged(LOG_FORMAT_JSON, NULL);
	assert_string_equal(line.data,
			    "\"level\":\"info\",\"program\":\"test\","
			    "\"msg\":\"hello\",\"last\":\"1\"}\n");
	buffer_free(&line);
}

static void a_line_begins_with_its_time(void **state)
{
	static const struct {
		enum log_format format;
		const char *start, *then;
	} cases[] = {
		{LOG_FORMAT_LOGFMT, "time=2", "Z level=info "},
		{LOG_FORMAT_JSON, "{\"time\":\"2", "Z\",\"level\":\"info\","},
	};
	struct capture capture;
	struct buffer line;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		log_open("test", LOG_LEVEL_INFO, cases[i].format,
			 LOG_SINK_STDERR);
		capture = capture_begin(STDERR_FILENO);
		log_event(LOG_LEVEL_INFO, "hello", NULL);
		line = capture_end(capture);
		assert_memory_equal(line.data, cases[i].start,
				    strlen(cases[i].start));
		assert_holds(line.data, cases[i].then);
		buffer_free(&line);
	}
}

static void events_below_the_least_level_are_left_out(void **state)
{
	static const char *const names[] = {"debug", "info", "warn", "error"};
	enum log_level least, level;
	struct capture capture;
	struct buffer lines;
	char expected[16];

	(void)state;
	for (least = LOG_LEVEL_DEBUG; least <= LOG_LEVEL_ERROR; least++) {
		log_open("test", least, LOG_FORMAT_LOGFMT, LOG_SINK_STDERR);
		capture = capture_begin(STDERR_FILENO);
		for (level = LOG_LEVEL_DEBUG; level <= LOG_LEVEL_ERROR; level++)
			log_event(level, names[level], NULL);
		lines = capture_end(capture);
		for (level = LOG_LEVEL_DEBUG; level <= LOG_LEVEL_ERROR;
		     level++) {
			snprintf(expected, sizeof(expected), "level=%s ",
				 names[level]);
			if (level < least)
				assert_lacks(lines.data, expected);
			else
				assert_holds(lines.data, expected);
		}
		buffer_free(&lines);
	}
}

static void numbers_are_written_to_the_last_digit(void **state)
{
	(void)state;
	assert_string_equal(LOG_INT(0), "0");
	assert_string_equal(LOG_INT(LLONG_MIN), "-9223372036854775808");
	assert_string_equal(LOG_INT(LLONG_MAX), "9223372036854775807");
}

static void a_value_of_any_length_is_one_line(void **state)
{
	char *value = malloc(100001);
	struct buffer line;

	(void)state;
	assert_non_null(value);
	memset(value, 'x', 100000);
	value[100000] = '\0';
	line = logged(LOG_FORMAT_LOGFMT, value);
	assert_true(line.length > 100000);
	assert_ptr_equal(strchr(line.data, '\n'), line.data + line.length - 1);
	free(value);
	buffer_free(&line);
}

/* JOURNAL_STREAM names stderr as device and inode; `shift` makes it another
 * one, and `tail` is what stands behind it. */
static struct buffer logged_with_journal(unsigned shift, const char *tail,
					 enum log_level level)
{
	struct capture capture = capture_begin(STDERR_FILENO);
	struct stat status;
	char stream[64];

	if (fstat(STDERR_FILENO, &status) != 0)
		abort();
	snprintf(stream, sizeof(stream), "%llu:%llu%s",
		 (unsigned long long)status.st_dev,
		 (unsigned long long)status.st_ino + shift, tail);
	setenv("JOURNAL_STREAM", stream, 1);
	log_open("test", LOG_LEVEL_DEBUG, LOG_FORMAT_LOGFMT, LOG_SINK_STDERR);
	log_event(level, "hello", NULL);
	unsetenv("JOURNAL_STREAM");
	log_open("test", LOG_LEVEL_DEBUG, LOG_FORMAT_LOGFMT, LOG_SINK_STDERR);
	return capture_end(capture);
}

static void the_journal_gets_a_priority_and_nobody_else(void **state)
{
	static const struct {
		unsigned shift;
		const char *tail;
		enum log_level level;
		const char *start;
	} cases[] = {
		{0, "", LOG_LEVEL_DEBUG, "<7>time="},
		{0, "", LOG_LEVEL_INFO, "<6>time="},
		{0, "", LOG_LEVEL_WARN, "<4>time="},
		{0, "", LOG_LEVEL_ERROR, "<3>time="},
		{1, "", LOG_LEVEL_INFO, "time="},
		{0, "0", LOG_LEVEL_INFO, "time="},
		{0, " ", LOG_LEVEL_INFO, "time="},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct buffer line = logged_with_journal(
			cases[i].shift, cases[i].tail, cases[i].level);

		if (strncmp(line.data, cases[i].start,
			    strlen(cases[i].start)) != 0)
			fail_msg("case %zu: %s", i, line.data);
		buffer_free(&line);
	}
}

#define THREADS 4
#define LINES_EACH 200

/* The id that a line has, with its key. */
static struct buffer id_of_a_line(void)
{
	struct buffer line = logged(LOG_FORMAT_LOGFMT, "x"), id = BUFFER_EMPTY;
	const char *start = strstr(line.data, "msg=hello ");
	const char *stop = strstr(line.data, "name=x");

	assert_non_null(start);
	assert_non_null(stop);
	start += strlen("msg=hello ");
	buffer_append(&id, start, (size_t)(stop - start));
	buffer_free(&line);
	return id;
}

static void assert_id(const char *expected)
{
	struct buffer id = id_of_a_line();

	assert_string_equal(id.data != NULL ? id.data : "", expected);
	buffer_free(&id);
}

#define ID_64 "abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXY_0123456789."

static void a_request_s_id_is_in_its_lines_until_its_end(void **state)
{
	(void)state;
	assert_id("");
	assert_string_equal(log_id(), "");
	log_set_request("r-1");
	assert_id("request_id=r-1 ");
	assert_string_equal(log_id(), "r-1");
	assert_string_equal(log_request(), "r-1");
	log_set_request(ID_64);
	assert_id("request_id=" ID_64 " ");
	log_set_request(NULL);
	assert_id("");
}

static void what_is_no_id_is_none(void **state)
{
	static const char *const texts[] = {
		"",          " ",   "a b",          "a\nb",
		"a\r\nb: c", "a\"", "\xe3\x81\x82", "a=b",
		ID_64 "1",   "a,b", "a:b"};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(texts); i++) {
		log_set_request("before");
		log_set_request(texts[i]);
		assert_id("");
		assert_string_equal(log_id(), "");
	}
}

static void *look_at_the_id(void *context)
{
	snprintf(context, LOG_ID_BYTES, "%s", log_id());
	log_set_request("of-another");
	return NULL;
}

static void a_request_is_its_thread_s_alone(void **state)
{
	char seen[LOG_ID_BYTES] = "?";
	pthread_t thread;

	(void)state;
	log_set_request("mine");
	assert_int_equal(pthread_create(&thread, NULL, look_at_the_id, seen),
			 0);
	pthread_join(thread, NULL);
	assert_string_equal(seen, "");
	assert_string_equal(log_id(), "mine");
	log_set_request(NULL);
}

/* The last but one: from then on there is a run. */
static void a_run_has_an_id_that_a_request_s_goes_before(void **state)
{
	char run[LOG_ID_BYTES], seen[LOG_ID_BYTES], expected[128];
	pthread_t thread;

	(void)state;
	log_begin_run();
	snprintf(run, sizeof(run), "%s", log_id());
	assert_int_equal(strlen(run), 32);
	assert_int_equal(strspn(run, "0123456789abcdef"), 32);
	assert_string_equal(log_request(), "");
	snprintf(expected, sizeof(expected), "run_id=%s ", run);
	assert_id(expected);
	assert_int_equal(pthread_create(&thread, NULL, look_at_the_id, seen),
			 0);
	pthread_join(thread, NULL);
	assert_string_equal(seen, run);
	log_set_request("r-1");
	assert_id("request_id=r-1 ");
	log_set_request(NULL);
	assert_id(expected);
	log_begin_run();
	assert_string_not_equal(log_id(), run);
}

static void *log_many(void *context)
{
	int i;

	for (i = 0; i < LINES_EACH; i++)
		log_event(LOG_LEVEL_INFO, "hello", "thread", context, NULL);
	return NULL;
}

static void lines_of_threads_do_not_mix(void **state)
{
	static char names[THREADS][5] = {"aaaa", "bbbb", "cccc", "dddd"};
	pthread_t threads[THREADS];
	struct capture capture;
	struct buffer lines;
	char *line, *rest;
	int i, count = 0, started = 0;

	(void)state;
	log_open("test", LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT, LOG_SINK_STDERR);
	capture = capture_begin(STDERR_FILENO);
	for (i = 0; i < THREADS; i++)
		started += pthread_create(&threads[i], NULL, log_many,
					  names[i]) == 0;
	for (i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	lines = capture_end(capture);
	assert_int_equal(started, THREADS);
	for (line = strtok_r(lines.data, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest), count++) {
		const char *thread = strstr(line, " msg=hello thread=");

		assert_non_null(thread);
		assert_memory_equal(line, "time=", 5);
		assert_int_equal(strlen(thread),
				 strlen(" msg=hello thread=") + 4);
	}
	assert_int_equal(count, THREADS * LINES_EACH);
	buffer_free(&lines);
}

static int the_pipe[2];

static void drain(int number)
{
	char block[4096];
	ssize_t got = read(the_pipe[0], block, sizeof(block));

	(void)number;
	(void)got;
}

/* A signal during write(2) lost the line. */
static void regress_a_signal_lost_a_line(void **state)
{
	struct sigaction action = {.sa_handler = drain}; /* no restart */
	struct itimerval once = {{0, 0}, {0, 20000}};
	char full[4096], block[4096] = {0};
	int saved = dup(STDERR_FILENO);
	ssize_t put, got;

	(void)state;
	assert_int_equal(pipe2(the_pipe, O_CLOEXEC), 0);
	assert_int_equal(fcntl(the_pipe[1], F_SETPIPE_SZ, 4096), 4096);
	memset(full, 'x', sizeof(full));
	put = write(the_pipe[1], full, sizeof(full));
	assert_int_equal(put, sizeof(full));
	log_open("test", LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT, LOG_SINK_STDERR);
	sigaction(SIGALRM, &action, NULL);
	dup2(the_pipe[1], STDERR_FILENO);
	setitimer(ITIMER_REAL, &once, NULL);
	log_event(LOG_LEVEL_INFO, "kept", NULL);
	dup2(saved, STDERR_FILENO);
	close(saved);
	signal(SIGALRM, SIG_DFL);
	close(the_pipe[1]);
	got = read(the_pipe[0], block, sizeof(block) - 1);
	close(the_pipe[0]);
	assert_true(got > 0);
	assert_holds(block, "msg=kept\n");
}

static void a_stderr_that_is_closed_harms_nobody(void **state)
{
	int saved = dup(STDERR_FILENO);

	(void)state;
	log_open("test", LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT, LOG_SINK_STDERR);
	close(STDERR_FILENO);
	log_event(LOG_LEVEL_INFO, "lost", NULL);
	assert_int_equal(dup2(saved, STDERR_FILENO), STDERR_FILENO);
	close(saved);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_logfmt_value_forges_no_line_and_no_field),
		cmocka_unit_test(a_json_value_forges_no_line_and_no_field),
		cmocka_unit_test(the_message_is_escaped_like_a_value),
		cmocka_unit_test(regress_a_brace_swallowed_the_next_field),
		cmocka_unit_test(a_null_value_leaves_its_pair_out),
		cmocka_unit_test(a_line_begins_with_its_time),
		cmocka_unit_test(events_below_the_least_level_are_left_out),
		cmocka_unit_test(numbers_are_written_to_the_last_digit),
		cmocka_unit_test(a_value_of_any_length_is_one_line),
		cmocka_unit_test(the_journal_gets_a_priority_and_nobody_else),
		cmocka_unit_test(lines_of_threads_do_not_mix),
		cmocka_unit_test(regress_a_signal_lost_a_line),
		cmocka_unit_test(a_request_s_id_is_in_its_lines_until_its_end),
		cmocka_unit_test(what_is_no_id_is_none),
		cmocka_unit_test(a_request_is_its_thread_s_alone),
		cmocka_unit_test(a_run_has_an_id_that_a_request_s_goes_before),
		cmocka_unit_test(a_stderr_that_is_closed_harms_nobody),
	};

	unsetenv("JOURNAL_STREAM");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
