/*
 * Cuts a JSON array that arrives in pieces into its elements, holding one
 * element at a time: json-c takes hundreds of bytes for `{}`, so a limit on
 * the answer's bytes would be none on memory.
 *
 *	struct array_cutter cutter = ARRAY_CUTTER(keep, &model);
 *
 *	while ((n = next_piece(piece)) > 0)
 *		if (array_cutter_feed(&cutter, piece, n, err) != 0)
 *			break;
 *	status = array_cutter_finish(&cutter, err);
 *	array_cutter_free(&cutter);
 *
 * What it hands over is JSON to the letter of RFC 8259 (json_grammar.h says
 * where that is stricter than json-c) and UTF-8. How the text is cut into
 * pieces changes nothing, neither elements nor errors.
 */
#ifndef MARQUEE_UPSTREAM_ARRAY_CUTTER_H
#define MARQUEE_UPSTREAM_ARRAY_CUTTER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/json_grammar.h"

#define ARRAY_CUTTER_MAX_ELEMENT_BYTES ((size_t)1 << 20)
#define ARRAY_CUTTER_MAX_ELEMENTS 1000000

/* Takes one element's text, without white space around it; `text` holds until
 * it returns and need not end with a NUL. Returns 0 to go on, 1 when it needs
 * no more, -1 with a reason. */
typedef int array_cutter_element(void *context, const char *text, size_t length,
				 struct error *err);

struct array_cutter {
	array_cutter_element *element;
	void *context;
	size_t max_element_bytes;
	size_t max_elements;
	struct json_grammar grammar;
	struct buffer held;   /* the element's part from earlier pieces */
	size_t element_bytes; /* of the element being read, 0 between */
	size_t element_count; /* handed over */
	size_t text_bytes;    /* taken */
};

#define ARRAY_CUTTER(element_callback, callback_context)                       \
	((struct array_cutter){                                                \
		.element = (element_callback),                                 \
		.context = (callback_context),                                 \
		.max_element_bytes = ARRAY_CUTTER_MAX_ELEMENT_BYTES,           \
		.max_elements = ARRAY_CUTTER_MAX_ELEMENTS,                     \
	})

/* Takes the next piece. Returns 0; 1 when the callback needs no more; or -1
 * with EX_DATAERR and the byte and element (both counted from 1) at which the
 * text is refused, or with what the callback failed with. After 1 and -1 only
 * restart and free make sense. */
int array_cutter_feed(struct array_cutter *cutter, const char *piece,
		      size_t length, struct error *err);

/* The text is over. Returns 0, or -1 with EX_UNAVAILABLE where it ends too
 * early: part of it got lost on its way, so asking again may help. */
int array_cutter_finish(const struct array_cutter *cutter, struct error *err);

/* Ready for another text; callback, limits and memory stay. */
void array_cutter_restart(struct array_cutter *cutter);

void array_cutter_free(struct array_cutter *cutter);

#endif
