#include "upstream/page_reader.h"

#include <json-c/json.h>
#include <string.h>

#include "json/json_read_back.h"

/* Brackets inside each other that json-c accepts: the cutter has refused more
 * before, so that json-c's own limit never decides. */
#define TOKENER_DEPTH (JSON_GRAMMAR_MAX_DEPTH + 2)

static int take_element(void *context, const char *text, size_t length,
			struct error *err);

int page_reader_open(struct page_reader *reader,
		     struct upstream_collection *collection, struct error *err)
{
	*reader = (struct page_reader){
		.collection = collection,
		.cutter = ARRAY_CUTTER(take_element, reader),
	};
	reader->tokener = json_tokener_new_ex(TOKENER_DEPTH);
	if (reader->tokener == NULL)
		return error_no_memory(err);
	json_tokener_set_flags(reader->tokener, JSON_READ_FLAGS);
	reader->hash = hash_start(err);
	if (reader->hash == NULL) {
		page_reader_close(reader);
		return -1;
	}
	return 0;
}

void page_reader_close(struct page_reader *reader)
{
	array_cutter_free(&reader->cutter);
	if (reader->tokener != NULL)
		json_tokener_free(reader->tokener);
	hash_discard(reader->hash);
	hash_discard(reader->hash_before);
	reader->tokener = NULL;
	reader->hash = NULL;
	reader->hash_before = NULL;
}

void page_reader_url(const struct page_reader *reader, const char *base,
		     struct buffer *url)
{
	size_t length = strlen(base);

	while (length > 0 && base[length - 1] == '/')
		length--;
	buffer_append(url, base, length);
	buffer_format(url, "%s?limit=%d", reader->collection->path,
		      UPSTREAM_PAGE_ELEMENTS);
	if (reader->collection->element_count > 0)
		buffer_format(url, "&_start=%zu",
			      reader->collection->element_count);
}

int page_reader_begin(struct page_reader *reader, struct error *err)
{
	struct hash *copy;

	if (reader->page_count == UPSTREAM_MAX_PAGES)
		return error_set(err, EX_DATAERR, "%s has more than %d pages",
				 reader->collection->path, UPSTREAM_MAX_PAGES);
	copy = hash_copy(reader->hash, err);
	if (copy == NULL)
		return -1;
	hash_discard(reader->hash_before);
	reader->hash_before = copy;
	reader->page_count++;
	reader->count_before = reader->collection->element_count;
	memcpy(reader->first_before, reader->first, HASH_BYTES);
	array_cutter_restart(&reader->cutter);
	return 0;
}

/* The whole text must be one value: "continue" and a rest are no success. A
 * bare number is complete only when something follows it. JSON's null is NULL
 * in json-c, so that is no failure. */
static int parse(struct json_tokener *tokener, const char *text, size_t length,
		 struct json_object **element, struct error *err)
{
	enum json_tokener_error result;
	size_t end;

	json_tokener_reset(tokener);
	*element = json_tokener_parse_ex(tokener, text, (int)length);
	result = json_tokener_get_error(tokener);
	end = json_tokener_get_parse_end(tokener);
	if (result == json_tokener_continue) {
		*element = json_tokener_parse_ex(tokener, "\n", 1);
		result = json_tokener_get_error(tokener);
	}
	if (result == json_tokener_success && end == length &&
	    json_read_back(*element, text, length, err) == 0)
		return 0;
	json_object_put(*element);
	if (result == json_tokener_success && end == length)
		return -1;
	/* The cutter has seen one whole value: json-c had no memory for it. */
	if (result == json_tokener_success)
		return error_no_memory(err);
	return error_set(err, EX_DATAERR, "json-c cannot read it: %s",
			 json_tokener_error_desc(result));
}

/* What tells an element apart: its id or, without one, its text. */
static int identify(struct json_object *element, const char *text,
		    size_t length, unsigned char digest[HASH_BYTES],
		    struct error *err)
{
	struct json_object *id = NULL;

	if (json_object_is_type(element, json_type_object) &&
	    json_object_object_get_ex(element, "id", &id) &&
	    json_object_is_type(id, json_type_string))
		return hash_bytes(json_object_get_string(id),
				  (size_t)json_object_get_string_len(id),
				  digest, err);
	return hash_bytes(text, length, digest, err);
}

