#include "catalogue/id_index.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "catalogue/catalogue.h"

static int compare(const void *a, const void *b)
{
	const struct id_entry *x = a, *y = b;
	int order = id_key_compare(&x->key, &y->key);

	if (order != 0)
		return order;
	return x->row < y->row ? -1 : x->row > y->row;
}

static int add_all(struct id_index *index, const struct records *records,
		   struct error *err)
{
	const char *id;
	size_t i;

	for (i = 0; i < records->count; i++) {
		id = records_texts(records, i)[RECORD_ID];
		index->entries[i].key = id_key(&index->secret, id, strlen(id));
		index->entries[i].row = (uint32_t)i;
		if (records_put_back(records, err) != 0)
			return -1;
	}
	index->count = records->count;
	qsort(index->entries, index->count, sizeof(struct id_entry), compare);
	return 0;
}

/* Marks every row whose id stands in the entry before its own, and leaves its
 * entry out. */
static size_t mark_duplicates(struct id_index *index, unsigned char *is_dropped)
{
	size_t i, kept = 0;
	size_t count = index->count;

	for (i = 0; i < count; i++) {
		const struct id_entry *entry = &index->entries[i];

		if (kept != 0 && id_key_compare(&index->entries[kept - 1].key,
						&entry->key) == 0)
			is_dropped[entry->row] = 1;
		else
			index->entries[kept++] = *entry;
	}
	index->count = kept;
	return count - kept;
}

static void log_duplicates(const struct records *records,
			   const unsigned char *is_dropped)
{
	size_t i, logged = 0;

	for (i = 0; i < records->count && logged < CATALOGUE_MAX_LOGGED; i++) {
		if (!is_dropped[i])
			continue;
		logged++;
		log_event(LOG_LEVEL_WARN, "dropped a duplicate", "collection",
			  records->spec->noun, "position",
			  LOG_INT(records->rows[i].position), "id",
			  records_texts(records, i)[RECORD_ID], NULL);
	}
}

/* Rows move up into the places of those that were dropped. */
static int renumber(struct id_index *index, const unsigned char *is_dropped,
		    size_t row_count, struct error *err)
{
	uint32_t *moved = calloc(row_count + 1, sizeof(*moved));
	uint32_t kept = 0;
	size_t i;

	if (moved == NULL)
		return error_no_memory(err);
	for (i = 0; i < row_count; i++) {
		moved[i] = kept;
		kept += !is_dropped[i];
	}
	for (i = 0; i < index->count; i++)
		index->entries[i].row = moved[index->entries[i].row];
	free(moved);
	return 0;
}

static int drop_duplicates(struct id_index *index, struct records *records,
			   size_t *duplicates, struct error *err)
{
	unsigned char *is_dropped = calloc(records->count + 1, 1);
	int status = 0;

	if (is_dropped == NULL)
		return error_no_memory(err);
	*duplicates = mark_duplicates(index, is_dropped);
	if (*duplicates != 0) {
		log_duplicates(records, is_dropped);
		status = renumber(index, is_dropped, records->count, err);
	}
	if (*duplicates != 0 && status == 0)
		records_drop(records, is_dropped);
	free(is_dropped);
	return status;
}

int id_index_build(struct id_index *index, struct records *records,
		   size_t *duplicates, struct error *err)
{
	*duplicates = 0;
	*index = (struct id_index){
		.entries = calloc(records->count + 1, sizeof(struct id_entry)),
	};
	if (index->entries == NULL)
		return error_no_memory(err);
	if (id_secret_draw(&index->secret, err) != 0 ||
	    add_all(index, records, err) != 0)
		return -1;
	return drop_duplicates(index, records, duplicates, err);
}

uint32_t id_index_find(const struct id_index *index, const char *id)
{
	struct id_key key = id_key(&index->secret, id, strlen(id));
	size_t low = 0, high = index->count, middle;
	int order;

	while (low < high) {
		middle = low + (high - low) / 2;
		order = id_key_compare(&index->entries[middle].key, &key);
		if (order == 0)
			return index->entries[middle].row;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return ID_INDEX_NONE;
}

void id_index_free(struct id_index *index)
{
	free(index->entries);
	*index = (struct id_index){0};
}
