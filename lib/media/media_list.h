/*
 * The whole list in memory.
 */
#ifndef MARQUEE_MEDIA_MEDIA_LIST_H
#define MARQUEE_MEDIA_MEDIA_LIST_H

#include "media/media.h"
#include "media/media_entry.h"
#include "media/media_pool.h"

struct media_list {
	struct media_entry **entries; /* in the order of their arrival */
	size_t count, capacity;
	size_t bytes;
};

/* Reads it to its end. Returns 0, or -1 where that cannot be had, or is larger
 * than MEDIA_ALL_MAX_BYTES (EX_DATAERR). The list is to be freed in each
 * case. */
int media_list_read(const struct media_options *options,
		    struct media_pool *pool, struct media_list *list,
		    struct error *err);

void media_list_free(struct media_list *list);

#endif
