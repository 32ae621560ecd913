/*
 * One collection's elements as rows of texts, read by a table of fields; only
 * for the catalogue room itself.
 *
 * Rows are kept in the order in which the elements came, each with its
 * position among all that came, so that the last ones can be taken back.
 */
#ifndef MARQUEE_CATALOGUE_RECORDS_H
#define MARQUEE_CATALOGUE_RECORDS_H

#include <stdint.h>

#include "base/error.h"
#include "catalogue/arena.h"
#include "catalogue/fields.h"

struct json_object;

/* The first two fields of every table. */
#define RECORD_ID 0
#define RECORD_NAME 1

struct records_spec {
	const char *noun; /* "film", for messages */
	const struct field_spec *fields;
	size_t field_count;
	const char *refs; /* key of its array of references; NULL: none */
};

struct record {
	const char **texts; /* by field; NULL where absent */
	uint32_t position;  /* among the elements that came, from 0 */
	uint32_t ignored_fields;
	uint32_t cut_texts;
	uint32_t refused_images;
};

/* A reference to an id of the other collection. */
struct record_ref {
	uint32_t owner;     /* index of the row it stands in */
	const char *target; /* "" where the reference ends in a slash */
};

struct records {
	const struct records_spec *spec;
	struct record *rows;
	size_t count;
	size_t capacity;
	struct record_ref *refs; /* ordered by owner */
	size_t ref_count;
	size_t ref_capacity;
	uint32_t *refused; /* positions of the elements refused, ascending */
	size_t refused_count;
	size_t refused_capacity;
	size_t received; /* elements that came */
	size_t logged;   /* refusals logged one by one; never taken back */
	struct arena arena;
};

/* Takes one element. Returns 0, also when it was refused; -1 for lack of
 * memory. Past CATALOGUE_MAX_ELEMENTS and CATALOGUE_MAX_REFERENCES nothing is
 * kept any more, and records_check tells. */
int records_add(struct records *records, struct json_object *element,
		struct error *err);

/* Forgets what came after the first `count` elements. The memory of their
 * texts is given back when all are forgotten. */
void records_rewind(struct records *records, size_t count);

/* -1 with EX_DATAERR where too much came. */
int records_check(const struct records *records, struct error *err);

/* Removes the rows for which `is_dropped` is set, with their references. */
void records_drop(struct records *records, const unsigned char *is_dropped,
		  uint32_t *scratch);

void records_free(struct records *records);

#endif
