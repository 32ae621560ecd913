/*
 * Rows of a collection found by id; only for the catalogue room itself.
 *
 * A sorted table, not a hash: whoever chooses the ids cannot make it slow.
 */
#ifndef MARQUEE_CATALOGUE_ID_INDEX_H
#define MARQUEE_CATALOGUE_ID_INDEX_H

#include "base/error.h"
#include "catalogue/records.h"

struct id_entry {
	const char *id; /* borrowed from the records */
	uint32_t row;
};

struct id_index {
	struct id_entry *entries; /* by id; equal ids by row */
	size_t count;
};

/* Returned where no row has the id. */
#define ID_INDEX_NONE UINT32_MAX

/* Returns 0, or -1 for lack of memory. The caller frees the index, before the
 * records change. */
int id_index_build(struct id_index *index, const struct records *records,
		   struct error *err);

uint32_t id_index_find(const struct id_index *index, const char *id);

void id_index_free(struct id_index *index);

/* Drops the rows whose id an earlier row has. Returns their number, or -1 for
 * lack of memory. */
long id_index_drop_duplicates(struct records *records, struct error *err);

#endif
