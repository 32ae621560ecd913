#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Formats like vsnprintf, but a message cut in the middle, which would read as
 * if it were whole, ends in an ellipsis. */
__attribute__((format(printf, 2, 0))) static void format_message(
	char message[ERROR_MESSAGE_BYTES], const char *format, va_list args)
{
	static const char ellipsis[] = "\xe2\x80\xa6";
	size_t at = ERROR_MESSAGE_BYTES - sizeof(ellipsis);
	size_t first = at - 3; /* a character is four bytes at most */
	int wanted = vsnprintf(message, ERROR_MESSAGE_BYTES, format, args);

	if (wanted < 0)
		snprintf(message, ERROR_MESSAGE_BYTES,
			 "the message could not be written");
	if (wanted < ERROR_MESSAGE_BYTES)
		return;
	while (at > first && ((unsigned char)message[at] & 0xc0) == 0x80)
		at--;
	memcpy(message + at, ellipsis, sizeof(ellipsis));
}

int error_set(struct error *err, int code, const char *format, ...)
{
	char message[ERROR_MESSAGE_BYTES]; /* an argument may be the old one */
	va_list args;

	if (err == NULL)
		return -1;
	va_start(args, format);
	format_message(message, format, args);
	va_end(args);
	err->code = code;
	memcpy(err->message, message, sizeof(message));
	return -1;
}

int error_context(struct error *err, const char *format, ...)
{
	char context[ERROR_MESSAGE_BYTES];
	va_list args;

	if (err == NULL)
		return -1;
	va_start(args, format);
	format_message(context, format, args);
	va_end(args);
	return error_set(err, err->code, "%s: %s", context, err->message);
}

int error_no_memory(struct error *err)
{
	return error_set(err, EX_OSERR, "out of memory");
}
