/*
 * The log: one line an event, in the project's one format.
 *
 *	log_event(LOG_LEVEL_INFO, "published", "films", LOG_INT(22),
 *		  "generation", name, NULL);
 *
 * prints, as logfmt (https://brandur.org/logfmt) or as one JSON object a line,
 *
 *	time=2026-11-21T08:00:00.123Z level=info program=fetch-movies
 *	msg=published films=22 generation=3f…
 *
 * Values are escaped: a name from outside cannot forge a line or a field. The
 * log is, with the signal flag, the only global state of the project.
 *
 * What belongs together has an id: a responder's lines about a request have the
 * web server's request_id, a job's lines the run_id that it makes for itself; and
 * whoever is asked over HTTP meanwhile is told it as X-Request-Id (http.h), so
 * that one id leads through all logs.
 */
#ifndef MARQUEE_BASE_LOG_H
#define MARQUEE_BASE_LOG_H

#include <stddef.h>

enum log_level {
	LOG_LEVEL_DEBUG,
	LOG_LEVEL_INFO,
	LOG_LEVEL_WARN,
	LOG_LEVEL_ERROR
};

enum log_format { LOG_FORMAT_LOGFMT, LOG_FORMAT_JSON };

enum log_sink {
	LOG_SINK_STDERR, /* with time and level, or with a journald priority
			    when stderr is the journal (sd-daemon(3)) */
	LOG_SINK_SYSLOG, /* syslog(3): what cron jobs use, so cron mails
			    nothing */
};

/* Until log_open is called: program "marquee", info, logfmt, stderr. `program`
 * is kept, not copied. */
void log_open(const char *program, enum log_level least, enum log_format format,
	      enum log_sink sink);

/* Writes one event: `message` and then pairs of key and value, ended by NULL.
 * A NULL value leaves its pair out. Keys are literals of letters, digits, `_`;
 * `message` is one without quotes, backslashes and controls: where memory is
 * short it is written as it is, with `cut="out of memory"` in place of the rest.
 * Threads may call it at once; a line is written with one write(2). */
void log_event(enum log_level level, const char *message, ...)
	__attribute__((sentinel));

/* Longest id with its NUL. */
#define LOG_ID_BYTES 65

/* This process is a run of its own: `run_id`, 32 random hexadecimal digits,
 * stands in each of its lines. To be called before there is another thread. */
void log_begin_run(void);

/* This thread works on the request of that id: `request_id` stands in its lines,
 * instead of run_id, until it is called with NULL. An id that is not 1 to 64 letters, digits,
 * `-`, `_`, `.` is none: it may be anybody's. */
void log_set_request(const char *id);

/* That id, or "": for another thread that goes on with the request. It holds until
 * this thread calls log_set_request. */
const char *log_request(void);

/* The same, or the run's id. */
const char *log_id(void);

/* A number as a value; lives as long as the calling block. */
#define LOG_INT(n) log_int((char[24]){0}, (long long)(n))
const char *log_int(char text[24], long long number);

#endif
