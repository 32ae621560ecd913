/*
 * Computes what all pages of one rendering share; only for the catalogue room
 * itself. See struct site in view.h.
 */
#ifndef MARQUEE_CATALOGUE_SITE_H
#define MARQUEE_CATALOGUE_SITE_H

#include "catalogue/view.h"

/* Fills in everything but style_url. Returns 0, or -1 for lack of memory or
 * where a film cannot be read.
 * The caller frees it either way. */
int site_prepare(struct site *site, const struct catalogue *catalogue,
		 const struct catalogue_render_options *options,
		 struct error *err);

void site_free(struct site *site);

/* Counts, of `count` films from place `first` on, those of each director. Room
 * for CATALOGUE_MAX_DIRECTORS in `filter`; directors without a film here are
 * left out. Returns how many there are. */
size_t site_count_directors(const struct site *site, const uint32_t *order,
			    size_t first, size_t count,
			    struct page_director *filter);

#endif
