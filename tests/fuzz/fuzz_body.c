/* web/body.h: a body has as many bytes as Content-Length says, however it
 * comes. The first line is CONTENT_LENGTH, the rest the body. */
#include "fuzz.h"
#include "web/body.h"

#define MAX_BYTES 256
#define LIMIT 100

struct pipe {
	struct fuzz_span rest;
	uint32_t seed;
};

static long read_some(void *context, void *bytes, size_t size)
{
	struct pipe *pipe = context;
	size_t some = 1 + pipe->seed % 32;

	pipe->seed = pipe->seed * 1664525u + 1013904223u;
	if (some > size)
		some = size;
	if (some > pipe->rest.size)
		some = pipe->rest.size;
	memcpy(bytes, pipe->rest.data, some);
	pipe->rest.data += some;
	pipe->rest.size -= some;
	return (long)some;
}

FUZZ_TARGET(body, MAX_BYTES)
{
	static char room[32 + MAX_BYTES];
	static struct buffer body;
	struct pipe pipe = {{data, size}, fuzz_seed(data, size)};
	struct fuzz_span line = fuzz_take(&pipe.rest, '\n');
	struct fuzz_span sent = pipe.rest;
	const char *environment[] = {NULL, NULL};
	struct web_request request = {.environment = environment,
				      .source = {read_some, &pipe}};
	enum web_body_verdict verdict;
	char *text = room + sizeof(room) - line.size - 16;

	if (memchr(line.data, '\0', line.size) != NULL)
		return;
	memcpy(text, "CONTENT_LENGTH=", 15);
	environment[0] = text;
	fuzz_text(room, sizeof(room), line.data, line.size);
	buffer_clear(&body);
	verdict = web_body_read(&request, LIMIT, &body);
	if (verdict != WEB_BODY_READ) {
		FUZZ_CHECK(body.length == 0);
		FUZZ_CHECK(verdict != WEB_BODY_NO_MEMORY);
		return;
	}
	FUZZ_CHECK(body.length <= LIMIT && body.length <= sent.size);
	FUZZ_CHECK(strtoull(text + 15, NULL, 10) == body.length);
	FUZZ_CHECK(body.length == 0 ||
		   memcmp(body.data, sent.data, body.length) == 0);
}
