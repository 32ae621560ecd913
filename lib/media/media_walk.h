/*
 * Reading the list, page after page, many at once.
 *
 * A window of requests slides over the pages: as many as the concurrency allows
 * past the first page that is not read yet, so that finding what stands on
 * page p (from 1) takes no more than p + concurrency requests. Pages may come
 * in any order. The list ends at the first page with fewer entries than were
 * asked for; what comes of pages behind it is ignored.
 */
#ifndef MARQUEE_MEDIA_MEDIA_WALK_H
#define MARQUEE_MEDIA_MEDIA_WALK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "media/media_entry.h"
#include "upstream/http.h"

/* Entries' text of one page; larger ones are nonsense (EX_DATAERR). As many
 * pages as MARQUEE_CONCURRENCY allows are in memory at once. */
#define MEDIA_PAGE_MAX_BYTES ((size_t)2 << 20)

/* Entries of one page, however many were asked for: a server that gives more
 * than the setting's greatest number does not know what a page is. */
#define MEDIA_PAGE_MAX_ELEMENTS 10000

/* Takes the entries of a page that was read whole; they are the walk's. Returns
 * 0; 1 when it needs no more; -1 with a reason. */
typedef int media_walk_page(void *context, struct media_entry *const *entries,
			    size_t count, struct error *err);

struct media_walk_options {
	const char *base;
	unsigned page_size;
	unsigned max_pages; /* the list's end, if it has no sooner one */
	unsigned concurrency;
	media_walk_page *page;
	void *context;
};

struct media_walk_result {
	unsigned long long requests; /* retries included */
	bool is_timeout;             /* why it failed */
};

#define MEDIA_WALK_STOPPED 1

/* Returns 0 when the whole list was read; MEDIA_WALK_STOPPED when `page` needed
 * no more; -1 where a page before the end cannot be had. `result` is set in
 * each case. */
int media_walk(struct http_conversation *conversation,
	       const struct media_walk_options *options,
	       struct media_walk_result *result, struct error *err);

#endif
