#include "catalogue/id_index.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "catalogue/catalogue.h"

static int compare(const void *a, const void *b)
{
	const struct id_entry *x = a, *y = b;
	int order = strcmp(x->id, y->id);

	if (order != 0)
		return order;
	return x->row < y->row ? -1 : x->row > y->row;
}

int id_index_build(struct id_index *index, const struct records *records,
		   struct error *err)
{
	size_t i;

	index->count = records->count;
	index->entries = calloc(records->count + 1, sizeof(struct id_entry));
	if (index->entries == NULL)
		return error_no_memory(err);
	for (i = 0; i < records->count; i++) {
		index->entries[i].id = records->rows[i].texts[RECORD_ID];
		index->entries[i].row = (uint32_t)i;
	}
	qsort(index->entries, index->count, sizeof(struct id_entry), compare);
	return 0;
}

uint32_t id_index_find(const struct id_index *index, const char *id)
{
	size_t low = 0, high = index->count, middle;
	int order;

	while (low < high) {
		middle = low + (high - low) / 2;
		order = strcmp(index->entries[middle].id, id);
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

/* Marks every row whose id stands in the entry before its own. */
static size_t mark_duplicates(const struct records *records,
			      const struct id_index *index,
			      unsigned char *is_dropped)
{
	size_t i, found = 0;

	for (i = 1; i < index->count; i++) {
		uint32_t row = index->entries[i].row;

		if (strcmp(index->entries[i - 1].id, index->entries[i].id) != 0)
			continue;
		is_dropped[row] = 1;
		if (found++ < CATALOGUE_MAX_LOGGED)
			log_event(LOG_LEVEL_WARN, "dropped a duplicate",
				  "collection", records->spec->noun, "position",
				  LOG_INT(records->rows[row].position), "id",
				  index->entries[i].id, NULL);
	}
	return found;
}

long id_index_drop_duplicates(struct records *records, struct error *err)
{
	struct id_index index;
	unsigned char *is_dropped;
	uint32_t *scratch;
	long found = -1;

	if (id_index_build(&index, records, err) != 0)
		return -1;
	is_dropped = calloc(records->count + 1, 1);
	scratch = calloc(records->count + 1, sizeof(*scratch));
	if (is_dropped == NULL || scratch == NULL) {
		error_no_memory(err);
		goto out;
	}
	found = (long)mark_duplicates(records, &index, is_dropped);
	if (found != 0)
		records_drop(records, is_dropped, scratch);
out:
	free(scratch);
	free(is_dropped);
	id_index_free(&index);
	return found;
}
