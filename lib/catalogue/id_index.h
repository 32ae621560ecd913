/*
 * Rows of a collection found by id; only for the catalogue room itself.
 *
 * A sorted table, not a hash: whoever chooses the ids cannot make it slow. It
 * holds the ids' keys (id_key.h) and no text.
 */
#ifndef MARQUEE_CATALOGUE_ID_INDEX_H
#define MARQUEE_CATALOGUE_ID_INDEX_H

#include "base/error.h"
#include "catalogue/id_key.h"
#include "catalogue/records.h"

struct id_entry {
	struct id_key key;
	uint32_t row;
};

struct id_index {
	struct id_entry *entries; /* by key; equal keys by row */
	size_t count;
	struct id_secret secret; /* under which the keys were made */
};

/* Returned where no row has the id. */
#define ID_INDEX_NONE UINT32_MAX

/* Builds it of the rows whose id no earlier row has; the others are dropped, and
 * `duplicates` is set to their number. Returns 0, or -1 for lack of memory or
 * where a row cannot be read. The caller frees the index. */
int id_index_build(struct id_index *index, struct records *records,
		   size_t *duplicates, struct error *err);

uint32_t id_index_find(const struct id_index *index, const char *id);

void id_index_free(struct id_index *index);

#endif
