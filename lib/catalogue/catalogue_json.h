/*
 * The JSON of contract 3.1; only for the catalogue room itself.
 */
#ifndef MARQUEE_CATALOGUE_CATALOGUE_JSON_H
#define MARQUEE_CATALOGUE_CATALOGUE_JSON_H

#include "base/json_writer.h"
#include "catalogue/model.h"

/* Writes one film as an object, catalogue_render.h says of what. Without
 * `has_posters` it has no links to images. */
void catalogue_json_film(struct json_writer *json,
			 const struct catalogue *catalogue, size_t film,
			 bool has_posters);

/* Appends the object of all films, by id, in the upstream's order, and a
 * newline; or a part of it: from `*film` on (0: the beginning) until `out` has
 * `most_bytes` or more, at the end of a film, to which `*film` is set. Returns
 * 1 where there is more, 0, or -1. */
int catalogue_json_films(struct buffer *out, const struct catalogue *catalogue,
			 bool has_posters, size_t most_bytes, size_t *film,
			 struct error *err);

#endif
