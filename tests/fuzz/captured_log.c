#include "captured_log.h"

#include <stdarg.h>

#include "base/buffer.h"

static struct buffer line;

const char *captured_log(void)
{
	return line.length > 0 ? line.data : "";
}

/* Our log passes one text. */
void __wrap_syslog(int priority, const char *format, ...);
void __wrap_syslog(int priority, const char *format, ...)
{
	va_list args;

	(void)priority;
	(void)format;
	buffer_clear(&line);
	va_start(args, format);
	buffer_text(&line, va_arg(args, const char *));
	va_end(args);
}
