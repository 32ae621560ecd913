/*
 * Every collection of a fetch from one base: first pages at once, conditional
 * or not, following pages as they turn out to be needed.
 */
#ifndef MARQUEE_UPSTREAM_BASE_FETCH_H
#define MARQUEE_UPSTREAM_BASE_FETCH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "upstream/collection.h"
#include "upstream/http.h"

struct base_fetch_result {
	bool is_unchanged; /* every collection was answered 304 */
	struct http_totals totals;
};

/* Fills in what upstream_fetch promises of the collections, whose results are
 * empty before. `result` is filled in after a failure too. Returns 0, or -1 as
 * upstream_fetch. */
int base_fetch(const char *base, const struct http_options *options,
	       struct upstream_collection *collections, size_t count,
	       struct base_fetch_result *result, struct error *err);

/* The base as results and messages show it: without userinfo and without
 * slashes at its end. Owned by the caller; NULL with EX_OSERR. */
char *base_fetch_public(const char *base, struct error *err);

#endif
