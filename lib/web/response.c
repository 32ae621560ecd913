#include "web/response.h"

#include <string.h>

#include "base/count.h"
#include "base/text.h"

/* So that memory is asked for once. */
#define USUAL_HEADER_BYTES 1000
#define USUAL_STATUS_BYTES 100

static const struct {
	int status;
	const char *reason;
} reasons[] = {
	{200, "OK"},
	{201, "Created"},
	{206, "Partial Content"},
	{304, "Not Modified"},
	{400, "Bad Request"},
	{404, "Not Found"},
	{405, "Method Not Allowed"},
	{411, "Length Required"},
	{412, "Precondition Failed"},
	{413, "Content Too Large"},
	{415, "Unsupported Media Type"},
	{416, "Range Not Satisfiable"},
	{422, "Unprocessable Content"},
	{431, "Request Header Fields Too Large"},
	{500, "Internal Server Error"},
	{502, "Bad Gateway"},
	{503, "Service Unavailable"},
	{504, "Gateway Timeout"},
	{507, "Insufficient Storage"},
};

const char *web_status_reason(int status)
{
	size_t i;

	for (i = 0; i < COUNT(reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "";
}

static void add_security_headers(struct web_response *response)
{
	web_response_header(response, "Content-Security-Policy",
			    WEB_CONTENT_SECURITY_POLICY);
	web_response_header(response, "X-Content-Type-Options", "nosniff");
	web_response_header(response, "Referrer-Policy", "no-referrer");
}

void web_response_init(struct web_response *response, struct web_sink sink,
		       bool is_head)
{
	*response = (struct web_response){.sink = sink, .is_head = is_head};
	buffer_reserve(&response->headers, USUAL_HEADER_BYTES);
	add_security_headers(response);
}

void web_response_free(struct web_response *response)
{
	buffer_free(&response->headers);
}

void web_response_clear(struct web_response *response)
{
	buffer_clear(&response->headers);
	add_security_headers(response);
}

static bool is_token_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

/* RFC 9110 §5.6.2. */
static bool is_token(const char *text)
{
	const char *at = text;

	while (is_token_char(*at))
		at++;
	return at > text && *at == '\0';
}

int web_response_header(struct web_response *response, const char *name,
			const char *value)
{
	if (!is_token(name) || text_has_control(value, strlen(value)))
		return -1;
	buffer_text(&response->headers, name);
	buffer_text(&response->headers, ": ");
	buffer_text(&response->headers, value);
	buffer_text(&response->headers, "\r\n");
	return 0;
}

int web_response_header_number(struct web_response *response, const char *name,
			       long long value)
{
	if (!is_token(name))
		return -1;
	buffer_format(&response->headers, "%s: %lld\r\n", name, value);
	return 0;
}

void web_response_give_up(struct web_response *response)
{
	response->headers.has_failed = true;
}

void web_response_end(struct web_response *response)
{
	struct web_end at_end = response->at_end;

	response->at_end = (struct web_end){0};
	if (at_end.call != NULL)
		at_end.call(at_end.context, response);
}

static void put(struct web_response *response, const void *bytes, size_t length)
{
	if (response->left == 0)
		web_response_end(response);
	if (!response->has_client_left &&
	    response->sink.write(response->sink.context, bytes, length,
				 response->left == 0) != 0)
		response->has_client_left = true;
}

/* One write for the whole head. */
static void put_head(struct web_response *response, uint64_t body_bytes)
{
	struct buffer head = BUFFER_EMPTY;

	buffer_reserve(&head, response->headers.length + USUAL_STATUS_BYTES);
	buffer_format(&head, "Status: %d %s\r\n", response->status,
		      web_status_reason(response->status));
	buffer_append(&head, response->headers.data, response->headers.length);
	if (body_bytes != WEB_NO_BODY)
		buffer_format(&head, "Content-Length: %llu\r\n",
			      (unsigned long long)body_bytes);
	buffer_text(&head, "\r\n");
	head.has_failed = head.has_failed || response->headers.has_failed;
	if (buffer_check(&head, NULL) == 0) {
		if (!response->is_head && body_bytes != WEB_NO_BODY)
			response->left = body_bytes;
		put(response, head.data, head.length);
	} else {
		static const char bare[] =
			"Status: 500 Internal Server Error\r\n"
			"Content-Length: 0\r\n\r\n";

		response->status = 500;
		response->is_head = true;
		put(response, bare, sizeof(bare) - 1);
	}
	buffer_free(&head);
}

void web_response_begin(struct web_response *response, int status,
			uint64_t body_bytes)
{
	response->status = status;
	put_head(response, body_bytes);
}

int web_response_write(struct web_response *response, const void *bytes,
		       size_t length)
{
	if (response->is_head)
		return -1;
	response->left -= length < response->left ? length : response->left;
	if (length > 0)
		put(response, bytes, length);
	return response->has_client_left ? -1 : 0;
}

void web_response_cut_short(struct web_response *response)
{
	response->is_cut_short = true;
}

void web_response_send(struct web_response *response, int status,
		       const char *media_type, const void *body,
		       size_t body_bytes)
{
	web_response_header(response, "Content-Type", media_type);
	web_response_begin(response, status, body_bytes);
	web_response_write(response, body, body_bytes);
}

void web_response_allow_any_origin(struct web_response *response)
{
	web_response_header(response, "Access-Control-Allow-Origin", "*");
	web_response_header(response, "Access-Control-Allow-Methods",
			    "GET, HEAD");
	web_response_header(response, "Access-Control-Expose-Headers",
			    "ETag, Age, Link, Cache-Status");
}
