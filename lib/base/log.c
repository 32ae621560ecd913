#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/hex.h"
#include "base/json_writer.h"

static struct {
	const char *program;
	enum log_level least;
	enum log_format format;
	enum log_sink sink;
	bool is_journal;
	char run[LOG_ID_BYTES]; /* "" none */
} the_log = {"marquee",       LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT,
	     LOG_SINK_STDERR, false,          ""};

/* What the thread works on; "" nothing of its own. */
static _Thread_local char the_request[LOG_ID_BYTES];

static const struct {
	const char *name;
	int priority; /* of syslog(3) */
} levels[] = {
	[LOG_LEVEL_DEBUG] = {"debug", LOG_DEBUG},
	[LOG_LEVEL_INFO] = {"info", LOG_INFO},
	[LOG_LEVEL_WARN] = {"warn", LOG_WARNING},
	[LOG_LEVEL_ERROR] = {"error", LOG_ERR},
};

/* systemd names the journal's socket as device:inode in the environment, so
 * that a redirected stderr is told apart (systemd.exec(5), JOURNAL_STREAM). */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char actual[48];
	struct stat status;

	if (stream == NULL || fstat(STDERR_FILENO, &status) != 0)
		return false;
	snprintf(actual, sizeof(actual), "%llu:%llu",
		 (unsigned long long)status.st_dev,
		 (unsigned long long)status.st_ino);
	return strcmp(stream, actual) == 0;
}

void log_open(const char *program, enum log_level least, enum log_format format,
	      enum log_sink sink)
{
	the_log.program = program;
	the_log.least = least;
	the_log.format = format;
	the_log.sink = sink;
	the_log.is_journal = stderr_is_journal();
	if (sink == LOG_SINK_SYSLOG)
		openlog(program, LOG_PID, LOG_DAEMON);
}

void log_begin_run(void)
{
	unsigned char bytes[16];

	if (getrandom(bytes, sizeof(bytes), 0) == (ssize_t)sizeof(bytes))
		hex_encode(bytes, sizeof(bytes), the_log.run);
}

static bool is_id(const char *text)
{
	size_t length = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz"
				     "0123456789-_.");

	return length > 0 && length < LOG_ID_BYTES && text[length] == '\0';
}

void log_set_request(const char *id)
{
	snprintf(the_request, sizeof(the_request), "%s",
		 id != NULL && is_id(id) ? id : "");
}

const char *log_request(void)
{
	return the_request;
}

const char *log_id(void)
{
	return the_request[0] != '\0' ? the_request : the_log.run;
}

static bool needs_quotes(const char *value)
{
	const unsigned char *c;

	if (*value == '\0')
		return true;
	for (c = (const unsigned char *)value; *c != '\0'; c++)
		if (*c <= ' ' || *c == '"' || *c == '=' || *c == '\\' ||
		    *c >= 0x7f)
			return true;
	return false;
}

/* A logfmt value that needs quotes is written as a JSON string: the readers
 * of logfmt accept its escapes, and it cannot hold a raw newline. */
static void put_pair(struct buffer *line, const char *key, const char *value)
{
	bool is_json = the_log.format == LOG_FORMAT_JSON;

	if (line->length > (is_json ? 1 : 0)) /* 1: the brace */
		buffer_char(line, is_json ? ',' : ' ');
	if (is_json) {
		json_write_string(line, key, strlen(key));
		buffer_char(line, ':');
	} else {
		buffer_text(line, key);
		buffer_char(line, '=');
	}
	if (is_json || needs_quotes(value))
		json_write_string(line, value, strlen(value));
	else
		buffer_text(line, value);
}

/* There is nowhere left to report that stderr is gone. */
static void put_bytes(const char *bytes, size_t length)
{
	ssize_t written;

	do
		written = write(STDERR_FILENO, bytes, length);
	while (written < 0 && errno == EINTR);
}

static int put_line(enum log_level level, const struct buffer *line)
{
	struct buffer out = BUFFER_EMPTY;
	int status = -1;

	if (line->has_failed)
		return -1;
	if (the_log.sink == LOG_SINK_SYSLOG) {
		syslog(levels[level].priority, "%s", line->data);
		return 0;
	}
	if (the_log.is_journal)
		buffer_format(&out, "<%d>", levels[level].priority);
	buffer_append(&out, line->data, line->length);
	buffer_char(&out, '\n');
	if (!out.has_failed) {
		put_bytes(out.data, out.length);
		status = 0;
	}
	buffer_free(&out);
	return status;
}

/* What can be said of an event without any memory. */
static void put_short_line(enum log_level level, const char *message)
{
	const char *name = levels[level].name;
	char line[400], priority[8] = "";
	int length;

	if (the_log.is_journal && the_log.sink == LOG_SINK_STDERR)
		snprintf(priority, sizeof(priority), "<%d>",
			 levels[level].priority);
	if (the_log.format == LOG_FORMAT_JSON)
		length = snprintf(line, sizeof(line),
				  "%s{\"level\":\"%s\",\"program\":\"%s\","
				  "\"msg\":\"%.200s\","
				  "\"cut\":\"out of memory\"}\n",
				  priority, name, the_log.program, message);
	else
		length = snprintf(line, sizeof(line),
				  "%slevel=%s program=%s msg=\"%.200s\" "
				  "cut=\"out of memory\"\n",
				  priority, name, the_log.program, message);
	if (length < 0 || (size_t)length >= sizeof(line))
		return;
	if (the_log.sink == LOG_SINK_SYSLOG)
		syslog(levels[level].priority, "%s", line);
	else
		put_bytes(line, (size_t)length);
}

void log_event(enum log_level level, const char *message, ...)
{
	struct buffer line = BUFFER_EMPTY;
	char now[CLOCK_RFC3339_BYTES];
	const char *key, *value;
	va_list args;

	if (level < the_log.least)
		return;
	if (the_log.format == LOG_FORMAT_JSON)
		buffer_char(&line, '{');
	clock_rfc3339(clock_wall_ms(), now);
	put_pair(&line, "time", now);
	put_pair(&line, "level", levels[level].name);
	put_pair(&line, "program", the_log.program);
	put_pair(&line, "msg", message);
	if (log_id()[0] != '\0')
		put_pair(&line,
			 the_request[0] != '\0' ? "request_id" : "run_id",
			 log_id());
	va_start(args, message);
	while ((key = va_arg(args, const char *)) != NULL) {
		value = va_arg(args, const char *);
		if (value != NULL)
			put_pair(&line, key, value);
	}
	va_end(args);
	if (the_log.format == LOG_FORMAT_JSON)
		buffer_char(&line, '}');
	if (put_line(level, &line) != 0)
		put_short_line(level, message);
	buffer_free(&line);
}

const char *log_int(char text[24], long long number)
{
	snprintf(text, 24, "%lld", number);
	return text;
}
