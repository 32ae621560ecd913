/* page_reader: a collection that is too large is refused, not cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "upstream/page_reader.h"

static int taken;

static int take(void *context, struct json_object *element, struct error *err)
{
	(void)context;
	(void)element;
	(void)err;
	taken++;
	return 0;
}

/* The reader of a collection that has had so much. */
static void open_reader(struct page_reader *reader,
			struct upstream_collection *collection, size_t pages,
			size_t elements)
{
	struct error err = {0};

	*collection =
		(struct upstream_collection){.path = "/films", .element = take};
	assert_int_equal(page_reader_open(reader, collection, &err), 0);
	reader->page_count = pages;
	collection->element_count = elements;
	taken = 0;
}

static void the_page_after_the_last_allowed_is_refused(void **state)
{
	struct upstream_collection collection;
	struct page_reader reader;
	struct error err = {0};

	(void)state;
	open_reader(&reader, &collection, UPSTREAM_MAX_PAGES - 1, 0);
	assert_int_equal(page_reader_begin(&reader, &err), 0);
	assert_int_equal(page_reader_begin(&reader, &err), -1);
	assert_int_equal(err.code, EX_DATAERR);
	assert_non_null(strstr(err.message, "/films has more than 4001 pages"));
	page_reader_close(&reader);
}

static void the_element_after_the_last_allowed_is_refused(void **state)
{
	static const char body[] = "[{\"id\": 1}, {\"id\": 2}]";
	struct upstream_collection collection;
	struct page_reader reader;
	struct http_sink sink;
	struct error err = {0};

	(void)state;
	open_reader(&reader, &collection, 1, UPSTREAM_MAX_ELEMENTS - 1);
	assert_int_equal(page_reader_begin(&reader, &err), 0);
	sink = page_reader_sink(&reader);
	assert_int_equal(sink.write(sink.context, body, strlen(body), &err),
			 -1);
	assert_int_equal(err.code, EX_DATAERR);
	assert_non_null(strstr(err.message, "there are more than 1000000"));
	assert_int_equal(taken, 1);
	page_reader_close(&reader);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_page_after_the_last_allowed_is_refused),
		cmocka_unit_test(the_element_after_the_last_allowed_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
