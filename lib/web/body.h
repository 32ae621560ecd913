/*
 * The body of a request: read whole, up to a limit, before anything is decided
 * by it.
 *
 *	struct buffer body = BUFFER_EMPTY;
 *
 *	switch (web_body_read(request, 65536, &body)) {
 *	case WEB_BODY_READ:
 *		…
 *	}
 *	buffer_free(&body);
 */
#ifndef MARQUEE_WEB_BODY_H
#define MARQUEE_WEB_BODY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "web/request.h"

enum web_body_verdict {
	WEB_BODY_READ,
	WEB_BODY_TOO_LARGE, /* 413; nothing was read */
	WEB_BODY_CUT_SHORT, /* 400: fewer bytes came than Content-Length says */
	WEB_BODY_NO_LENGTH, /* 411: CONTENT_LENGTH is missing or no number */
	WEB_BODY_NO_MEMORY
};

/* Appends the body to `body`, which without WEB_BODY_READ keeps what it had.
 * The length is CONTENT_LENGTH (RFC 3875 §4.1.2); more than that is not read.
 * What nobody reads of a body is the responder's to throw away. */
enum web_body_verdict web_body_read(const struct web_request *request,
				    size_t max_bytes, struct buffer *body);

/* Whether CONTENT_TYPE is `media_type` ("application/json"), in any case, with
 * or without parameters (RFC 9110 §8.3.1); a charset, if one is given, must be
 * utf-8. False where it is malformed. */
bool web_body_is(const struct web_request *request, const char *media_type);

#endif
