/*
 * The API's documentation: openapi.json, and a page made of it.
 *
 * The templates directory holds openapi.json (OpenAPI 3.1, by hand) and
 * docs.mustache. openapi.json is itself a template with one name, {{version}},
 * so that what is published never names an old version. It is checked before
 * anything is made of it: a page that leaves half of the API out, or a curl
 * line that is not there, is an error and no surprise.
 *
 *	struct docs_frame frame = {.style_url = "/style.css?v=01234567"};
 *
 *	if (docs_render("share/templates", &frame, &html, &openapi, &err) != 0)
 *		…
 *
 * What openapi.json must be, beyond what OpenAPI asks: every operation has a
 * summary, an operationId of its own (letters and digits: it is the page's
 * anchor), one of the declared tags (the page's chapters, in that order) and
 * an "x-curl" line; a path holds operations only; a $ref is
 * "#/components/<kind>/<name>" and leads to no other $ref; request headers are
 * declared in components/parameters. Descriptions are shown as plain text.
 */
#ifndef MARQUEE_DOCS_DOCS_H
#define MARQUEE_DOCS_DOCS_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/hash.h"

/* What the page shares with the site's other pages. */
struct docs_frame {
	const char *style_url; /* the style sheet's, as other pages have it */
	/* MARQUEE_PUBLIC_URL, with or without a slash at its end; empty or
	 * NULL leaves the canonical link out. */
	const char *public_url;
};

/* Appends the page (text/html, UTF-8) and the document (application/json).
 * Returns 0, or -1 with EX_NOINPUT where a file is missing, EX_DATAERR with
 * the file's name where one is no template, no JSON or not as described above;
 * both buffers then hold what they held before, or a part. The files may be as
 * large as TEMPLATE_MAX_BYTES. */
int docs_render(const char *directory, const struct docs_frame *frame,
		struct buffer *html, struct buffer *openapi, struct error *err);

/* Adds the files that only the documentation is made of to a digest. The parts
 * that pages share are not among them: catalogue_render_digest has those. */
int docs_sources(const char *directory, struct hash *hash, struct error *err);

#endif
