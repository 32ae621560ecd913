/*
 * careless FAULT
 *
 * A responder that answers every path with the path, and has one fault:
 *
 *	mixes		after a request with no method that it knows, the next
 *			one gets that one's answer
 *	waits		for the rest of a body that was announced, for ever
 *	overflows	copies each variable to where 64 bytes have room
 *
 * For tests of what is to find such faults.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "web/body.h"
#include "web/responder.h"

#define ROOM_BYTES 64
#define URI "REQUEST_URI="
#define THREADS 8
#define BODY_MAX_BYTES 65536

struct careless {
	const char *fault;
	pthread_mutex_t *lock;
	struct buffer *left; /* the path of a request before; under `lock` */
};

static void overflow(const struct web_request *request, struct buffer *path)
{
	const char *const *at;

	for (at = request->environment; *at != NULL; at++) {
		char *room = malloc(ROOM_BYTES);

		if (room == NULL)
			return;
		memcpy(room, *at, strlen(*at) + 1);
		if (strncmp(room, URI, strlen(URI)) == 0) {
			buffer_clear(path);
			buffer_text(path, room + strlen(URI));
			buffer_char(path, '\n');
		}
		free(room);
	}
}

static void wait_for_body(const struct web_request *request)
{
	struct buffer body = BUFFER_EMPTY;

	while (web_body_read(request, BODY_MAX_BYTES, &body) ==
	       WEB_BODY_CUT_SHORT)
		pause();
	buffer_free(&body);
}

/* Takes what was left and leaves what this request would have had. */
static void mix(const struct careless *careless,
		const struct web_request *request, struct buffer *path)
{
	struct buffer before;

	pthread_mutex_lock(careless->lock);
	before = *careless->left;
	*careless->left = BUFFER_EMPTY;
	if (request->method == WEB_OTHER_METHOD) {
		*careless->left = *path;
		*path = before;
	} else if (before.length > 0) {
		buffer_free(path);
		*path = before;
	} else {
		buffer_free(&before);
	}
	pthread_mutex_unlock(careless->lock);
}

static void answer(const void *context, const struct web_request *request,
		   struct web_response *response)
{
	const struct careless *careless = context;
	struct buffer path = BUFFER_EMPTY;

	buffer_append(&path, request->path.text, request->path.length);
	buffer_char(&path, '\n');
	if (strcmp(careless->fault, "overflows") == 0)
		overflow(request, &path);
	else if (strcmp(careless->fault, "waits") == 0)
		wait_for_body(request);
	else
		mix(careless, request, &path);
	web_response_send(response, 200, "text/plain", path.data, path.length);
	buffer_free(&path);
}

int main(int argc, char **argv)
{
	pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	struct buffer left = BUFFER_EMPTY;
	struct careless careless = {argv[argc - 1], &lock, &left};
	struct supervisor supervisor;
	struct responder responder = {.answer = answer,
				      .context = &careless,
				      .threads = THREADS,
				      .supervisor = &supervisor};
	struct error err = {0};
	int status;

	supervisor_find(&supervisor);
	status = responder_run(&responder, &err);

	if (status < 0)
		fprintf(stderr, "careless: %s\n", err.message);
	if (status != 0)
		_exit(1);
	buffer_free(&left);
	return 0;
}
