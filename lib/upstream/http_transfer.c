#include "upstream/http_transfer.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/count.h"
#include "base/log.h"
#include "upstream/http_policy.h"

/* The body of an answer that is no success is read up to here, so that its
 * connection can be kept, and thrown away. */
#define MAX_ERROR_BODY_BYTES ((size_t)16 << 10)

#define USER_AGENT "marquee/" MARQUEE_VERSION

struct http_engine {
	CURLM *multi;
};

struct http_transfer_handle {
	CURL *easy;
	struct curl_slist *headers;
	size_t header_bytes;
	size_t error_body_bytes;
	long long deadline_ms;
	bool is_body_unwanted; /* the attempt was ended on purpose: it is an
				  answer all the same */
	bool is_enough;
	char message[CURL_ERROR_SIZE];
};

/* What libcurl's failures mean here; those not listed would come again. */
static const struct {
	CURLcode code;
	enum http_outcome outcome;
	int exit_code;
} failures[] = {
	{CURLE_COULDNT_RESOLVE_PROXY, HTTP_LOST, EX_UNAVAILABLE},
	{CURLE_COULDNT_RESOLVE_HOST, HTTP_LOST, EX_UNAVAILABLE},
	{CURLE_COULDNT_CONNECT, HTTP_LOST, EX_UNAVAILABLE},
	{CURLE_WEIRD_SERVER_REPLY, HTTP_LOST, EX_UNAVAILABLE},
	{CURLE_HTTP2, HTTP_LOST, EX_UNAVAILABLE},
	{CURLE_HTTP2_STREAM, HTTP_LOST, EX_UNAVAILABLE},
	{CURLE_PARTIAL_FILE, HTTP_LOST, EX_UNAVAILABLE},
	{CURLE_OPERATION_TIMEDOUT, HTTP_LOST, EX_UNAVAILABLE},
	{CURLE_SSL_CONNECT_ERROR, HTTP_LOST, EX_UNAVAILABLE},
	{CURLE_GOT_NOTHING, HTTP_LOST, EX_UNAVAILABLE},
	{CURLE_SEND_ERROR, HTTP_LOST, EX_UNAVAILABLE},
	{CURLE_RECV_ERROR, HTTP_LOST, EX_UNAVAILABLE},
	{CURLE_BAD_CONTENT_ENCODING, HTTP_REFUSED, EX_DATAERR},
	{CURLE_OUT_OF_MEMORY, HTTP_REFUSED, EX_OSERR},
};

/* Once in a process, and never undone: other threads may be at it. What
 * libcurl holds then is its own global state. */
static pthread_once_t is_started = PTHREAD_ONCE_INIT;
static CURLcode start_result;

static void start_libcurl(void)
{
	start_result = curl_global_init(CURL_GLOBAL_DEFAULT);
}

struct http_engine *http_engine_open(unsigned connections, struct error *err)
{
	struct http_engine *engine = calloc(1, sizeof(*engine));

	if (engine == NULL) {
		error_no_memory(err);
		return NULL;
	}
	if (pthread_once(&is_started, start_libcurl) != 0 ||
	    start_result != CURLE_OK) {
		error_set(err, EX_OSERR, "libcurl cannot start");
		free(engine);
		return NULL;
	}
	engine->multi = curl_multi_init();
	if (engine->multi == NULL ||
	    curl_multi_setopt(engine->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS,
			      (long)connections) != CURLM_OK ||
	    curl_multi_setopt(engine->multi, CURLMOPT_MAXCONNECTS,
			      (long)connections) != CURLM_OK) {
		error_set(err, EX_OSERR, "libcurl cannot start");
		http_engine_close(engine);
		return NULL;
	}
	return engine;
}

void http_engine_close(struct http_engine *engine)
{
	if (engine == NULL)
		return;
	curl_multi_cleanup(engine->multi);
	free(engine);
}

/* libcurl takes any return value but `bytes` as an order to stop. */
static size_t stop_after(size_t bytes)
{
	return bytes == 0 ? 1 : 0;
}

