/*
 * One collection's elements as rows of texts, read by a table of fields; only
 * for the catalogue room itself.
 *
 * Rows are kept in the order in which the elements came, each with its
 * position among all that came, so that the last ones can be taken back. Their
 * texts are put away (spool.h) and read when they are asked for: memory holds a
 * few numbers of each row.
 */
#ifndef MARQUEE_CATALOGUE_RECORDS_H
#define MARQUEE_CATALOGUE_RECORDS_H

#include <stdint.h>

#include "base/error.h"
#include "catalogue/arena.h"
#include "catalogue/fields.h"
#include "catalogue/spool.h"

struct json_object;

/* The first two fields of every table. */
#define RECORD_ID 0
#define RECORD_NAME 1

/* No table has more. */
#define RECORD_MAX_FIELDS 12

struct records_spec {
	const char *noun; /* "film", for messages */
	const struct field_spec *fields;
	size_t field_count;
	const char *refs; /* key of its array of references; NULL: none */
};

struct record {
	uint64_t at;         /* of its texts, and behind them its references */
	uint32_t text_bytes; /* as they are put away */
	uint32_t ref_bytes;
	uint32_t ref_count;
	uint32_t position; /* among the elements that came, from 0 */
	uint32_t ignored_fields;
	uint16_t cut_texts;
	uint16_t refused_images;
};

/* Texts that are out of the spool at present. */
struct row_shelf;

struct records {
	const struct records_spec *spec;
	struct record *rows;
	size_t count;
	size_t capacity;
	size_t ref_count;  /* of all rows */
	uint32_t *refused; /* positions of the elements refused, ascending */
	size_t refused_count;
	size_t refused_capacity;
	size_t received; /* elements that came */
	size_t logged;   /* refusals logged one by one; never taken back */
	int dir;         /* for the spool, see there */
	struct row_shelf *shelf; /* NULL until there is a row */
};

#define RECORDS(spec_) ((struct records){.spec = (spec_), .dir = -1})

/* Takes one element. Returns 0, also when it was refused; -1 for lack of
 * memory, or of room for what is put away. Past CATALOGUE_MAX_ELEMENTS and
 * CATALOGUE_MAX_REFERENCES nothing is kept any more, and records_check tells. */
int records_add(struct records *records, struct json_object *element,
		struct error *err);

/* Forgets what came after the first `count` elements. */
void records_rewind(struct records *records, size_t count);

/* -1 with EX_DATAERR where too much came. */
int records_check(const struct records *records, struct error *err);

/* Removes the rows for which `is_dropped` is set, with their references. */
void records_drop(struct records *records, const unsigned char *is_dropped);

/* The texts of a row, by field, NULL where absent. They hold until
 * records_put_back. Where they cannot be read, for records_put_back to tell, id
 * and name are "" and the others absent. */
const char *const *records_texts(const struct records *records, size_t row);

/* The texts of a row's references, one after another, each with a NUL; ""
 * stands for one that ends in a slash. They hold as the other texts do; NULL
 * where they cannot be read. */
const char *records_refs(const struct records *records, size_t row);

/* Takes back every text that was handed out. Returns 0, or -1 where one of them
 * could not be read since the last time. */
int records_put_back(const struct records *records, struct error *err);

void records_free(struct records *records);

#endif
