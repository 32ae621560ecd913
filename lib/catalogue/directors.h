/*
 * The directors by whom the list can be filtered; only for the catalogue room
 * itself.
 */
#ifndef MARQUEE_CATALOGUE_DIRECTORS_H
#define MARQUEE_CATALOGUE_DIRECTORS_H

#include "base/error.h"
#include "catalogue/model.h"

struct director {
	char *name; /* owned */
	size_t films;
	uint32_t first; /* the first film, in the upstream's order */
};

struct directors {
	/* Those with the most films first, then in the order of their first
	 * films; at most CATALOGUE_MAX_DIRECTORS. */
	struct director *items;
	size_t count;
	uint32_t *of_film; /* film → director, or MODEL_NONE */
};

/* Returns 0, or -1 for lack of memory or where a name cannot be read. The caller frees it either way. */
int directors_find(const struct catalogue *catalogue,
		   struct directors *directors, struct error *err);

void directors_free(struct directors *directors);

#endif
