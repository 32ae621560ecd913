#include "media/media_rest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct media_resting {
	char id[MEDIA_MAX_ID_BYTES + 1];
	int failures; /* one after the other */
	long long until_ms;
	enum media_outcome outcome;
	struct error reason;
};

static struct media_resting *find(const struct media_rest *rest, const char *id)
{
	size_t i;

	for (i = 0; i < rest->count; i++)
		if (strcmp(rest->list[i].id, id) == 0)
			return &rest->list[i];
	return NULL;
}

static void drop(struct media_rest *rest, struct media_resting *one)
{
	*one = rest->list[--rest->count];
}

static void make_room(struct media_rest *rest, long long now_ms)
{
	size_t first = 0, i = 0;

	while (i < rest->count)
		if (rest->list[i].until_ms + MEDIA_REST_REMEMBERED_MS <= now_ms)
			drop(rest, &rest->list[i]);
		else
			i++;
	if (rest->count < MEDIA_REST_MAX)
		return;
	for (i = 1; i < rest->count; i++)
		if (rest->list[i].until_ms < rest->list[first].until_ms)
			first = i;
	drop(rest, &rest->list[first]);
}

/* NULL where there is no memory: the id does not rest then. */
static struct media_resting *add(struct media_rest *rest, const char *id)
{
	struct media_resting *grown;
	size_t capacity;

	if (rest->count == rest->capacity) {
		capacity = rest->capacity != 0 ? 2 * rest->capacity : 8;
		grown = reallocarray(rest->list, capacity, sizeof(*grown));
		if (grown == NULL)
			return NULL;
		rest->list = grown;
		rest->capacity = capacity;
	}
	grown = &rest->list[rest->count++];
	*grown = (struct media_resting){0};
	snprintf(grown->id, sizeof(grown->id), "%s", id);
	return grown;
}

void media_rest_begin(struct media_rest *rest, const char *id,
		      struct media_answer *answer, long long now_ms)
{
	struct media_resting *one;

	make_room(rest, now_ms);
	one = find(rest, id);
	if (one == NULL)
		one = add(rest, id);
	answer->retry_after_s = 1;
	if (one == NULL)
		return;
	if (one->failures < MEDIA_REST_MAX_S)
		one->failures++;
	answer->retry_after_s = one->failures;
	one->until_ms = now_ms + one->failures * 1000LL;
	one->outcome = answer->outcome;
	one->reason = answer->reason;
}

bool media_rest_find(const struct media_rest *rest, const char *id,
		     struct media_answer *answer, long long now_ms)
{
	const struct media_resting *one = find(rest, id);

	if (one == NULL || one->until_ms <= now_ms)
		return false;
	*answer = (struct media_answer){
		.outcome = one->outcome,
		.retry_after_s = (int)((one->until_ms - now_ms + 999) / 1000),
		.reason = one->reason,
	};
	return true;
}

void media_rest_end(struct media_rest *rest, const char *id)
{
	struct media_resting *one = find(rest, id);

	if (one != NULL)
		drop(rest, one);
}

void media_rest_free(struct media_rest *rest)
{
	free(rest->list);
	*rest = MEDIA_REST_EMPTY;
}
