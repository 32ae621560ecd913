/*
 * Fetching the films API's three collections into a catalogue.
 */
#ifndef MARQUEE_CRON_MOVIES_FETCH_H
#define MARQUEE_CRON_MOVIES_FETCH_H

#include "base/error.h"
#include "base/hash.h"
#include "base/settings.h"
#include "catalogue/catalogue.h"
#include "upstream/collection.h"

/* films, people, species: one order everywhere. */
enum movies_collection {
	MOVIES_FILMS,
	MOVIES_PEOPLE,
	MOVIES_SPECIES,
	MOVIES_COLLECTIONS
};

/* What the last fetch gave. */
struct movies_known {
	const struct upstream_validators *validators; /* NULL: nothing */
	/* As upstream_collection has it. */
	int (*body)(void *context, const char *path, struct buffer *body);
	void *context;
};

/* Fetches from the bases of MARQUEE_GHIBLI_URL, as the settings have it, into
 * `catalogue` and sets the results in `collections`, whose validators
 * and bodies the caller frees. `timeout_ms` is there for all of it. Returns and
 * reports as upstream_fetch. */
int movies_fetch(const struct settings *settings, struct catalogue *catalogue,
		 const struct movies_known *known, long timeout_ms,
		 struct upstream_collection collections[MOVIES_COLLECTIONS],
		 struct upstream_report *report, struct error *err);

/* One digest, in hexadecimal, over those of the fetched collections. */
int movies_fetch_digest(
	const struct upstream_collection collections[MOVIES_COLLECTIONS],
	char hex[HASH_HEX_BYTES], struct error *err);

#endif