static size_t take_body(char *bytes, size_t one, size_t length, void *context)
{
	struct http_transfer *transfer = context;
	struct http_transfer_handle *handle = transfer->handle;
	long status = 0;
	int result;

	(void)one;
	curl_easy_getinfo(handle->easy, CURLINFO_RESPONSE_CODE, &status);
	if (!http_status_is_success(transfer->method, status)) {
		handle->error_body_bytes += length;
		handle->is_body_unwanted =
			handle->error_body_bytes > MAX_ERROR_BODY_BYTES;
		return handle->is_body_unwanted ? stop_after(length) : length;
	}
	transfer->body_bytes += length;
	if (transfer->body_bytes > transfer->max_bytes) {
		error_set(&transfer->reason, EX_DATAERR,
			  "the body is larger than %zu bytes",
			  transfer->max_bytes);
		return stop_after(length);
	}
	/* libcurl looks at the time between many pieces only, and taking them
	 * may be slow. */
	if (clock_monotonic_ms() > handle->deadline_ms) {
		error_set(&transfer->reason, EX_UNAVAILABLE,
			  "the body was not read before the deadline");
		transfer->is_timeout = true;
		return stop_after(length);
	}
	if (transfer->sink->write == NULL)
		return length;
	result = transfer->sink->write(transfer->sink->context, bytes, length,
				       &transfer->reason);
	handle->is_enough = result > 0;
	return result == 0 ? length : stop_after(length);
}

/* libcurl keeps every header it gets. */
static size_t count_header(char *bytes, size_t one, size_t length,
			   void *context)
{
	struct http_transfer *transfer = context;
	struct http_transfer_handle *handle = transfer->handle;

	(void)one;
	(void)bytes;
	handle->header_bytes += length;
	if (handle->header_bytes <= HTTP_MAX_HEADER_BYTES)
		return length;
	error_set(&transfer->reason, EX_DATAERR,
		  "the headers are larger than %zu bytes",
		  HTTP_MAX_HEADER_BYTES);
	return stop_after(length);
}

static CURLcode add_header(struct http_transfer_handle *handle,
			   const char *name, const char *value)
{
	struct buffer line = BUFFER_EMPTY;
	struct curl_slist *longer = NULL;

	if (value == NULL)
		return CURLE_OK;
	buffer_format(&line, "%s: %s", name, value);
	if (!line.has_failed)
		longer = curl_slist_append(handle->headers, line.data);
	buffer_free(&line);
	if (longer == NULL)
		return CURLE_OUT_OF_MEMORY;
	handle->headers = longer;
	return CURLE_OK;
}

/* libcurl would name a form's type, and ask before it sends a large body. */
static CURLcode add_body_headers(const struct http_transfer *transfer)
{
	const char *type = transfer->content_type;
	CURLcode code;

	code = add_header(transfer->handle, "Content-Type",
			  type != NULL ? type : "");
	if (code == CURLE_OK)
		code = add_header(transfer->handle, "Expect", "");
	return code;
}

static CURLcode set_headers(struct http_transfer *transfer)
{
	struct http_transfer_handle *handle = transfer->handle;
	CURLcode code = add_header(handle, "Accept", "application/json");

	if (code == CURLE_OK && log_id()[0] != '\0')
		code = add_header(handle, "X-Request-Id", log_id());

	if (code == CURLE_OK)
		code = add_header(handle, "If-None-Match",
				  transfer->if_none_match);
	if (code == CURLE_OK)
		code = add_header(handle, "If-Modified-Since",
				  transfer->if_modified_since);
	if (code == CURLE_OK && transfer->method != HTTP_GET)
		code = add_body_headers(transfer);
	if (code == CURLE_OK)
		code = curl_easy_setopt(handle->easy, CURLOPT_HTTPHEADER,
					handle->headers);
	return code;
}

