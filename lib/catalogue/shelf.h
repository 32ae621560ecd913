/*
 * Where rows' texts are put away, and those that are out of it at present; only
 * for the catalogue room itself, records.h is what others use.
 *
 * Put away, a text is its length and one more (two bytes, little-endian; 0: it
 * is absent), its bytes and a NUL; a row is its fields in their order, and then
 * its references, each ended by a NUL.
 */
#ifndef MARQUEE_CATALOGUE_SHELF_H
#define MARQUEE_CATALOGUE_SHELF_H

#include "catalogue/records.h"

/* Rows that are found without reading them again; more are read once more. */
#define SHELF_ROWS 256

struct shelf_row {
	const char *texts[RECORD_MAX_FIELDS];
	uint64_t at; /* in the spool */
};

struct row_shelf {
	struct spool spool;
	struct arena arena; /* the texts that are out */
	struct shelf_row *rows[SHELF_ROWS];
	struct error failure; /* the first, since they were put back */
};

/* NULL with EX_OSERR. `dir` is for the spool. */
struct row_shelf *row_shelf_new(int dir, struct error *err);

/* NULL is allowed. */
void row_shelf_free(struct row_shelf *shelf);

/* Appends a text as it is put away; NULL is an absent one. */
void shelf_put_text(struct buffer *out, const char *text);

#endif
