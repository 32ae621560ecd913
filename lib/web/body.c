#include "web/body.h"

#include <string.h>
#include <strings.h>

#include "base/text.h"

/* The digits of a number that is too large for `length` still make one. */
static bool is_digits(const char *text)
{
	return *text != '\0' && text[strspn(text, "0123456789")] == '\0';
}

static enum web_body_verdict read_length(const struct web_request *request,
					 size_t max_bytes, size_t *length)
{
	const char *text = web_request_variable(request, "CONTENT_LENGTH");
	long long number;

	if (text == NULL || !is_digits(text))
		return WEB_BODY_NO_LENGTH;
	if (text_number(text, strlen(text), &number) != 0 ||
	    (unsigned long long)number > max_bytes)
		return WEB_BODY_TOO_LARGE;
	*length = (size_t)number;
	return WEB_BODY_READ;
}

enum web_body_verdict web_body_read(const struct web_request *request,
				    size_t max_bytes, struct buffer *body)
{
	const struct web_source *source = &request->source;
	enum web_body_verdict verdict;
	size_t length, at = 0;
	long count = 1;
	char *room;

	verdict = read_length(request, max_bytes, &length);
	if (verdict != WEB_BODY_READ || length == 0)
		return verdict;
	if (source->read == NULL)
		return WEB_BODY_CUT_SHORT;
	if (buffer_reserve(body, length) != 0)
		return WEB_BODY_NO_MEMORY;
	room = body->data + body->length;
	while (count > 0 && at < length) {
		count = source->read(source->context, room + at, length - at);
		at += count > 0 ? (size_t)count : 0;
	}
	if (at == length)
		body->length += length;
	body->data[body->length] = '\0';
	return at == length ? WEB_BODY_READ : WEB_BODY_CUT_SHORT;
}

/* RFC 9110 §5.6.2. */
static size_t token_bytes(const char *text)
{
	return strspn(text, "!#$%&'*+-.^_`|~0123456789"
			    "abcdefghijklmnopqrstuvwxyz"
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
}

static const char *skip_spaces(const char *text)
{
	return text + strspn(text, " \t");
}

/* A quoted string (RFC 9110 §5.6.4), its quotes included; 0 where it does not
 * end. */
static size_t quoted_bytes(const char *text)
{
	size_t at = 1;

	while (text[at] != '"') {
		if (text[at] == '\\')
			at++;
		if (text[at] == '\0')
			return 0;
		at++;
	}
	return at + 1;
}

static bool span_is(const char *text, size_t length, const char *expected)
{
	return length == strlen(expected) &&
	       strncasecmp(text, expected, length) == 0;
}

/* Steps over `name=value`; NULL where it is malformed or names a charset other
 * than UTF-8. */
static const char *skip_parameter(const char *text)
{
	size_t name_bytes = token_bytes(text), value_bytes;
	const char *value = text + name_bytes + 1;

	if (name_bytes == 0 || text[name_bytes] != '=')
		return NULL;
	value_bytes = *value == '"' ? quoted_bytes(value) : token_bytes(value);
	if (value_bytes == 0)
		return NULL;
	if (span_is(text, name_bytes, "charset") &&
	    !span_is(value, value_bytes, "utf-8") &&
	    !span_is(value, value_bytes, "\"utf-8\""))
		return NULL;
	return value + value_bytes;
}

bool web_body_is(const struct web_request *request, const char *media_type)
{
	const char *at = web_request_header(request, "CONTENT_TYPE");
	size_t length = strlen(media_type);

	if (at == NULL)
		return false;
	at = skip_spaces(at);
	if (strncasecmp(at, media_type, length) != 0)
		return false;
	at = skip_spaces(at + length);
	while (*at == ';') {
		at = skip_spaces(at + 1);
		if (*at != ';' && *at != '\0')
			at = skip_parameter(at);
		if (at == NULL)
			return false;
		at = skip_spaces(at);
	}
	return *at == '\0';
}