/* POSTFIELDS makes a POST of it, which CUSTOMREQUEST renames. Over a kept
 * connection that turns out to be closed, libcurl would send a POST twice. */
static CURLcode set_body(struct http_transfer *transfer)
{
	CURL *easy = transfer->handle->easy;
	const struct buffer *body = transfer->body;
	CURLcode code;

	if (transfer->method == HTTP_GET)
		return CURLE_OK;
	code = curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
				(curl_off_t)body->length);
	if (code == CURLE_OK)
		code = curl_easy_setopt(easy, CURLOPT_POSTFIELDS,
					body->length > 0 ? body->data : "");
	if (code == CURLE_OK)
		code = curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST,
					http_method_name(transfer->method));
	if (code == CURLE_OK && !http_method_may_be_repeated(transfer->method))
		code = curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
	return code;
}

/* QUICK_EXIT: without it the end of a timed-out name lookup waits for the
 * lookup, past the deadline. */
static CURLcode set_numbers(const struct http_transfer *transfer)
{
	const struct {
		CURLoption option;
		long value;
	} numbers[] = {
		{CURLOPT_NOSIGNAL, 1},
		{CURLOPT_QUICK_EXIT, 1},
		{CURLOPT_FOLLOWLOCATION, transfer->method == HTTP_GET},
		{CURLOPT_MAXREDIRS, HTTP_MAX_REDIRECTS},
		{CURLOPT_SSL_VERIFYPEER, 1},
		{CURLOPT_SSL_VERIFYHOST, 2},
		{CURLOPT_TIMEOUT_MS, transfer->timeout_ms},
		{CURLOPT_CONNECTTIMEOUT_MS, transfer->connect_timeout_ms},
	};
	CURLcode code = CURLE_OK;
	size_t i;

	for (i = 0; code == CURLE_OK && i < COUNT(numbers); i++)
		code = curl_easy_setopt(transfer->handle->easy,
					numbers[i].option, numbers[i].value);
	return code;
}

static CURLcode set_pointers(struct http_transfer *transfer)
{
	struct http_transfer_handle *handle = transfer->handle;
	const struct {
		CURLoption option;
		const void *value;
	} pointers[] = {
		{CURLOPT_URL, transfer->url},
		{CURLOPT_USERAGENT, USER_AGENT},
		{CURLOPT_ACCEPT_ENCODING, "gzip"},
		{CURLOPT_PROTOCOLS_STR, "http,https"},
		{CURLOPT_REDIR_PROTOCOLS_STR, "http,https"},
		{CURLOPT_ERRORBUFFER, handle->message},
		{CURLOPT_PRIVATE, transfer},
		{CURLOPT_WRITEDATA, transfer},
		{CURLOPT_HEADERDATA, transfer},
	};
	CURLcode code = CURLE_OK;
	size_t i;

	for (i = 0; code == CURLE_OK && i < COUNT(pointers); i++)
		code = curl_easy_setopt(handle->easy, pointers[i].option,
					pointers[i].value);
	if (code == CURLE_OK)
		code = curl_easy_setopt(handle->easy, CURLOPT_WRITEFUNCTION,
					take_body);
	if (code == CURLE_OK)
		code = curl_easy_setopt(handle->easy, CURLOPT_HEADERFUNCTION,
					count_header);
	return code;
}

static void reset_results(struct http_transfer *transfer)
{
	transfer->outcome = HTTP_LOST;
	transfer->reason = (struct error){0};
	transfer->is_timeout = false;
	transfer->status = 0;
	transfer->etag = NULL;
	transfer->last_modified = NULL;
	transfer->link = NULL;
	transfer->retry_after = NULL;
	transfer->body_bytes = 0;
}

int http_engine_start(struct http_engine *engine,
		      struct http_transfer *transfer, struct error *err)
{
	CURLcode code = CURLE_OUT_OF_MEMORY;

