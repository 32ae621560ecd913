#include "upstream/base_fetch.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "upstream/http_policy.h"
#include "upstream/page_reader.h"

/* One collection of one fetch from one base. */
struct pull {
	struct fetch *fetch;
	struct upstream_collection *collection;
	struct page_reader reader;
	bool is_open;
	bool is_conditional; /* the request under way carries validators */
	bool is_unchanged;   /* it was answered 304 */
};

/* One base asked for everything. */
struct fetch {
	const char *base;
	char *public_base;
	struct http_conversation *conversation;
	struct pull *pulls;
	size_t count;
	size_t unchanged_count;
	bool has_changed; /* some collection was answered 200 */
};

/* Copies what is there. NULL strings stay NULL. */
static int copy_validators(struct upstream_validators *to, const char *base,
			   const char *etag, const char *last_modified,
			   struct error *err)
{
	struct upstream_validators copy = {
		.base = strdup(base),
		.etag = etag == NULL ? NULL : strdup(etag),
		.last_modified =
			last_modified == NULL ? NULL : strdup(last_modified),
	};

	if (copy.base == NULL || (etag != NULL && copy.etag == NULL) ||
	    (last_modified != NULL && copy.last_modified == NULL)) {
		upstream_validators_free(&copy);
		return error_no_memory(err);
	}
	upstream_validators_free(to);
	*to = copy;
	return 0;
}

static int page_done(void *context, const struct http_response *response,
		     struct error *err);

/* Asks for the page that the reader is about to read. */
static int ask(struct pull *pull, struct error *err)
{
	const struct upstream_validators *known = &pull->collection->known;
	struct buffer url = BUFFER_EMPTY;
	struct http_request request = {
		.if_none_match = pull->is_conditional ? known->etag : NULL,
		.if_modified_since =
			pull->is_conditional ? known->last_modified : NULL,
		.sink = page_reader_sink(&pull->reader),
		.done = page_done,
		.context = pull,
	};
	int status;

	page_reader_url(&pull->reader, pull->fetch->base, &url);
	request.url = url.data;
	status = buffer_check(&url, err);
	if (status == 0)
		status = http_get(pull->fetch->conversation, &request, err);
	buffer_free(&url);
	return status;
}

static int ask_next(struct pull *pull, bool is_conditional, struct error *err)
{
	pull->is_conditional = is_conditional;
	if (page_reader_begin(&pull->reader, err) != 0)
		return -1;
	return ask(pull, err);
}

/* Reads the body that is known as if it had come. */
static int read_known(struct pull *pull, const struct buffer *body,
		      struct error *err)
{
	const struct upstream_validators *known = &pull->collection->known;
	struct http_sink sink = page_reader_sink(&pull->reader);

	if (sink.write(sink.context, body->data, body->length, err) < 0 ||
	    sink.finish(sink.context, err) != 0 ||
	    copy_validators(&pull->collection->found, known->base, known->etag,
			    known->last_modified, err) != 0)
		return -1;
	return page_reader_end(&pull->reader, err);
}

/* It was answered 304, but its data is needed because another collection's
 * has changed. */
static int get_known(struct pull *pull, struct error *err)
{
	const struct upstream_collection *collection = pull->collection;
	struct buffer body = BUFFER_EMPTY;
	int status;

	pull->is_unchanged = false;
	pull->fetch->unchanged_count--;
	if (collection->known_body != NULL &&
	    collection->known_body(collection->known_context, collection->path,
				   &body) == 1) {
		status = read_known(pull, &body, err);
	} else {
		pull->is_conditional = false;
		status = ask(pull, err);
	}
	buffer_free(&body);
	return status;
}

static int note_unchanged(struct pull *pull, struct error *err)
{
	pull->is_unchanged = true;
	pull->fetch->unchanged_count++;
	return pull->fetch->has_changed ? get_known(pull, err) : 0;
}

static int note_changed(struct fetch *fetch, struct error *err)
{
	size_t i;

	fetch->has_changed = true;
	for (i = 0; i < fetch->count; i++)
		if (fetch->pulls[i].is_unchanged &&
		    get_known(&fetch->pulls[i], err) != 0)
			return -1;
	return 0;
}

/* Keeps the validators of a collection that is one page; those of a first page
 * say nothing about the others. */
