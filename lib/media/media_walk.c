#include "media/media_walk.h"

#include <stdlib.h>
#include <string.h>

#include "media/media_url.h"
#include "upstream/array_cutter.h"

enum verdict { UNDECIDED, WHOLE, STOPPED, FAILED };

struct page;

struct walk {
	struct http_conversation *conversation;
	const struct media_walk_options *options;
	unsigned next; /* page to ask for */
	unsigned read; /* all pages before it are read */
	unsigned end;  /* the list has no more pages */
	unsigned
		failed_at; /* the first page that failed; `end` or more: none */
	struct page *pages; /* a ring: read..read + concurrency */
	enum verdict verdict;
	struct error failure;
	bool is_timeout;
};

/* A page in flight, or read before one that is in flight. */
struct page {
	struct walk *walk;
	unsigned number; /* from 0 */
	bool is_read;
	struct array_cutter cutter;
	struct media_entry **entries;
	size_t count, capacity;
	size_t bytes; /* of text */
};

static void forget_entries(struct page *page)
{
	while (page->count > 0)
		free(page->entries[--page->count]);
	page->bytes = 0;
}

static struct page *page_at(const struct walk *walk, unsigned number)
{
	return &walk->pages[number % walk->options->concurrency];
}

static int take_element(void *context, const char *text, size_t length,
			struct error *err)
{
	struct page *page = context;
	struct media_entry **grown;
	size_t capacity;

	page->bytes += length;
	if (page->bytes > MEDIA_PAGE_MAX_BYTES)
		return error_set(err, EX_DATAERR,
				 "the page is larger than %zu bytes",
				 MEDIA_PAGE_MAX_BYTES);
	if (page->count == page->capacity) {
		capacity = page->capacity != 0 ? 2 * page->capacity : 16;
		grown = reallocarray(page->entries, capacity,
				     sizeof(struct media_entry *));
		if (grown == NULL)
			return error_no_memory(err);
		page->entries = grown;
		page->capacity = capacity;
	}
	if (media_entry_read(text, length, &page->entries[page->count], err) !=
	    0)
		return error_context(err, "element %zu",
				     page->cutter.element_count + 1);
	if (page->entries[page->count] != NULL)
		page->count++;
	return 0;
}

static int write_page(void *context, const char *bytes, size_t length,
		      struct error *err)
{
	struct page *page = context;

	return array_cutter_feed(&page->cutter, bytes, length, err);
}

static int finish_page(void *context, struct error *err)
{
	const struct page *page = context;

	return array_cutter_finish(&page->cutter, err);
}

static int restart_page(void *context, struct error *err)
{
	struct page *page = context;

	(void)err;
	forget_entries(page);
	array_cutter_restart(&page->cutter);
	return 0;
}

static int page_done(void *context, const struct http_response *response,
		     struct error *err);

static void begin_page(struct walk *walk)
{
	struct page *page = page_at(walk, walk->next);

	page->walk = walk;
	page->number = walk->next++;
	page->is_read = false;
	page->cutter.element = take_element;
	page->cutter.context = page;
	page->cutter.max_element_bytes = ARRAY_CUTTER_MAX_ELEMENT_BYTES;
	page->cutter.max_elements = MEDIA_PAGE_MAX_ELEMENTS;
	array_cutter_restart(&page->cutter);
}

static int ask(struct page *page, struct error *err)
{
	const struct media_walk_options *options = page->walk->options;
	struct buffer url = BUFFER_EMPTY;
	struct http_request request = {
		.sink = {write_page, finish_page, restart_page, page},
		.done = page_done,
		.context = page,
	};
	int status;

	media_url_page(&url, options->base, options->page_size, page->number);
	request.url = url.data;
	status = buffer_check(&url, err);
	if (status == 0)
		status = http_get(page->walk->conversation, &request, err);
	buffer_free(&url);
	return status;
}

/* Moves the window on. */
static int ask_on(struct walk *walk, struct error *err)
{
	while (walk->next < walk->end && walk->next < walk->failed_at &&
	       walk->next - walk->read < walk->options->concurrency) {
		begin_page(walk);
		if (ask(page_at(walk, walk->next - 1), err) != 0)
			return -1;
	}
	return 0;
}

static void decide(struct walk *walk, enum verdict verdict)
{
	walk->verdict = verdict;
	http_stop(walk->conversation);
}

static void note_failure(struct walk *walk, const struct page *page,
			 const struct http_response *response)
{
	if (page->number >= walk->failed_at)
		return;
	walk->failed_at = page->number;
	walk->failure = response->failure;
	walk->is_timeout = response->is_timeout;
}

static int note_read(struct walk *walk, struct page *page, struct error *err)
{
	int status;

	if (page->number >= walk->end)
		return 0;
	if (page->cutter.element_count < walk->options->page_size)
		walk->end = page->number + 1;
	page->is_read = true;
	while (page_at(walk, walk->read)->is_read)
		page_at(walk, walk->read++)->is_read = false;
	status = walk->options->page(walk->options->context, page->entries,
				     page->count, err);
	if (status > 0)
		decide(walk, STOPPED);
	return status < 0 ? -1 : 0;
}

static int page_done(void *context, const struct http_response *response,
		     struct error *err)
{
	struct page *page = context;
	struct walk *walk = page->walk;
	int status = 0;

	if (response->failure.code != 0)
		note_failure(walk, page, response);
	else
		status = note_read(walk, page, err);
	forget_entries(page);
	if (status != 0 || walk->verdict != UNDECIDED)
		return status;
	if (walk->read >= walk->end)
		decide(walk, WHOLE);
	else if (walk->read == walk->failed_at)
		decide(walk, FAILED);
	else
		return ask_on(walk, err);
	return 0;
}

/* What a walk that ended without being told to ended with. */
static int conclude(const struct walk *walk, int status,
		    struct media_walk_result *result, struct error *err)
{
	result->is_timeout = false;
	if (status != 0)
		return -1;
	switch (walk->verdict) {
	case WHOLE:
		return 0;
	case STOPPED:
		return MEDIA_WALK_STOPPED;
	case FAILED:
		result->is_timeout = walk->is_timeout;
		return error_set(err, walk->failure.code, "%s",
				 walk->failure.message);
	case UNDECIDED:
	default:
		return error_set(err, EX_SOFTWARE, "the walk has no end");
	}
}

static void free_pages(struct walk *walk)
{
	unsigned i;

	for (i = 0; i < walk->options->concurrency; i++) {
		forget_entries(&walk->pages[i]);
		free(walk->pages[i].entries);
		array_cutter_free(&walk->pages[i].cutter);
	}
	free(walk->pages);
}

int media_walk(struct http_conversation *conversation,
	       const struct media_walk_options *options,
	       struct media_walk_result *result, struct error *err)
{
	struct walk walk = {
		.conversation = conversation,
		.options = options,
		.end = options->max_pages,
		.failed_at = options->max_pages,
	};
	struct http_totals totals;
	int status;

	*result = (struct media_walk_result){0};
	walk.pages = calloc(options->concurrency, sizeof(*walk.pages));
	if (walk.pages == NULL)
		return error_no_memory(err);
	status = ask_on(&walk, err);
	if (status == 0)
		status = http_run(conversation, err);
	totals = http_conversation_totals(conversation);
	result->requests = totals.requests + totals.retries;
	status = conclude(&walk, status, result, err);
	free_pages(&walk);
	return status;
}