	reset_results(transfer);
	transfer->handle = calloc(1, sizeof(*transfer->handle));
	if (transfer->handle == NULL)
		return error_no_memory(err);
	transfer->handle->deadline_ms =
		clock_monotonic_ms() + transfer->timeout_ms;
	transfer->handle->easy = curl_easy_init();
	if (transfer->handle->easy != NULL)
		code = set_numbers(transfer);
	if (code == CURLE_OK)
		code = set_pointers(transfer);
	if (code == CURLE_OK)
		code = set_body(transfer);
	if (code == CURLE_OK)
		code = set_headers(transfer);
	if (code == CURLE_OK &&
	    curl_multi_add_handle(engine->multi, transfer->handle->easy) ==
		    CURLM_OK)
		return 0;
	http_engine_drop(engine, transfer);
	return error_set(err, EX_OSERR, "libcurl cannot start a request: %s",
			 curl_easy_strerror(code));
}

void http_engine_drop(struct http_engine *engine,
		      struct http_transfer *transfer)
{
	struct http_transfer_handle *handle = transfer->handle;

	if (handle == NULL)
		return;
	if (handle->easy != NULL)
		curl_multi_remove_handle(engine->multi, handle->easy);
	curl_easy_cleanup(handle->easy);
	curl_slist_free_all(handle->headers);
	free(handle);
	transfer->handle = NULL;
}

/* Of the last response, after redirects. */
static const char *header_value(CURL *easy, const char *name)
{
	struct curl_header *header;

	if (curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &header) !=
	    CURLHE_OK)
		return NULL;
	return header->value;
}

static void classify(struct http_transfer *transfer, CURLcode code)
{
	const char *message = transfer->handle->message;
	int exit_code = EX_UNAVAILABLE;
	size_t i;

	transfer->outcome = HTTP_REFUSED;
	if (transfer->reason.code != 0)
		return;
	for (i = 0; i < COUNT(failures); i++)
		if (failures[i].code == code) {
			transfer->outcome = failures[i].outcome;
			exit_code = failures[i].exit_code;
		}
	transfer->is_timeout = code == CURLE_OPERATION_TIMEDOUT;
	error_set(&transfer->reason, exit_code, "%s",
		  message[0] != '\0' ? message : curl_easy_strerror(code));
}

static void settle(struct http_transfer *transfer, CURLcode code)
{
	struct http_transfer_handle *handle = transfer->handle;

	curl_easy_getinfo(handle->easy, CURLINFO_RESPONSE_CODE,
			  &transfer->status);
	transfer->etag = header_value(handle->easy, "ETag");
	transfer->last_modified = header_value(handle->easy, "Last-Modified");
	transfer->link = header_value(handle->easy, "Link");
	transfer->retry_after = header_value(handle->easy, "Retry-After");
	if (handle->is_enough)
		transfer->outcome = HTTP_ENOUGH;
	else if (code == CURLE_OK || handle->is_body_unwanted)
		transfer->outcome = HTTP_ANSWERED;
	else
		classify(transfer, code);
}

static struct http_transfer *next_ended(struct http_engine *engine)
{
	struct http_transfer *transfer;
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(engine->multi, &left)) != NULL) {
		char *owner = NULL;
		CURLcode code = message->data.result;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE,
				  &owner);
		transfer = (struct http_transfer *)(void *)owner;
		settle(transfer, code);
		return transfer;
	}
	return NULL;
}

int http_engine_wait(struct http_engine *engine, long timeout_ms,
		     struct http_transfer **ended, struct error *err)
{
	CURLMcode code = CURLM_OK;
	int running;

	*ended = next_ended(engine);
	if (*ended != NULL)
		return 0;
	code = curl_multi_perform(engine->multi, &running);
	*ended = next_ended(engine);
	if (*ended == NULL && code == CURLM_OK)
		code = curl_multi_poll(engine->multi, NULL, 0, (int)timeout_ms,
				       NULL);
	if (code != CURLM_OK)
		return error_set(err, EX_OSERR, "libcurl cannot go on: %s",
				 curl_multi_strerror(code));
	return 0;
}
