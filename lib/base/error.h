/*
 * What went wrong, recorded once, where it was found.
 *
 * A function that can fail takes a `struct error *` and returns -1 after it
 * has filled it in; callers hand it on and only main turns it into an exit
 * status or an HTTP status. The message is one sentence for a person, without
 * a full stop, and names what was wrong and what is allowed.
 *
 *	if (fd < 0)
 *		return error_set(err, EX_CANTCREAT, "cannot open %s: %s",
 *				 path, strerror(errno));
 */
#ifndef MARQUEE_BASE_ERROR_H
#define MARQUEE_BASE_ERROR_H

#include <sysexits.h>

/* Longest message kept, in bytes; a longer one ends in an ellipsis. Fixed, so
 * that lack of memory can be reported too. */
#define ERROR_MESSAGE_BYTES 512

struct error {
	int code; /* a status of sysexits.h, 0 while nothing is wrong */
	char message[ERROR_MESSAGE_BYTES];
};

/* Records a failure and returns -1, so that `return error_set(…)` reads well.
 * `err` may be NULL when the caller wants no reason; its old message may be an
 * argument. */
int error_set(struct error *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Puts "context: " before the message already recorded; keeps the code.
 * Returns -1. */
int error_context(struct error *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Records lack of memory (EX_OSERR) and returns -1. */
int error_no_memory(struct error *err);

#endif
