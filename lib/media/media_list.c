#include "media/media_list.h"

#include <stdlib.h>

#include "media/media_walk.h"

static int add(struct media_list *list, const struct media_entry *entry,
	       struct error *err)
{
	struct media_entry **grown;
	size_t capacity;

	list->bytes += media_entry_bytes(entry);
	if (list->bytes > MEDIA_ALL_MAX_BYTES)
		return error_set(err, EX_DATAERR,
				 "the list is larger than %zu bytes",
				 MEDIA_ALL_MAX_BYTES);
	if (list->count == list->capacity) {
		capacity = list->capacity != 0 ? 2 * list->capacity : 64;
		grown = reallocarray(list->entries, capacity,
				     sizeof(struct media_entry *));
		if (grown == NULL)
			return error_no_memory(err);
		list->entries = grown;
		list->capacity = capacity;
	}
	list->entries[list->count] = media_entry_copy(entry, err);
	if (list->entries[list->count] == NULL)
		return -1;
	list->count++;
	return 0;
}

/* A media_walk_page. */
static int take_page(void *context, struct media_entry *const *entries,
		     size_t count, struct error *err)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (add(context, entries[i], err) != 0)
			return -1;
	return 0;
}

int media_list_read(const struct media_options *options,
		    struct media_pool *pool, struct media_list *list,
		    struct error *err)
{
	const struct media_walk_options walk = {
		.base = options->base,
		.page_size = options->page_size,
		.max_pages = options->max_pages,
		.concurrency = options->concurrency,
		.page = take_page,
		.context = list,
	};
	struct http_conversation *conversation =
		media_pool_take(pool, options->timeout_ms, err);
	struct media_walk_result result;
	int status;

	*list = (struct media_list){0};
	if (conversation == NULL)
		return -1;
	status = media_walk(conversation, &walk, &result, err);
	media_pool_give(pool, conversation);
	return status;
}

void media_list_free(struct media_list *list)
{
	while (list->count > 0)
		free(list->entries[--list->count]);
	free(list->entries);
}
