#include "web/request.h"

#include <string.h>

#include "base/count.h"
#include "base/text.h"

static const struct {
	const char *name;
	enum web_method method;
} methods[] = {
	{"GET", WEB_GET},
	{"HEAD", WEB_HEAD},
	{"POST", WEB_POST},
	{"PUT", WEB_PUT},
};

static enum web_method read_method(const char *name)
{
	size_t i;

	for (i = 0; name != NULL && i < COUNT(methods); i++)
		if (strcmp(methods[i].name, name) == 0)
			return methods[i].method;
	return WEB_OTHER_METHOD;
}

static bool is_unreserved(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
	       c == '~';
}

/* The value of an upper-case hexadecimal digit, or -1. */
static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static bool is_canonical_escape(const char *text, size_t length)
{
	int high, low;

	if (length < 3)
		return false;
	high = hex_value(text[1]);
	low = hex_value(text[2]);
	return high >= 0 && low >= 0 && !is_unreserved((char)(high * 16 + low));
}

static bool is_plain_segment(const char *text, size_t length)
{
	return length > 0 && !(length == 1 && text[0] == '.') &&
	       !(length == 2 && text[0] == '.' && text[1] == '.');
}

bool web_path_is_canonical(const char *path, size_t length)
{
	size_t at, start = 1; /* of the segment */

	if (length == 0 || length > WEB_PATH_MAX_BYTES || path[0] != '/')
		return false;
	for (at = 1; at < length; at++) {
		if (path[at] == '/') {
			if (!is_plain_segment(path + start, at - start))
				return false;
			start = at + 1;
		} else if (path[at] == '%') {
			if (!is_canonical_escape(path + at, length - at))
				return false;
			at += 2;
		} else if (!is_unreserved(path[at])) {
			return false;
		}
	}
	return start == length || is_plain_segment(path + start, at - start);
}

static void set_path(struct web_request *request, const char *path,
		     size_t length)
{
	if (web_path_is_canonical(path, length))
		request->path = (struct web_span){path, length};
}

static void set_query(struct web_request *request, const char *query)
{
	size_t length = query != NULL ? strlen(query) : 0;

	request->is_query_too_long = length > WEB_QUERY_MAX_BYTES;
	if (length > 0 && !request->is_query_too_long)
		request->query = (struct web_span){query, length};
}

static void read_uri(struct web_request *request, const char *uri)
{
	size_t length = strcspn(uri, "?");

	set_path(request, uri, length);
	if (uri[length] == '?')
		set_query(request, uri + length + 1);
}

/* A decoded `/` cannot be told from a real one; such a path then means the
 * real one. */
static void join_encoded(struct web_request *request, const char *part)
{
	size_t length;

	while (part != NULL && *part != '\0' &&
	       request->joined.length <= WEB_PATH_MAX_BYTES) {
		length = strcspn(part, "/");
		text_percent_encode(&request->joined, part, length);
		part += length;
		if (*part == '/') {
			buffer_char(&request->joined, '/');
			part++;
		}
	}
}

void web_request_init(struct web_request *request,
		      const char *const *environment)
{
	const char *uri;

	*request = (struct web_request){
		.environment = environment, .path = {"", 0}, .query = {"", 0}};
	request->method =
		read_method(web_request_variable(request, "REQUEST_METHOD"));
	uri = web_request_variable(request, "REQUEST_URI");
	if (uri != NULL && *uri != '\0') {
		read_uri(request, uri);
		return;
	}
	join_encoded(request, web_request_variable(request, "SCRIPT_NAME"));
	join_encoded(request, web_request_variable(request, "PATH_INFO"));
	if (request->joined.length > 0 && !request->joined.has_failed)
		set_path(request, request->joined.data, request->joined.length);
	set_query(request, web_request_variable(request, "QUERY_STRING"));
}

void web_request_free(struct web_request *request)
{
	buffer_free(&request->joined);
}

const char *web_request_variable(const struct web_request *request,
				 const char *name)
{
	size_t length = strlen(name);
	const char *const *at;

	for (at = request->environment; at != NULL && *at != NULL; at++)
		if (strncmp(*at, name, length) == 0 && (*at)[length] == '=')
			return *at + length + 1;
	return NULL;
}

const char *web_request_header(const struct web_request *request,
			       const char *name)
{
	const char *value = web_request_variable(request, name);

	if (value == NULL ||
	    strnlen(value, WEB_HEADER_MAX_BYTES + 1) > WEB_HEADER_MAX_BYTES)
		return NULL;
	return value;
}

static bool span_is(const char *text, size_t length, const char *expected)
{
	return length == strlen(expected) &&
	       memcmp(text, expected, length) == 0;
}

bool web_request_query_is(const struct web_request *request, const char *key,
			  const char *value)
{
	const char *at = request->query.text;
	const char *end = at + request->query.length;
	const char *stop, *equals;

	while (at < end) {
		stop = memchr(at, '&', (size_t)(end - at));
		if (stop == NULL)
			stop = end;
		equals = memchr(at, '=', (size_t)(stop - at));
		if (equals != NULL && span_is(at, (size_t)(equals - at), key))
			return span_is(equals + 1, (size_t)(stop - equals - 1),
				       value);
		at = stop + 1;
	}
	return false;
}

const char *web_request_id(const struct web_request *request)
{
	const char *id = web_request_header(request, "HTTP_X_REQUEST_ID");

	return id != NULL ? id : web_request_header(request, "REQUEST_ID");
}
