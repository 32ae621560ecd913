#include "media/media_index.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

struct remembered {
	const char *id; /* of the entry; first, for compare */
	struct media_entry *entry;
	size_t bytes;
	long long until_ms;
	struct remembered *older, *newer;
};

struct media_index {
	void *tree; /* of tsearch(3), by id */
	struct remembered *oldest, *newest;
	size_t bytes, max_bytes;
	long long ttl_ms;

	/* Entries that were forgotten before their time: while it stays the
	 * same, an id that is not found was not put. */
	unsigned long long lost;

	/* Of the last walk. */
	long long began_ms;
	unsigned long long began_lost;

	/* Of the last one that has read the whole list. */
	bool is_whole;
	long long whole_ms;
	unsigned long long whole_lost;
};

static int compare(const void *a, const void *b)
{
	const struct remembered *x = a, *y = b;

	return strcmp(x->id, y->id);
}

struct media_index *media_index_open(long long ttl_ms, size_t max_bytes,
				     struct error *err)
{
	struct media_index *index = calloc(1, sizeof(*index));

	if (index == NULL) {
		error_no_memory(err);
		return NULL;
	}
	index->ttl_ms = ttl_ms;
	index->max_bytes = max_bytes;
	return index;
}

static void forget(struct media_index *index, struct remembered *one)
{
	tdelete(one, &index->tree, compare);
	if (one->older != NULL)
		one->older->newer = one->newer;
	else
		index->oldest = one->newer;
	if (one->newer != NULL)
		one->newer->older = one->older;
	else
		index->newest = one->older;
	index->bytes -= one->bytes;
	free(one->entry);
	free(one);
}

void media_index_close(struct media_index *index)
{
	if (index == NULL)
		return;
	while (index->oldest != NULL)
		forget(index, index->oldest);
	free(index);
}

static struct remembered *find(const struct media_index *index, const char *id)
{
	const struct remembered key = {.id = id};
	struct remembered *const *node = tfind(&key, &index->tree, compare);

	return node == NULL ? NULL : *node;
}

static void make_room(struct media_index *index, long long now_ms)
{
	while (index->oldest != NULL && index->oldest->until_ms <= now_ms)
		forget(index, index->oldest);
	while (index->oldest != NULL && index->bytes > index->max_bytes) {
		forget(index, index->oldest);
		index->lost++;
	}
}

static void drop(struct media_index *index, const char *id)
{
	struct remembered *one = find(index, id);

	if (one != NULL)
		forget(index, one);
}

/* Returns NULL where there is no memory. */
static struct remembered *remember(struct media_index *index,
				   const struct media_entry *entry)
{
	struct remembered *one = calloc(1, sizeof(*one));

	if (one != NULL)
		one->entry = media_entry_copy(entry, NULL);
	if (one != NULL && one->entry != NULL) {
		one->id = one->entry->id;
		/* The tree's node is about four pointers. */
		one->bytes = sizeof(*one) + media_entry_bytes(entry) +
			     4 * sizeof(void *);
		if (tsearch(one, &index->tree, compare) != NULL)
			return one;
	}
	if (one != NULL)
		free(one->entry);
	free(one);
	return NULL;
}

void media_index_put(struct media_index *index, const struct media_entry *entry,
		     long long now_ms)
{
	struct remembered *one;

	if (index->ttl_ms == 0)
		return;
	drop(index, entry->id);
	one = remember(index, entry);
	if (one == NULL) {
		index->lost++;
		return;
	}
	one->until_ms = now_ms + index->ttl_ms;
	one->older = index->newest;
	if (index->newest != NULL)
		index->newest->newer = one;
	else
		index->oldest = one;
	index->newest = one;
	index->bytes += one->bytes;
	make_room(index, now_ms);
}

const struct media_entry *media_index_find(struct media_index *index,
					   const char *id, long long now_ms)
{
	struct remembered *one = find(index, id);

	return one != NULL && one->until_ms > now_ms ? one->entry : NULL;
}

void media_index_forget(struct media_index *index, const char *id)
{
	drop(index, id);
	index->is_whole = false;
}

void media_index_begin(struct media_index *index, long long now_ms)
{
	index->began_ms = now_ms;
	index->began_lost = index->lost;
}

void media_index_end_whole(struct media_index *index)
{
	index->is_whole = true;
	index->whole_ms = index->began_ms;
	index->whole_lost = index->began_lost;
}

bool media_index_is_unknown(struct media_index *index, const char *id,
			    long long now_ms)
{
	return index->is_whole && index->whole_lost == index->lost &&
	       now_ms < index->whole_ms + index->ttl_ms &&
	       media_index_find(index, id, now_ms) == NULL;
}
