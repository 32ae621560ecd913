/*
 * The set in the making: writes representations into the staging directory,
 * as a pack (pack.h) with its plain files beside it, and knows its hash.
 * The room's own; others publish through cache_writer.h.
 */
#ifndef MARQUEE_CACHE_STAGING_H
#define MARQUEE_CACHE_STAGING_H

#include "base/error.h"
#include "cache/cache_writer.h"
#include "cache/layout.h"

struct staging;

/* Makes the directory `staging` below `site` (it must not exist) and starts a
 * pack in it. Returns NULL with a reason. */
struct staging *staging_start(int site, struct error *err);

/* See cache_writer_add. */
int staging_add(struct staging *staging,
		const struct cache_representation *representation,
		struct error *err);

/* See cache_writer_repeat and cache_writer_is_live. */
int staging_repeat(struct staging *staging, const char *name,
		   size_t *body_bytes, struct error *err);
bool staging_is_live(const struct staging *staging,
		     const struct cache_representation *representation);

/* Writes the index, fsyncs the pack and the directory, reads everything back
 * and compares. Sets `name` to the set's hash. After it, only staging_free. */
int staging_finish(struct staging *staging,
		   char name[LAYOUT_GENERATION_DIGITS + 1], struct error *err);

/* Frees the memory; the files stay. NULL is allowed. */
void staging_free(struct staging *staging);

#endif
