/*
 * Ids that rest after their upstream has failed: 1 s after the first failure, a
 * second more after each further one, up to 5 s. One thread at a time.
 */
#ifndef MARQUEE_MEDIA_MEDIA_REST_H
#define MARQUEE_MEDIA_MEDIA_REST_H

#include "media/media.h"

#define MEDIA_REST_MAX_S 5

/* Ids that rest at a time; beyond it the one that would wake next is
 * forgotten. */
#define MEDIA_REST_MAX 1024

/* How long after its rest an id that fails again counts as failing still. */
#define MEDIA_REST_REMEMBERED_MS 60000

struct media_resting;

struct media_rest {
	struct media_resting *list;
	size_t count, capacity;
};

#define MEDIA_REST_EMPTY ((struct media_rest){0})

/* Notes a failure (outcome FAILED or TOO_SLOW) and sets the answer's
 * retry_after_s to the length of the rest. */
void media_rest_begin(struct media_rest *rest, const char *id,
		      struct media_answer *answer, long long now_ms);

/* Whether the id rests: then `answer` is the failure's again, with the seconds
 * that are left. */
bool media_rest_find(const struct media_rest *rest, const char *id,
		     struct media_answer *answer, long long now_ms);

/* The id is well. */
void media_rest_end(struct media_rest *rest, const char *id);

void media_rest_free(struct media_rest *rest);

#endif
