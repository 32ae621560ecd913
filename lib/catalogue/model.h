/*
 * What a catalogue is made of; only for the catalogue room itself.
 */
#ifndef MARQUEE_CATALOGUE_MODEL_H
#define MARQUEE_CATALOGUE_MODEL_H

#include <stdbool.h>

#include "catalogue/catalogue.h"
#include "catalogue/records.h"

/* Columns of the three tables. The tables' specs say how each is read. */
enum film_field {
	FILM_ID = RECORD_ID,
	FILM_TITLE = RECORD_NAME,
	FILM_ORIGINAL_TITLE,
	FILM_ROMANISED,
	FILM_DESCRIPTION,
	FILM_DIRECTOR,
	FILM_PRODUCER,
	FILM_RELEASE_DATE,
	FILM_RUNNING_TIME,
	FILM_SCORE,
	FILM_IMAGE,
	FILM_BANNER,
	FILM_FIELDS
};

enum person_field {
	PERSON_ID = RECORD_ID,
	PERSON_NAME = RECORD_NAME,
	PERSON_GENDER,
	PERSON_AGE,
	PERSON_EYES,
	PERSON_HAIR,
	PERSON_SPECIES, /* reference */
	PERSON_FIELDS
};

enum species_field {
	SPECIES_ID = RECORD_ID,
	SPECIES_NAME = RECORD_NAME,
	SPECIES_FIELDS
};

extern const struct records_spec film_spec;
extern const struct records_spec person_spec;
extern const struct records_spec species_spec;

/* Rows of indices: row r is items[starts[r]] to items[starts[r + 1] - 1]. */
struct links {
	uint32_t *starts;
	uint32_t *items;
};

#define MODEL_NONE UINT32_MAX

struct catalogue {
	struct records films;
	struct records people;
	struct records species;

	/* All NULL and zero until catalogue_join. */
	struct links cast;        /* film → its people, ascending */
	struct links roles;       /* person → its films, ascending */
	uint32_t *person_species; /* person → species or MODEL_NONE */
	struct catalogue_counts counts;
};

/* All texts hold until they are put back, all at once; see records.h. */
int catalogue_put_back(const struct catalogue *catalogue, struct error *err);

static inline const char *film_text(const struct catalogue *catalogue,
				    size_t film, enum film_field field)
{
	return records_texts(&catalogue->films, film)[field];
}

static inline const char *person_text(const struct catalogue *catalogue,
				      size_t person, enum person_field field)
{
	return records_texts(&catalogue->people, person)[field];
}

/* The name of the person's species, or NULL. */
static inline const char *person_species_name(const struct catalogue *catalogue,
					      size_t person)
{
	uint32_t species = catalogue->person_species[person];

	if (species == MODEL_NONE)
		return NULL;
	return records_texts(&catalogue->species, species)[SPECIES_NAME];
}

static inline size_t links_count(const struct links *links, size_t row)
{
	return links->starts[row + 1] - links->starts[row];
}

static inline uint32_t links_item(const struct links *links, size_t row,
				  size_t i)
{
	return links->items[links->starts[row] + i];
}

#endif
