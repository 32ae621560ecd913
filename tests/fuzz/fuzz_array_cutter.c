/* upstream/array_cutter.h: it cuts what an independent parser finds, however
 * the text comes in pieces. */
#include "base/text.h"
#include "fuzz.h"
#include "json_oracle.h"
#include "upstream/array_cutter.h"

#define MAX_BYTES 512

/* What came out: the elements one after another, each with a NUL. */
struct cut {
	struct buffer elements;
	size_t count;
	int status;
	struct error err;
};

static int keep(void *context, const char *text, size_t length,
		struct error *err)
{
	struct cut *cut = context;

	(void)err;
	buffer_append(&cut->elements, text, length);
	buffer_char(&cut->elements, '\0');
	cut->count++;
	return 0;
}

/* Feeds the text in pieces of `piece` bytes and, by turns, of `other`. */
static void feed(struct cut *cut, const char *text, size_t size, size_t piece,
		 size_t other)
{
	static struct array_cutter cutter;
	size_t at = 0, bytes, turn = 0;

	buffer_clear(&cut->elements);
	cut->count = 0;
	cut->status = 0;
	cut->err = (struct error){0};
	if (cutter.element == NULL)
		cutter = ARRAY_CUTTER(keep, NULL);
	array_cutter_restart(&cutter);
	cutter.context = cut;
	while (at < size && cut->status == 0) {
		bytes = turn++ % 2 == 0 ? piece : other;
		bytes = bytes < size - at ? bytes : size - at;
		cut->status =
			array_cutter_feed(&cutter, text + at, bytes, &cut->err);
		at += bytes;
	}
	if (cut->status == 0)
		cut->status = array_cutter_finish(&cutter, &cut->err);
	FUZZ_CHECK(cutter.element_count == cut->count);
}

static void check_parts(const struct cut *cut, const struct json_parts *parts)
{
	const char *at = cut->elements.data;
	size_t i;

	FUZZ_CHECK(parts->count == cut->count);
	for (i = 0; i < parts->count && i < JSON_ORACLE_PARTS; i++) {
		size_t length = parts->list[i].length;

		FUZZ_CHECK(memcmp(at, parts->list[i].text, length) == 0);
		FUZZ_CHECK(at[length] == '\0');
		at += length + 1;
	}
}

static void check_same(const struct cut *cut, const struct cut *other)
{
	FUZZ_CHECK(cut->status == other->status);
	FUZZ_CHECK(cut->count == other->count);
	FUZZ_CHECK(cut->elements.length == other->elements.length);
	FUZZ_CHECK(cut->elements.length == 0 ||
		   memcmp(cut->elements.data, other->elements.data,
			  cut->elements.length) == 0);
	FUZZ_CHECK(cut->err.code == other->err.code);
	FUZZ_CHECK(strcmp(cut->err.message, other->err.message) == 0);
}

FUZZ_TARGET(array_cutter, MAX_BYTES)
{
	static char room[MAX_BYTES];
	static struct cut whole, pieces;
	static struct json_parts parts;
	const char *text = fuzz_bytes(room, sizeof(room), data, size);
	uint32_t seed = fuzz_seed(data, size);
	bool is_utf8 = text_is_utf8(text, size);

	feed(&whole, text, size, MAX_BYTES, MAX_BYTES);
	switch (json_oracle(text, size, '[', &parts)) {
	case JSON_WHOLE:
		FUZZ_CHECK((whole.status == 0) == is_utf8);
		break;
	case JSON_CUT_SHORT:
		FUZZ_CHECK(whole.status == -1);
		FUZZ_CHECK(!is_utf8 || whole.err.code == EX_UNAVAILABLE);
		break;
	case JSON_WRONG:
	default:
		FUZZ_CHECK(whole.status == -1 && whole.err.code == EX_DATAERR);
		break;
	}
	if (whole.status == 0)
		check_parts(&whole, &parts);
	feed(&pieces, text, size, 1 + seed % 7, 1 + seed / 8 % 64);
	check_same(&whole, &pieces);
}
