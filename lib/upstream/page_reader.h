/*
 * Reads the pages of one collection, one after the other: cuts each into
 * elements, has json-c parse them, hands them on and takes their digest.
 *
 * The only user of json-c's parser in this room.
 */
#ifndef MARQUEE_UPSTREAM_PAGE_READER_H
#define MARQUEE_UPSTREAM_PAGE_READER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/hash.h"
#include "upstream/array_cutter.h"
#include "upstream/collection.h"
#include "upstream/http.h"

struct json_tokener;

struct page_reader {
	struct upstream_collection *collection; /* borrowed; its element_count
						   is kept up to date */
	struct array_cutter cutter;
	struct json_tokener *tokener;
	struct hash *hash;        /* of all elements delivered */
	struct hash *hash_before; /* the same before this page */
	size_t page_count;        /* begun */
	size_t count_before;      /* elements delivered before this page */
	unsigned char first[HASH_BYTES];        /* this page's first element */
	unsigned char first_before[HASH_BYTES]; /* the page before's */
	bool is_repeat; /* this page begins like the one before */
};

/* Returns 0, or -1 with EX_OSERR and nothing to close. */
int page_reader_open(struct page_reader *reader,
		     struct upstream_collection *collection, struct error *err);
void page_reader_close(struct page_reader *reader);

/* Appends the URL of the page that begins next: `base`, the path, `limit` and
 * what `_start` is needed. Slashes at the end of `base` are left out. */
void page_reader_url(const struct page_reader *reader, const char *base,
		     struct buffer *url);

/* Begins the next page. EX_DATAERR after UPSTREAM_MAX_PAGES. */
int page_reader_begin(struct page_reader *reader, struct error *err);

/* Where the page's body goes. */
struct http_sink page_reader_sink(struct page_reader *reader);

/* Whether the page that was read is full, so that another one follows. */
bool page_reader_has_next(const struct page_reader *reader);

/* Sets the collection's digest, and keeps its body where it has validators by
 * now. To be called once, after the last page. */
int page_reader_end(struct page_reader *reader, struct error *err);

#endif
