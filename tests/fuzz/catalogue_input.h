/*
 * A catalogue of an input's lines: films, people and species, each a JSON
 * array, and a species filter.
 */
#ifndef MARQUEE_TESTS_CATALOGUE_INPUT_H
#define MARQUEE_TESTS_CATALOGUE_INPUT_H

#include "catalogue/catalogue.h"
#include "fuzz.h"

#define CATALOGUE_INPUT_MAX_BYTES 2048

struct catalogue_input {
	struct fuzz_span films, people, species;
	char filter[CATALOGUE_INPUT_MAX_BYTES + 1];
};

void catalogue_input_read(struct catalogue_input *input, const uint8_t *data,
			  size_t size);

/* A new catalogue of it, joined, which the caller frees. Backwards: the
 * collections come the other way round, and each once more and is taken back,
 * as when a request is tried again. */
struct catalogue *catalogue_input_join(const struct catalogue_input *input,
				       bool is_backwards);

#endif
