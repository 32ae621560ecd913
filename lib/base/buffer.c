#include "base/buffer.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a formatted text mostly takes. */
#define FORMAT_ROOM 63

int buffer_reserve(struct buffer *buffer, size_t length)
{
	size_t wanted, capacity;
	char *data;

	if (buffer->has_failed)
		return -1;
	if (length >= SIZE_MAX / 2 - buffer->length) {
		buffer->has_failed = true;
		return -1;
	}
	wanted = buffer->length + length + 1;
	if (wanted <= buffer->capacity)
		return 0;
	capacity = buffer->capacity != 0 ? buffer->capacity : 64;
	while (capacity < wanted)
		capacity *= 2;
	data = realloc(buffer->data, capacity);
	if (data == NULL) {
		buffer->has_failed = true;
		return -1;
	}
	buffer->data = data;
	buffer->data[buffer->length] = '\0';
	buffer->capacity = capacity;
	return 0;
}

void buffer_append(struct buffer *buffer, const void *bytes, size_t length)
{
	if (buffer_reserve(buffer, length) != 0)
		return;
	if (length != 0)
		memcpy(buffer->data + buffer->length, bytes, length);
	buffer->length += length;
	buffer->data[buffer->length] = '\0';
}

void buffer_text(struct buffer *buffer, const char *text)
{
	buffer_append(buffer, text, strlen(text));
}

void buffer_char(struct buffer *buffer, char c)
{
	if (buffer_reserve(buffer, 1) != 0)
		return;
	buffer->data[buffer->length++] = c;
	buffer->data[buffer->length] = '\0';
}

void buffer_format(struct buffer *buffer, const char *format, ...)
{
	va_list args, again;
	size_t room;
	int length;

	/* Mostly there is room enough already. */
	if (buffer_reserve(buffer, FORMAT_ROOM) != 0)
		return;
	room = buffer->capacity - buffer->length;
	va_start(args, format);
	va_copy(again, args);
	length = vsnprintf(buffer->data + buffer->length, room, format, args);
	va_end(args);
	if (length < 0)
		buffer->has_failed = true;
	else if ((size_t)length >= room &&
		 buffer_reserve(buffer, (size_t)length) == 0)
		vsnprintf(buffer->data + buffer->length, (size_t)length + 1,
			  format, again);
	if (buffer->has_failed)
		buffer->data[buffer->length] = '\0';
	else
		buffer->length += (size_t)length;
	va_end(again);
}

int buffer_check(const struct buffer *buffer, struct error *err)
{
	return buffer->has_failed ? error_no_memory(err) : 0;
}

void buffer_clear(struct buffer *buffer)
{
	buffer->length = 0;
	buffer->has_failed = false;
	if (buffer->data != NULL)
		buffer->data[0] = '\0';
}

void buffer_free(struct buffer *buffer)
{
	free(buffer->data);
	*buffer = BUFFER_EMPTY;
}
