/* upstream/page_reader.h: a page that is cut and then read by json-c. What the
 * cutter takes json-c reads, and the digest does not depend on the pieces. */
#include "upstream/page_reader.h"

#include <json-c/json.h>

#include "fuzz.h"

#define MAX_BYTES 384

static int take(void *context, struct json_object *element, struct error *err)
{
	size_t *count = context;

	(void)element;
	(void)err;
	++*count;
	return 0;
}

static void forget(void *context, size_t count)
{
	*(size_t *)context = count;
}

struct page {
	struct upstream_collection collection;
	size_t count;
	int status;
	struct error err;
};

/* Reads the text in pieces of `piece` bytes, twice where `is_twice`: as when a
 * request is tried again. */
static void read_page(struct page *page, const char *text, size_t size,
		      size_t piece, bool is_twice)
{
	struct page_reader reader;
	struct http_sink sink;
	size_t at;

	*page = (struct page){.collection = {.path = "/films",
					     .element = take,
					     .rewind = forget,
					     .context = &page->count}};
	FUZZ_CHECK(page_reader_open(&reader, &page->collection, NULL) == 0);
	FUZZ_CHECK(page_reader_begin(&reader, NULL) == 0);
	sink = page_reader_sink(&reader);
	if (is_twice) {
		sink.write(sink.context, text, size / 2, NULL);
		FUZZ_CHECK(sink.restart(sink.context, NULL) == 0);
	}
	for (at = 0; at < size && page->status == 0; at += piece)
		page->status = sink.write(sink.context, text + at,
					  piece < size - at ? piece : size - at,
					  &page->err);
	if (page->status == 0)
		page->status = sink.finish(sink.context, &page->err);
	if (page->status == 0)
		FUZZ_CHECK(page_reader_end(&reader, NULL) == 0);
	FUZZ_CHECK(page->status == 0 || page->err.code != EX_OSERR);
	page_reader_close(&reader);
	buffer_free(&page->collection.body);
	FUZZ_CHECK(page->count == page->collection.element_count);
}

FUZZ_TARGET(page_reader, MAX_BYTES)
{
	static char room[MAX_BYTES];
	static struct page whole, pieces;
	const char *text = fuzz_bytes(room, sizeof(room), data, size);
	uint32_t seed = fuzz_seed(data, size);

	read_page(&whole, text, size, MAX_BYTES, false);
	FUZZ_CHECK(strstr(whole.err.message, "json-c") == NULL);
	read_page(&pieces, text, size, 1 + seed % 32, seed / 32 % 2 == 0);
	FUZZ_CHECK(whole.status == pieces.status);
	FUZZ_CHECK(whole.count == pieces.count);
	FUZZ_CHECK(strcmp(whole.err.message, pieces.err.message) == 0);
	if (whole.status == 0)
		FUZZ_CHECK(memcmp(whole.collection.digest,
				  pieces.collection.digest, HASH_BYTES) == 0);
}
