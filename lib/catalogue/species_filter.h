/*
 * MARQUEE_SPECIES: which people stay; only for the catalogue room itself.
 */
#ifndef MARQUEE_CATALOGUE_SPECIES_FILTER_H
#define MARQUEE_CATALOGUE_SPECIES_FILTER_H

#include "base/error.h"
#include "catalogue/model.h"

/* Sets `is_hidden` (one byte a person, all zero before) for the people whose
 * species `filter` does not name, and `hidden` to their number. `filter` is as
 * catalogue_join has it. Needs the people's species to be known. Returns 0, or
 * -1 for lack of memory or
 * where a name cannot be read. */
int species_filter_apply(const struct catalogue *catalogue, const char *filter,
			 unsigned char *is_hidden, size_t *hidden,
			 struct error *err);

#endif
