/*
 * The content of a FastCGI answer as records (FastCGI Specification 1.0, sections
 * 3.3 and 5.3), each piece of it with one system call, the headers with the
 * first piece of the body, the end of the request with the last one.
 *
 * libfcgi sends every 8 KiB by itself. Whoever kills a process in between leaves
 * half an answer, of which nginx has handed on the beginning and for which it
 * can ask nobody else any more. An answer of one piece has reached the web
 * server whole, or not at all.
 *
 *	struct fastcgi_output output = {.fd = fd, .request_id = 1};
 *
 *	fastcgi_output_write(&output, headers, 100, false);	kept
 *	fastcgi_output_write(&output, body, 900, true);		both are sent
 *	fastcgi_output_finish(&output);
 */
#ifndef MARQUEE_WEB_FASTCGI_OUTPUT_H
#define MARQUEE_WEB_FASTCGI_OUTPUT_H

#include <stdbool.h>

#include "base/buffer.h"

struct fastcgi_output {
	int fd; /* of the connection; the caller's */
	int request_id;
	bool has_begun; /* something was sent */
	bool has_ended; /* the end of the request was */
	bool is_broken; /* something could not be */
	struct buffer kept;
};

/* `is_end`: these are the last bytes, and the end of the request goes with
 * them. Returns 0, or -1 where the peer has left or memory is short. */
int fastcgi_output_write(struct fastcgi_output *output, const void *bytes,
			 size_t length, bool is_end);

/* Sends what was kept, of an answer without a body, and frees what is taken.
 * The end of the request is the caller's unless it has_ended. Returns as fastcgi_output_write does,
 * -1 also where that has failed before. */
int fastcgi_output_finish(struct fastcgi_output *output);

#endif
