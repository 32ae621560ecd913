/*
 * All that is published for the films: the catalogue's pages and JSON, the
 * API's documentation, and how much there is.
 */
#ifndef MARQUEE_CRON_MOVIES_PUBLISH_H
#define MARQUEE_CRON_MOVIES_PUBLISH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/settings.h"
#include "cache/cache_writer.h"
#include "catalogue/catalogue.h"

/* The templates, and the settings that show in pages. */
struct movies_pages;

/* Opens <MARQUEE_SHARE_DIR>/templates and sets `digest` to that of all that
 * pages are made of besides the films. `has_example_files`: the site serves
 * the media files of example/media. Returns NULL; where a template is missing
 * with EX_CONFIG. The settings must outlive it. */
struct movies_pages *movies_pages_open(const struct settings *settings,
				       bool has_example_files,
				       char digest[HASH_HEX_BYTES],
				       struct error *err);

/* NULL is allowed. */
void movies_pages_free(struct movies_pages *pages);

/* Renders a joined catalogue and publishes it. `has_same_live`: what is live was
 * rendered with the same digest, so that what no film shows in is taken over
 * from it. Returns as cache_writer_commit; `writer` NULL renders only and
 * returns 0. `body_bytes` is set to the bytes of all bodies. */
int movies_publish(const struct movies_pages *pages,
		   const struct catalogue *catalogue, bool is_bundled,
		   bool has_same_live, struct cache_writer *writer,
		   size_t *body_bytes, struct error *err);

#endif
