#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A message cut in the middle would read as if it were whole. */
static void mark_if_cut(char *message, int wanted_bytes)
{
	static const char ellipsis[] = "\xe2\x80\xa6";
	size_t at = ERROR_MESSAGE_BYTES - sizeof(ellipsis);

	if (wanted_bytes < ERROR_MESSAGE_BYTES)
		return;
	while (at > 0 && ((unsigned char)message[at] & 0xc0) == 0x80)
		at--;
	memcpy(message + at, ellipsis, sizeof(ellipsis));
}

int error_set(struct error *err, int code, const char *format, ...)
{
	va_list args;

	if (err == NULL)
		return -1;
	err->code = code;
	va_start(args, format);
	mark_if_cut(err->message, vsnprintf(err->message, sizeof(err->message),
					    format, args));
	va_end(args);
	return -1;
}

int error_context(struct error *err, const char *format, ...)
{
	char context[ERROR_MESSAGE_BYTES];
	char message[ERROR_MESSAGE_BYTES];
	va_list args;

	if (err == NULL)
		return -1;
	va_start(args, format);
	mark_if_cut(context, vsnprintf(context, sizeof(context), format, args));
	va_end(args);
	memcpy(message, err->message, sizeof(message));
	return error_set(err, err->code, "%s: %s", context, message);
}

int error_no_memory(struct error *err)
{
	return error_set(err, EX_OSERR, "out of memory");
}
