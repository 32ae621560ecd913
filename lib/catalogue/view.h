/*
 * What the templates see; only for the catalogue room itself.
 *
 * No tree is built: template values point at a page and carry an index, and
 * tables of members (view_find) make the answers. A name that an object knows
 * but has no value for is TEMPLATE_FALSE, not missing, so that the engine does
 * not go on looking in what surrounds it.
 *
 * The names themselves are listed in templates/README.md.
 */
#ifndef MARQUEE_CATALOGUE_VIEW_H
#define MARQUEE_CATALOGUE_VIEW_H

#include "catalogue/catalogue_render.h"
#include "catalogue/directors.h"
#include "catalogue/model.h"
#include "template/template.h"

/* What all pages of one rendering share. */
struct site {
	const struct catalogue *catalogue;
	const struct catalogue_render_options *options;
	struct directors directors;
	uint32_t *by_year;   /* films by year, those without one last */
	size_t dated;        /* films with a year */
	unsigned first_year; /* 0 where no film has one */
	unsigned last_year;
	char style_url[CATALOGUE_STYLE_URL_BYTES];
	char script_url[CATALOGUE_STYLE_URL_BYTES];
	char *public_url; /* without a slash at its end; "" */
};

/* A director as the filter of one page offers it. */
struct page_director {
	uint32_t director;
	size_t films; /* on this page */
};

/* Texts made while a page is rendered. Lack of memory is remembered. */
struct scratch {
	struct arena arena;
	bool has_failed;
};

/* A named value of the page itself. */
struct page_value {
	const char *name; /* a literal */
	struct template_value value;
};

#define PAGE_MAX_VALUES 32

struct page {
	const struct site *site;
	struct scratch *scratch;
	struct page_value values[PAGE_MAX_VALUES];
	size_t value_count;
	uint32_t film; /* whose page it is, else MODEL_NONE */

	/* Of the list. */
	const uint32_t *order; /* NULL: the upstream's */
	size_t first;          /* place in it of the page's first film */
	const struct page_director *filter;
};

/* A part of the list. */
struct page_list {
	const uint32_t *order; /* films by year; NULL: the upstream's order */
	size_t first;
	size_t count;
	size_t number; /* of the page, from 1 */
	size_t pages;
	const struct page_director *filter;
	size_t filter_count;
};

/* Begins a page with what every page has. `path` is its URL path and query;
 * NULL for what has no address of its own. */
void page_start(struct page *page, const struct site *site,
		struct scratch *scratch, const char *path);

/* Add what the welcome page (the first films, at most `most`), the feed (the
 * newest, at most `most`, those without a year last), the list, a film's page
 * and an error page have besides. */
void page_add_films(struct page *page, size_t most);
void page_add_newest(struct page *page, size_t most);
void page_add_list(struct page *page, const struct page_list *list);
void page_add_film(struct page *page, uint32_t film);
void page_add_error(struct page *page, int status, const char *title,
		    const char *text);

/* The page as the root object. */
struct template_value page_root(const struct page *page);

struct view_member {
	const char *name;
	/* NULL: the text in the column `field` of the row. */
	void (*get)(const struct page *page, size_t index,
		    struct template_value *value);
	int field;
};

/* The member of a table that is called `name`, or NULL. */
const struct view_member *view_find(const struct view_member *table,
				    size_t count, const char *name,
				    size_t name_length);

/* Set `value`. A text that is NULL or empty, or "NA", which is what the
 * upstream writes for "not available", becomes false. */
void view_text(struct template_value *value, const char *text);
void view_flag(struct template_value *value, bool is_true);
void view_format(const struct page *page, struct template_value *value,
		 const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The path and query of page `number` of the list:
 * "/movies/page/2?order=year". */
void view_list_path(const struct page *page, struct template_value *value,
		    bool is_by_year, size_t number);

/* A name for a film that is the same at all times and on every host: a UUID of
 * version 8 made of its id (RFC 9562 §5.8), as a URN. */
void view_urn(const struct page *page, struct template_value *value,
	      const char *id);

/* A film's year, or 0: release_date's first four digits, with no further digit
 * behind them. */
unsigned view_year(const struct catalogue *catalogue, size_t film);

/* A film as an object. */
struct template_value view_film(const struct page *page, size_t film);

#endif
