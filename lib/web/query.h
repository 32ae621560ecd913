/*
 * The parameters of a query, read by a table, as a form sends them
 * (the URL standard's application/x-www-form-urlencoded): name=value between
 * `&`, where %XX stands for a byte and `+` for a space.
 *
 *	struct web_parameter parameters[] = {{"limit"}, {"after"}, {0}};
 *
 *	if (web_query_read(request, parameters, &unfit) == WEB_QUERY_READ)
 *		if (parameters[0].is_given)
 *			use(parameters[0].value.data);
 *	web_query_free(parameters);
 */
#ifndef MARQUEE_WEB_QUERY_H
#define MARQUEE_WEB_QUERY_H

#include <stdbool.h>

#include "base/buffer.h"
#include "web/request.h"

struct web_parameter {
	const char *name; /* NULL ends the table */
	bool is_given;
	/* Decoded: UTF-8 without control characters; its data is never NULL
	 * where the parameter is given. */
	struct buffer value;
};

enum web_query_verdict {
	WEB_QUERY_READ,
	WEB_QUERY_UNKNOWN,   /* a name that is not in the table */
	WEB_QUERY_REPEATED,  /* a name came twice */
	WEB_QUERY_MALFORMED, /* a % that begins no %XX, or what is no text */
	WEB_QUERY_TOO_LONG,  /* more than WEB_QUERY_MAX_BYTES */
	WEB_QUERY_NO_MEMORY
};

/* Reads the whole query into the table. Empty parts (`&&`) are passed over; a
 * name without `=` is given with an empty value. Where the verdict is about one
 * part, its name is appended to `unfit` as it was sent: text from outside.
 * web_query_free is to be called in any case. */
enum web_query_verdict web_query_read(const struct web_request *request,
				      struct web_parameter *parameters,
				      struct buffer *unfit);

void web_query_free(struct web_parameter *parameters);

#endif
