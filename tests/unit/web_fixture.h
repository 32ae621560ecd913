/*
 * What the suites of lib/web share: a request made of CGI variables, and an
 * answer kept as text. Include it after cmocka.h.
 */
#ifndef MARQUEE_TESTS_WEB_FIXTURE_H
#define MARQUEE_TESTS_WEB_FIXTURE_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/count.h"
#include "web/request.h"
#include "web/response.h"

struct exchange {
	struct web_request request;
	struct web_response response;
	struct buffer sent; /* everything, headers and body */
	size_t room;        /* bytes the client takes before it leaves */
	int ends;           /* pieces that were called the last */
	int pieces_after_end;
	char value[1024]; /* see header_of */
};

static inline int keep_bytes(void *context, const void *bytes, size_t length,
			     bool is_end)
{
	struct exchange *exchange = context;

	exchange->pieces_after_end += exchange->ends > 0;
	exchange->ends += is_end;
	if (length > exchange->room)
		return -1;
	exchange->room -= length;
	buffer_append(&exchange->sent, bytes, length);
	return 0;
}

/* `variables` lives as long as the exchange. */
static inline void begin_exchange(struct exchange *exchange,
				  const char *const *variables)
{
	memset(exchange, 0, sizeof(*exchange));
	exchange->room = SIZE_MAX;
	web_request_init(&exchange->request, variables);
	web_response_init(&exchange->response,
			  (struct web_sink){keep_bytes, exchange},
			  exchange->request.method == WEB_HEAD);
}

static inline void end_exchange(struct exchange *exchange)
{
	web_response_free(&exchange->response);
	web_request_free(&exchange->request);
	buffer_free(&exchange->sent);
}

/* The value of a header that was sent, or NULL; valid until the next call. */
static inline const char *header_of(struct exchange *exchange, const char *name)
{
	const char *at = exchange->sent.data;
	size_t name_length = strlen(name), length;

	while (at != NULL && *at != '\0' && *at != '\r') {
		length = strcspn(at, "\r");
		if (strncmp(at, name, name_length) == 0 &&
		    strncmp(at + name_length, ": ", 2) == 0) {
			assert_true(length < sizeof(exchange->value));
			snprintf(exchange->value, sizeof(exchange->value),
				 "%.*s", (int)(length - name_length - 2),
				 at + name_length + 2);
			return exchange->value;
		}
		at += length + 2;
	}
	return NULL;
}

/* Asserts that a header was sent with this value; NULL: that it was not. */
static inline void assert_header(struct exchange *exchange, const char *name,
				 const char *expected)
{
	const char *value = header_of(exchange, name);

	if (expected == NULL ? value != NULL
			     : value == NULL || strcmp(value, expected) != 0)
		fail_msg("%s is \"%s\", not \"%s\"", name,
			 value != NULL ? value : "(absent)",
			 expected != NULL ? expected : "(absent)");
}

/* The body that was sent, "" where there was none. */
static inline const char *body_of(const struct exchange *exchange)
{
	const char *end = exchange->sent.data != NULL
				  ? strstr(exchange->sent.data, "\r\n\r\n")
				  : NULL;

	assert_non_null(end);
	return end + 4;
}

#endif
