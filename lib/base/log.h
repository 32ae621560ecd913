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

/* A number as a value; lives as long as the calling block. */
#define LOG_INT(n) log_int((char[24]){0}, (long long)(n))
const char *log_int(char text[24], long long number);

#endif