/* Sets is_repeat: a server that does not know `_start` gives its first page
 * again. One element seen before says less: when something is added to the
 * front between two pages, the last one of the first page comes again. */
static int check_first(struct page_reader *reader, struct json_object *element,
		       const char *text, size_t length, struct error *err)
{
	if (reader->cutter.element_count > 0)
		return 0;
	if (identify(element, text, length, reader->first, err) != 0)
		return -1;
	reader->is_repeat =
		reader->page_count > 1 &&
		memcmp(reader->first, reader->first_before, HASH_BYTES) == 0;
	return 0;
}

static int deliver(struct page_reader *reader, struct json_object *element,
		   const char *text, size_t length, struct error *err)
{
	struct upstream_collection *collection = reader->collection;

	if (check_first(reader, element, text, length, err) != 0)
		return -1;
	if (reader->is_repeat)
		return 1;
	if (collection->element_count == UPSTREAM_MAX_ELEMENTS)
		return error_set(err, EX_DATAERR, "there are more than %d",
				 UPSTREAM_MAX_ELEMENTS);
	hash_update(reader->hash, text, length);
	hash_update(reader->hash, ",", 1);
	if (collection->element(collection->context, element, err) != 0)
		return -1;
	collection->element_count++;
	return 0;
}

static int take_element(void *context, const char *text, size_t length,
			struct error *err)
{
	struct page_reader *reader = context;
	struct json_object *element = NULL;
	int status;

	if (parse(reader->tokener, text, length, &element, err) == 0) {
		status = deliver(reader, element, text, length, err);
		json_object_put(element);
	} else {
		status = -1;
	}
	if (status < 0)
		error_context(err, "element %zu",
			      reader->cutter.element_count + 1);
	return status;
}

/* One body is kept: a lack of memory costs a request of a later run. */
static void keep_bytes(struct page_reader *reader, const char *bytes,
		       size_t length)
{
	struct buffer *body = &reader->collection->body;

	if (reader->page_count > 1 || body->has_failed)
		return;
	if (length > UPSTREAM_MAX_KEPT_BYTES - body->length)
		body->has_failed = true;
	else
		buffer_append(body, bytes, length);
	if (body->has_failed) {
		buffer_free(body);
		body->has_failed = true;
	}
}

static int write_page(void *context, const char *bytes, size_t length,
		      struct error *err)
{
	struct page_reader *reader = context;

	keep_bytes(reader, bytes, length);
	return array_cutter_feed(&reader->cutter, bytes, length, err);
}

static int finish_page(void *context, struct error *err)
{
	const struct page_reader *reader = context;

	return array_cutter_finish(&reader->cutter, err);
}

static int restart_page(void *context, struct error *err)
{
	struct page_reader *reader = context;
	struct upstream_collection *collection = reader->collection;
	struct hash *copy = hash_copy(reader->hash_before, err);

	if (copy == NULL)
		return -1;
	hash_discard(reader->hash);
	reader->hash = copy;
	reader->is_repeat = false;
	if (reader->page_count == 1)
		buffer_clear(&collection->body);
	array_cutter_restart(&reader->cutter);
	if (collection->element_count > reader->count_before)
		collection->rewind(collection->context, reader->count_before);
	collection->element_count = reader->count_before;
	return 0;
}

struct http_sink page_reader_sink(struct page_reader *reader)
{
	return (struct http_sink){
		.write = write_page,
		.finish = finish_page,
		.restart = restart_page,
		.context = reader,
	};
}

bool page_reader_has_next(const struct page_reader *reader)
{
	return reader->collection->element_count - reader->count_before >=
	       UPSTREAM_PAGE_ELEMENTS;
}

int page_reader_end(struct page_reader *reader, struct error *err)
{
	struct hash *hash = reader->hash;
	struct buffer *body = &reader->collection->body;

	if (body->has_failed || reader->collection->found.base == NULL)
		buffer_free(body);
	reader->hash = NULL;
	return hash_finish(hash, reader->collection->digest, err);
}
