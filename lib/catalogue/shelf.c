#include "catalogue/shelf.h"

#include <stdlib.h>
#include <string.h>

struct row_shelf *row_shelf_new(int dir, struct error *err)
{
	struct row_shelf *shelf = calloc(1, sizeof(*shelf));

	if (shelf == NULL)
		error_no_memory(err);
	else
		shelf->spool = SPOOL(dir);
	return shelf;
}

void row_shelf_free(struct row_shelf *shelf)
{
	if (shelf == NULL)
		return;
	spool_free(&shelf->spool);
	arena_clear(&shelf->arena);
	free(shelf);
}

void shelf_put_text(struct buffer *out, const char *text)
{
	size_t length = text != NULL ? strlen(text) + 1 : 0;

	buffer_char(out, (char)(length & 0xff));
	buffer_char(out, (char)(length >> 8));
	buffer_append(out, text, length);
}

static void fail(struct row_shelf *shelf, const struct error *failure)
{
	if (shelf->failure.code == 0)
		shelf->failure = *failure;
}

/* Reads bytes of the spool into the arena. */
static char *fetch(struct row_shelf *shelf, uint64_t at, size_t length)
{
	struct error err = {0};
	char *bytes = arena_take(&shelf->arena, length + 1);
	if (bytes == NULL)
		error_no_memory(&err);
	else if (spool_read(&shelf->spool, at, length, bytes, &err) == 0)
		return bytes;
	fail(shelf, &err);
	return NULL;
}

/* The texts of a row, from how they are put away. */
static void spread(char *bytes, size_t field_count, const char **texts)
{
	const unsigned char *at = (const unsigned char *)bytes;
	size_t i, length;

	for (i = 0; i < field_count; i++) {
		length = at[0] | (size_t)at[1] << 8;
		at += 2;
		texts[i] = length != 0 ? (const char *)at : NULL;
		at += length;
	}
}

const char *const *records_texts(const struct records *records, size_t row)
{
	static const char *const nothing[RECORD_MAX_FIELDS] = {"", ""};
	const struct record *record = &records->rows[row];
	struct row_shelf *shelf = records->shelf;
	struct shelf_row **place = &shelf->rows[row % SHELF_ROWS];
	struct shelf_row *taken = *place;
	struct error err = {0};
	char *bytes;

	if (taken != NULL && taken->at == record->at)
		return taken->texts;
	taken = arena_take(&shelf->arena, sizeof(*taken));
	if (taken == NULL) {
		error_no_memory(&err);
		fail(shelf, &err);
		return nothing;
	}
	bytes = fetch(shelf, record->at, record->text_bytes);
	if (bytes == NULL)
		return nothing;
	spread(bytes, records->spec->field_count, taken->texts);
	taken->at = record->at;
	*place = taken;
	return taken->texts;
}

const char *records_refs(const struct records *records, size_t row)
{
	const struct record *record = &records->rows[row];

	return fetch(records->shelf, record->at + record->text_bytes,
		     record->ref_bytes);
}

int records_put_back(const struct records *records, struct error *err)
{
	struct row_shelf *shelf = records->shelf;
	struct error failure;

	if (shelf == NULL)
		return 0;
	failure = shelf->failure;
	shelf->failure = (struct error){0};
	arena_clear(&shelf->arena);
	memset(shelf->rows, 0, sizeof(shelf->rows));
	return failure.code == 0
		       ? 0
		       : error_set(err, failure.code, "%s", failure.message);
}
