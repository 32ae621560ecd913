#include "web/query.h"

#include <string.h>

#include "base/text.h"

/* The value of a hexadecimal digit in either case, or -1. */
static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* Appends `text` decoded. Returns false where it is no text. */
static bool decode(const char *text, size_t length, struct buffer *out)
{
	size_t at;
	int high, low;

	buffer_text(out, ""); /* so that there is data */
	for (at = 0; at < length; at++) {
		if (text[at] == '%') {
			if (length - at < 3)
				return false;
			high = digit_value(text[at + 1]);
			low = digit_value(text[at + 2]);
			if (high < 0 || low < 0)
				return false;
			buffer_char(out, (char)(high * 16 + low));
			at += 2;
		} else {
			buffer_char(out, text[at] == '+' ? ' ' : text[at]);
		}
	}
	return out->has_failed || (text_is_utf8(out->data, out->length) &&
				   !text_has_control(out->data, out->length));
}

static struct web_parameter *find(struct web_parameter *parameters,
				  const char *name, size_t length)
{
	struct web_parameter *at;

	for (at = parameters; at->name != NULL; at++)
		if (strlen(at->name) == length &&
		    memcmp(at->name, name, length) == 0)
			return at;
	return NULL;
}

/* A part is name=value, or a name alone. */
static enum web_query_verdict take(const char *part, size_t length,
				   size_t name_length, struct buffer *name,
				   struct web_parameter *parameters)
{
	size_t skip = name_length < length ? name_length + 1 : length;
	struct web_parameter *parameter;

	if (!decode(part, name_length, name))
		return WEB_QUERY_MALFORMED;
	if (name->has_failed)
		return WEB_QUERY_NO_MEMORY;
	parameter = find(parameters, name->data, name->length);
	if (parameter == NULL)
		return WEB_QUERY_UNKNOWN;
	if (parameter->is_given)
		return WEB_QUERY_REPEATED;
	if (!decode(part + skip, length - skip, &parameter->value))
		return WEB_QUERY_MALFORMED;
	parameter->is_given = true;
	return parameter->value.has_failed ? WEB_QUERY_NO_MEMORY
					   : WEB_QUERY_READ;
}

static enum web_query_verdict read_part(const char *part, size_t length,
					struct web_parameter *parameters,
					struct buffer *unfit)
{
	const char *equals = memchr(part, '=', length);
	size_t name_length = equals != NULL ? (size_t)(equals - part) : length;
	struct buffer name = BUFFER_EMPTY;
	enum web_query_verdict verdict =
		take(part, length, name_length, &name, parameters);

	if (verdict != WEB_QUERY_READ && verdict != WEB_QUERY_NO_MEMORY)
		buffer_append(unfit, part, name_length);
	buffer_free(&name);
	return verdict;
}

enum web_query_verdict web_query_read(const struct web_request *request,
				      struct web_parameter *parameters,
				      struct buffer *unfit)
{
	const char *at = request->query.text;
	const char *end = at + request->query.length;
	enum web_query_verdict verdict = WEB_QUERY_READ;
	const char *stop;

	if (request->is_query_too_long)
		return WEB_QUERY_TOO_LONG;
	while (at < end && verdict == WEB_QUERY_READ) {
		stop = memchr(at, '&', (size_t)(end - at));
		if (stop == NULL)
			stop = end;
		if (stop > at)
			verdict = read_part(at, (size_t)(stop - at), parameters,
					    unfit);
		at = stop < end ? stop + 1 : end;
	}
	return verdict;
}

void web_query_free(struct web_parameter *parameters)
{
	for (; parameters->name != NULL; parameters++)
		buffer_free(&parameters->value);
}
