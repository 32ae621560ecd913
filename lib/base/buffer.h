/*
 * Bytes that grow.
 *
 * Appending never reports: the first failure sticks, later appends do
 * nothing, and one call of buffer_check at the end tells whether everything
 * arrived. So a renderer reads as straight lines and still loses nothing
 * silently.
 *
 *	struct buffer out = BUFFER_EMPTY;
 *
 *	buffer_text(&out, "Hello, ");
 *	buffer_text(&out, name);
 *	if (buffer_check(&out, err) == 0)
 *		use(out.data, out.length);
 *	buffer_free(&out);
 */
#ifndef MARQUEE_BASE_BUFFER_H
#define MARQUEE_BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct buffer {
	char *data;      /* NULL, or NUL-terminated */
	size_t length;   /* bytes, without that NUL */
	size_t capacity; /* bytes allocated */
	bool has_failed;
};

#define BUFFER_EMPTY ((struct buffer){0})

/* `bytes` must lie outside the buffer, which may move. */
void buffer_append(struct buffer *buffer, const void *bytes, size_t length);
void buffer_text(struct buffer *buffer, const char *text);
void buffer_char(struct buffer *buffer, char c);
void buffer_format(struct buffer *buffer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Makes room for `length` bytes more, so that appending them cannot fail.
 * Returns 0, or -1 with the failure remembered in the buffer. */
int buffer_reserve(struct buffer *buffer, size_t length);

/* 0 when every append succeeded; -1 and EX_OSERR otherwise. */
int buffer_check(const struct buffer *buffer, struct error *err);

/* Forgets the content and any failure; keeps the memory for reuse. */
void buffer_clear(struct buffer *buffer);

/* Frees the memory and makes the buffer empty again. */
void buffer_free(struct buffer *buffer);

#endif
