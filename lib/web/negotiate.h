/*
 * Choosing among what there is by what the client prefers (RFC 9110 §12).
 *
 * Nothing here ever refuses: where nothing is acceptable, the first of what
 * there is goes out, since a page is of more use than a 406 (§12.1 allows it).
 */
#ifndef MARQUEE_WEB_NEGOTIATE_H
#define MARQUEE_WEB_NEGOTIATE_H

#include <stdbool.h>
#include <stddef.h>

#include "cache/cache_reader.h"

/* The most a weight can be; weights are counted in thousandths. */
#define NEGOTIATE_WEIGHT_MAX 1000

/* The weight, 0 to 1000, that an Accept header gives to a media type without
 * parameters ("text/html"): that of the most specific range which fits. NULL
 * and blank headers accept everything. Elements that do not parse are passed
 * over; a parameter other than q and charset=utf-8 fits none of our types. */
int negotiate_weight(const char *accept, const char *media_type);

/* The index of the media type that weighs most; the first of equals, and the
 * first where none is acceptable. */
size_t negotiate_media_type(const char *accept, const char *const *media_types,
			    size_t count);

/* The coding that Accept-Encoding prefers among those that are present:
 * at equal weight br before gzip before identity. Without the header, or where
 * it accepts none of them: identity. */
enum cache_coding negotiate_coding(
	const char *accept_encoding,
	const struct cache_entry_body bodies[CACHE_CODINGS]);

/* The coding's name in Content-Encoding; NULL for identity. */
const char *negotiate_coding_name(enum cache_coding coding);

#endif