static int keep_validators(struct pull *pull,
			   const struct http_response *response,
			   struct error *err)
{
	if (pull->reader.page_count > 1 ||
	    (response->etag == NULL && response->last_modified == NULL))
		return 0;
	return copy_validators(&pull->collection->found,
			       pull->fetch->public_base, response->etag,
			       response->last_modified, err);
}

static int page_done(void *context, const struct http_response *response,
		     struct error *err)
{
	struct pull *pull = context;

	if (response->failure.code != 0) {
		*err = response->failure;
		return -1;
	}
	if (response->status == 304)
		return note_unchanged(pull, err);
	if (!pull->fetch->has_changed && note_changed(pull->fetch, err) != 0)
		return -1;
	if (page_reader_has_next(&pull->reader))
		return ask_next(pull, false, err);
	if (keep_validators(pull, response, err) != 0)
		return -1;
	return page_reader_end(&pull->reader, err);
}

/* Validators help only if every collection can be found unchanged. */
static bool is_conditional(const struct fetch *fetch)
{
	size_t i;

	for (i = 0; i < fetch->count; i++) {
		const struct upstream_validators *known =
			&fetch->pulls[i].collection->known;

		if (known->base == NULL ||
		    strcmp(known->base, fetch->public_base) != 0 ||
		    (!http_is_entity_tag(known->etag) &&
		     !http_is_date(known->last_modified)))
			return false;
	}
	return true;
}

static int pull_all(struct fetch *fetch, struct error *err)
{
	bool conditional = is_conditional(fetch);
	size_t i;

	for (i = 0; i < fetch->count; i++) {
		struct pull *pull = &fetch->pulls[i];

		if (page_reader_open(&pull->reader, pull->collection, err) != 0)
			return -1;
		pull->is_open = true;
		if (ask_next(pull, conditional, err) != 0)
			return -1;
	}
	return http_run(fetch->conversation, err);
}

/* Nothing has changed: what is known holds on. */
static int repeat_known(const struct fetch *fetch, struct error *err)
{
	size_t i;

	for (i = 0; i < fetch->count; i++) {
		struct upstream_collection *collection =
			fetch->pulls[i].collection;
		const struct upstream_validators *known = &collection->known;

		if (copy_validators(&collection->found, known->base,
				    known->etag, known->last_modified,
				    err) != 0)
			return -1;
	}
	return 0;
}

char *base_fetch_public(const char *base, struct error *err)
{
	struct buffer text = BUFFER_EMPTY;

	http_public_url(&text, base);
	while (text.length > 0 && text.data[text.length - 1] == '/')
		text.data[--text.length] = '\0';
	if (text.data == NULL)
		buffer_text(&text, "");
	if (buffer_check(&text, err) == 0)
		return text.data;
	buffer_free(&text);
	return NULL;
}

static int open_fetch(struct fetch *fetch, const struct http_options *options,
		      struct upstream_collection *collections, size_t count,
		      struct error *err)
{
	size_t i;

	fetch->public_base = base_fetch_public(fetch->base, err);
	if (fetch->public_base == NULL)
		return -1;
	fetch->pulls = calloc(count, sizeof(*fetch->pulls));
	if (fetch->pulls == NULL)
		return error_no_memory(err);
	fetch->count = count;
	for (i = 0; i < count; i++) {
		fetch->pulls[i].fetch = fetch;
		fetch->pulls[i].collection = &collections[i];
	}
	fetch->conversation = http_conversation_open(options, err);
	return fetch->conversation == NULL ? -1 : 0;
}

static void close_fetch(struct fetch *fetch)
{
	size_t i;

	http_conversation_close(fetch->conversation);
	for (i = 0; i < fetch->count; i++)
		if (fetch->pulls[i].is_open)
			page_reader_close(&fetch->pulls[i].reader);
	free(fetch->pulls);
	free(fetch->public_base);
}

int base_fetch(const char *base, const struct http_options *options,
	       struct upstream_collection *collections, size_t count,
	       struct base_fetch_result *result, struct error *err)
{
	struct fetch fetch = {.base = base};
	int status;

	*result = (struct base_fetch_result){0};
	status = open_fetch(&fetch, options, collections, count, err);
	if (status == 0)
		status = pull_all(&fetch, err);
	if (status == 0 && fetch.unchanged_count == count) {
		result->is_unchanged = true;
		status = repeat_known(&fetch, err);
	}
	if (fetch.conversation != NULL)
		result->totals = http_conversation_totals(fetch.conversation);
	close_fetch(&fetch);
	return status;
}
