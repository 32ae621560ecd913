/*
 * Every representation of a catalogue: the pages, the JSON, the style sheet.
 *
 *	struct catalogue_templates *templates =
 *		catalogue_templates_open("share/templates", &err);
 *	struct catalogue_render_options options = {
 *		.templates = templates,
 *		.has_posters = true,
 *	};
 *
 *	catalogue_render(catalogue, &options, put, writer, &err);
 *	catalogue_templates_free(templates);
 *
 * What is rendered depends on the catalogue, the templates and the options and
 * on nothing else: the same ones give the same bytes, at any time, anywhere.
 *
 * The names, in the order in which they come:
 *
 *	style.css  favicon.svg  script.js
 *	index.html			the page at /
 *	movies.html  movies/page/2.html …	the list, the upstream's order
 *	movies-by-year.html  movies-by-year/page/2.html …
 *	movies.json			the whole list, contract 3.1
 *	movies.atom			the newest films, as Atom (RFC 4287)
 *	movies/<id>.html  movies/<id>.json	each film; the id
 *					percent-encoded (text_percent_encode)
 *	error/400.html  404  405  500  503
 *
 * JSON: a film is {"film_id", "film_title", "persons": [{"person_id",
 * "person_name", "species", "gender", "age", "eye_color", "hair_color"}],
 * "original_title", "original_title_romanised", "description", "director",
 * "producer", "release_date", "running_time", "rt_score", "image",
 * "movie_banner"}; all values are strings, as the upstream has them, and what
 * the upstream does not have is left out. movies.json holds the films as
 * members of one object, keyed by id.
 */
#ifndef MARQUEE_CATALOGUE_CATALOGUE_RENDER_H
#define MARQUEE_CATALOGUE_CATALOGUE_RENDER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compress.h"
#include "base/error.h"
#include "base/hash.h"
#include "catalogue/catalogue.h"

/* Films on one page of the list. */
#define CATALOGUE_PAGE_FILMS 200

/* Films in the feed at most: the newest by their year. */
#define CATALOGUE_FEED_FILMS 100

/* The list can be filtered by so many directors at most: those with the most
 * films. */
#define CATALOGUE_MAX_DIRECTORS 24

/* A film's page links to so many other films of one person at most. */
#define CATALOGUE_MAX_OTHER_FILMS 12

/* movies.json comes in pieces of about so many bytes where it has more. */
#define CATALOGUE_PIECE_BYTES ((size_t)1 << 20)

/* Of more films than this, what is one of many (a film, a page of the list that
 * is not its first) is not compressed any more: it would take longer than all
 * the rest. */
#define CATALOGUE_MAX_CODED_FILMS 2000

/* More bytes in all, and a larger body, are refused with EX_DATAERR. */
#define CATALOGUE_MAX_BODY_BYTES ((size_t)1 << 30)
#define CATALOGUE_MAX_TOTAL_BYTES (1ULL << 32)

struct catalogue_templates;

/* Reads and parses the templates in `directory`: movies, film, index, error,
 * feed and style.css (each with .mustache), their partials, favicon.svg and
 * script.js.
 * Returns NULL with EX_NOINPUT where one is missing, EX_DATAERR with file,
 * line and column where one is no template. The caller frees it. */
struct catalogue_templates *catalogue_templates_open(const char *directory,
						     struct error *err);

/* The same without parsing, for whoever may only need their digest: what is
 * missing is found now, what is no template by catalogue_templates_parse, which
 * must come before rendering. */
struct catalogue_templates *catalogue_templates_look(const char *directory,
						     struct error *err);

/* Parses what is not parsed yet. Returns 0, or -1 as above. */
int catalogue_templates_parse(struct catalogue_templates *templates,
			      struct error *err);

/* NULL is allowed. */
void catalogue_templates_free(struct catalogue_templates *templates);

struct catalogue_render_options {
	const struct catalogue_templates *templates;
	/* MARQUEE_PUBLIC_URL, with or without a slash at its end; empty or
	 * NULL leaves canonical links and share previews out. */
	const char *public_url;
	bool has_posters; /* MARQUEE_POSTERS is not "off" */
	bool is_bundled;  /* the catalogue is the one that comes with Marquee:
			    the pages say so */
	bool has_example_files; /* the example's media files are served: the
				   welcome page links to them */
};

struct catalogue_rendered {
	const char *name; /* see above */
	const char *media_type;
	const void *body;
	size_t body_bytes;
	/* Needed as a plain file too: the lists in every format, the style, the
	 * script and the pages that nginx serves when nothing else can. */
	bool is_file;
	bool has_more; /* the body is a piece; the next call has the next one */
	enum compress_effort effort; /* that its codings are worth */
};

/* Hands every representation to `put`, one after another; nothing of it
 * outlives the call of `put`. A result of `put` other than 0 ends the
 * rendering with -1 and the reason that `put` left in `err`. Returns 0, or -1
 * with EX_OSERR, EX_DATAERR (a body too large) or what `put` said.
 *
 * The catalogue must have been joined. */
int catalogue_render(const struct catalogue *catalogue,
		     const struct catalogue_render_options *options,
		     int (*put)(void *context,
				const struct catalogue_rendered *rendered,
				struct error *err),
		     void *context, struct error *err);

/* The URL under which pages link the style sheet with this rendered body: with
 * a digest of it, so that a browser never shows a new page in an old style. */
#define CATALOGUE_STYLE_URL_BYTES 32
int catalogue_style_url(const void *body, size_t body_bytes,
			char url[CATALOGUE_STYLE_URL_BYTES], struct error *err);

/* A digest, in hexadecimal, of all that rendering depends on besides the
 * upstream's data: the templates' sources, the options, `species_filter` (as
 * given to catalogue_join) and this program's version. Where it differs from
 * the one kept, an unchanged upstream must be rendered anew. */
int catalogue_render_digest(const struct catalogue_render_options *options,
			    const char *species_filter,
			    char hex[HASH_HEX_BYTES], struct error *err);

#endif
