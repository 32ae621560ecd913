/*
 * A media API for the suites of lib/media: a list of files in pages, details
 * and segments, on the canned server. Include it after cmocka.h.
 */
#ifndef MARQUEE_TESTS_MEDIA_FIXTURE_H
#define MARQUEE_TESTS_MEDIA_FIXTURE_H

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "canned_server.h"

struct media_world {
	struct canned_server server;
	char base[96];    /* the API's */
	atomic_int files; /* file-0 and so on */

	/* -1, or the file that is not finished, for list and details. */
	atomic_int unfinished_in_list, unfinished_in_details;
	atomic_int edition; /* a field of both: "edition":N */

	/* NULL, or a part of a target whose answer is `bad`, NULL for none. */
	const char *_Atomic bad_target;
	const char *_Atomic bad;
	atomic_int bad_times;  /* so often, then it is good; -1: always */
	atomic_bool is_closed; /* list requests wait until it is false */
};

static inline void media_world_pause(void)
{
	const struct timespec pause = {0, 1000000};

	nanosleep(&pause, NULL);
}

static inline void media_world_element(const struct media_world *world, int n,
				       bool is_list, struct buffer *out)
{
	int unfinished = is_list ? world->unfinished_in_list
				 : world->unfinished_in_details;

	buffer_format(out,
		      "{\"fileId\":\"file-%d\",\"processingStatus\":\"%s\","
		      "\"%s\":%d}",
		      n, n == unfinished ? "PROCESSING" : "FINISHED",
		      is_list ? "list" : "details", world->edition);
}

static inline void media_world_page(const struct media_world *world,
				    const char *target, struct buffer *body)
{
	int limit = 0, page = 0, n;

	sscanf(target, "/base/api/file/all?limit=%d&offset=%d", &limit, &page);
	buffer_text(body, "[");
	for (n = page * limit; n < (page + 1) * limit && n < world->files;
	     n++) {
		buffer_text(body, n > page * limit ? "," : "");
		media_world_element(world, n, true, body);
	}
	buffer_text(body, "]");
}

static inline void media_world_answer(struct canned_server *server,
				      size_t number, const char *target,
				      const char *head, struct buffer *answer)
{
	struct media_world *world = (struct media_world *)(void *)server;
	struct buffer body = BUFFER_EMPTY;
	int n;

	(void)number;
	(void)head;
	while (world->is_closed && strstr(target, "/all?") != NULL)
		media_world_pause();
	if (world->bad_target != NULL && world->bad_times != 0 &&
	    strstr(target, world->bad_target) != NULL) {
		if (world->bad_times > 0)
			world->bad_times--;
		if (world->bad != NULL)
			buffer_text(answer, world->bad);
		return;
	}
	if (strstr(target, "/all?") != NULL)
		media_world_page(world, target, &body);
	else if (sscanf(target, "/base/api/file/details/file-%d", &n) == 1)
		media_world_element(world, n, false, &body);
	else if (sscanf(target, "/base/api/file/segments/file-%d", &n) == 1)
		buffer_format(&body,
			      "[{\"fileId\":\"file-%d\",\"startTime\":2},"
			      "{\"fileId\":\"file-%d\",\"startTime\":1}]",
			      n, n);
	if (body.data != NULL)
		canned_answer(answer, "200 OK", "", body.data);
	else
		canned_answer(answer, "404 Not Found", "", "{}");
	buffer_free(&body);
}

static inline void media_world_start(struct media_world *world, int files)
{
	canned_server_forget_proxies();
	*world = (struct media_world){
		.server = {.answer = media_world_answer},
		.files = files,
		.unfinished_in_list = -1,
		.unfinished_in_details = -1,
		.bad_times = -1,
	};
	assert_int_equal(canned_server_start(&world->server), 0);
	snprintf(world->base, sizeof(world->base), "%s/base//",
		 world->server.url);
}

/* Requests so far whose target has this in it; after the stop. */
static inline int media_world_count(const struct media_world *world,
				    const char *part)
{
	const char *at = world->server.requests.data;
	int count = 0;

	while (at != NULL && (at = strstr(at, part)) != NULL) {
		count++;
		at += strlen(part);
	}
	return count;
}

static inline void media_world_stop(struct media_world *world)
{
	world->is_closed = false;
	canned_server_stop(&world->server);
}

static inline void media_world_free(struct media_world *world)
{
	buffer_free(&world->server.requests);
}

#endif
