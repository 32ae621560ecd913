#include "catalogue/catalogue_render.h"

#include <stdio.h>
#include <string.h>

#include "base/count.h"
#include "base/hex.h"
#include "base/text.h"
#include "catalogue/catalogue_json.h"
#include "catalogue/catalogue_templates.h"
#include "catalogue/site.h"

#define HTML "text/html; charset=utf-8"
#define JSON "application/json"
#define CSS "text/css; charset=utf-8"
#define SVG "image/svg+xml"
#define JAVASCRIPT "text/javascript; charset=utf-8"
#define ATOM "application/atom+xml"

/* Films shown on the welcome page. */
#define WELCOME_FILMS 6

static const struct error_page {
	int status;
	const char *title;
	const char *text;
} error_pages[] = {
	{400, "That request makes no sense here",
	 "The server could not read what was asked for."},
	{404, "Not on the programme",
	 "There is no page at this address. It may have been mistyped, or the "
	 "film is gone."},
	{405, "Not that way",
	 "This page can be read, not written: only GET and HEAD work here."},
	{500, "The projector jammed",
	 "Something went wrong on this server. It is not your fault; try again "
	 "in a moment."},
	{503, "The house is still dark",
	 "There is nothing to show yet. Try again in a minute."},
};

/* One rendering under way. Name and body are used again by the next
 * representation. */
struct rendering {
	struct site site;
	struct scratch scratch;
	struct buffer name;
	struct buffer body;
	unsigned long long total_bytes;
	enum compress_effort effort_for_many;
	int (*put)(void *context, const struct catalogue_rendered *rendered,
		   struct error *err);
	void *context;
};

/* What tells one way of handing a body on from another. */
struct manner {
	const char *media_type;
	bool is_file;
	bool has_more;
	enum compress_effort effort;
};

static int check_size(struct rendering *r, struct error *err)
{
	r->total_bytes += r->body.length;
	if (r->body.length > CATALOGUE_MAX_BODY_BYTES ||
	    r->total_bytes > CATALOGUE_MAX_TOTAL_BYTES)
		return error_set(err, EX_DATAERR,
				 "%s makes the rendered catalogue too large",
				 r->name.data);
	return 0;
}

/* Hands name and body on, and clears them; the name stays while there is more
 * of the body. Texts that were needed for it are not any more. */
static int put(struct rendering *r, const struct manner *manner,
	       struct error *err)
{
	struct catalogue_rendered rendered = {
		.name = r->name.data,
		.media_type = manner->media_type,
		.body = r->body.data,
		.body_bytes = r->body.length,
		.is_file = manner->is_file,
		.has_more = manner->has_more,
		.effort = manner->effort,
	};

	if (buffer_check(&r->name, err) != 0 ||
	    buffer_check(&r->body, err) != 0 || check_size(r, err) != 0 ||
	    catalogue_put_back(r->site.catalogue, err) != 0 ||
	    r->put(r->context, &rendered, err) != 0)
		return -1;
	if (!manner->has_more)
		buffer_clear(&r->name);
	buffer_clear(&r->body);
	return 0;
}

/* XML has no place for two characters that JSON and HTML let pass. */
static void blank_what_xml_forbids(struct buffer *text)
{
	size_t i;

	for (i = 0; i + 2 < text->length; i++)
		if (memcmp(text->data + i, "\xef\xbf", 2) == 0 &&
		    (unsigned char)text->data[i + 2] >= 0xbe)
			memcpy(text->data + i, TEXT_REPLACEMENT, 3);
}

static int put_page(struct rendering *r, const struct page *page,
		    enum catalogue_template which, const struct manner *manner,
		    struct error *err)
{
	const struct catalogue_templates *templates =
		r->site.options->templates;
	struct template_value root = page_root(page);
	int status =
		template_render(templates->parsed[which], &root, &r->body, err);

	if (status == 0 && r->scratch.has_failed)
		status = error_no_memory(err);
	if (which == TEMPLATE_FEED)
		blank_what_xml_forbids(&r->body);
	arena_clear(&r->scratch.arena);
	return status == 0 ? put(r, manner, err) : -1;
}

static int digest_url(const char *name, const void *body, size_t body_bytes,
		      char url[CATALOGUE_STYLE_URL_BYTES], struct error *err)
{
	unsigned char digest[HASH_BYTES];
	char version[9];

	if (hash_bytes(body, body_bytes, digest, err) != 0)
		return -1;
	hex_encode(digest, 4, version);
	snprintf(url, CATALOGUE_STYLE_URL_BYTES, "/%s?v=%s", name, version);
	return 0;
}

int catalogue_style_url(const void *body, size_t body_bytes,
			char url[CATALOGUE_STYLE_URL_BYTES], struct error *err)
{
	return digest_url("style.css", body, body_bytes, url, err);
}

/* The style sheet comes first: its digest stands in every page, so that a
 * browser never shows a new page with an old style. */
static int put_style(struct rendering *r, struct error *err)
{
	static const struct manner manner = {CSS, true, false, COMPRESS_HARD};
	struct template_value root;
	struct page page;

	page_start(&page, &r->site, &r->scratch, NULL);
	root = page_root(&page);
	if (template_render(r->site.options->templates->parsed[TEMPLATE_STYLE],
			    &root, &r->body, err) != 0 ||
	    catalogue_style_url(r->body.data, r->body.length, r->site.style_url,
				err) != 0)
		return -1;
	buffer_clear(&r->body);
	buffer_text(&r->name, "style.css");
	return put_page(r, &page, TEMPLATE_STYLE, &manner, err);
}

static int put_favicon(struct rendering *r, struct error *err)
{
	static const struct manner manner = {SVG, true, false, COMPRESS_HARD};
	const struct buffer *svg = &r->site.options->templates->favicon;

	buffer_text(&r->name, "favicon.svg");
	buffer_append(&r->body, svg->data, svg->length);
	return put(r, &manner, err);
}

/* Before the pages too, which hold its digest. */
static int put_script(struct rendering *r, struct error *err)
{
	static const struct manner manner = {JAVASCRIPT, true, false,
					     COMPRESS_HARD};
	const struct buffer *script = &r->site.options->templates->script;

	if (digest_url("script.js", script->data, script->length,
		       r->site.script_url, err) != 0)
		return -1;
	buffer_text(&r->name, "script.js");
	buffer_append(&r->body, script->data, script->length);
	return put(r, &manner, err);
}

static int put_index(struct rendering *r, struct error *err)
{
	static const struct manner manner = {HTML, true, false, COMPRESS_WELL};
	struct page page;

	page_start(&page, &r->site, &r->scratch, "/");
	page_add_films(&page, WELCOME_FILMS);
	buffer_text(&r->name, "index.html");
	return put_page(r, &page, TEMPLATE_INDEX_PAGE, &manner, err);
}

static int put_list_page(struct rendering *r, const struct page_list *list,
			 struct error *err)
{
	const char *base = list->order != NULL ? "movies-by-year" : "movies";
	const struct manner manner = {
		.media_type = HTML,
		.is_file = list->number == 1,
		.effort =
			list->number == 1 ? COMPRESS_WELL : r->effort_for_many,
	};
	struct template_value path = {0};
	struct page page;

	page = (struct page){.scratch = &r->scratch};
	view_list_path(&page, &path, list->order != NULL, list->number);
	page_start(&page, &r->site, &r->scratch, path.text);
	page_add_list(&page, list);
	if (list->number == 1)
		buffer_format(&r->name, "%s.html", base);
	else
		buffer_format(&r->name, "%s/page/%zu.html", base, list->number);
	return put_page(r, &page, TEMPLATE_LIST_PAGE, &manner, err);
}

static int put_list(struct rendering *r, const uint32_t *order,
		    struct error *err)
{
	struct page_director filter[CATALOGUE_MAX_DIRECTORS];
	size_t total = r->site.catalogue->films.count;
	struct page_list list = {.order = order, .number = 1, .filter = filter};

	list.pages = total == 0 ? 1 : (total - 1) / CATALOGUE_PAGE_FILMS + 1;
	for (; list.number <= list.pages; list.number++) {
		list.first = (list.number - 1) * CATALOGUE_PAGE_FILMS;
		list.count = total - list.first;
		if (list.count > CATALOGUE_PAGE_FILMS)
			list.count = CATALOGUE_PAGE_FILMS;
		list.filter_count = site_count_directors(
			&r->site, order, list.first, list.count, filter);
		if (put_list_page(r, &list, err) != 0)
			return -1;
	}
	return 0;
}

static int put_json(struct rendering *r, struct error *err)
{
	struct manner manner = {JSON, true, true, COMPRESS_WELL};
	unsigned long long bytes = 0;
	size_t film = 0;
	int status;

	buffer_text(&r->name, "movies.json");
	while (manner.has_more) {
		status =
			catalogue_json_films(&r->body, r->site.catalogue,
					     r->site.options->has_posters,
					     CATALOGUE_PIECE_BYTES, &film, err);
		if (status < 0)
			return -1;
		manner.has_more = status == 1;
		bytes += r->body.length;
		if (bytes > CATALOGUE_MAX_BODY_BYTES)
			return error_set(err, EX_DATAERR,
					 "movies.json is too large");
		if (put(r, &manner, err) != 0)
			return -1;
	}
	return 0;
}

static int put_feed(struct rendering *r, struct error *err)
{
	static const struct manner manner = {ATOM, true, false, COMPRESS_WELL};
	struct page page;

	page_start(&page, &r->site, &r->scratch, "/movies.atom");
	page_add_newest(&page, CATALOGUE_FEED_FILMS);
	buffer_text(&r->name, "movies.atom");
	return put_page(r, &page, TEMPLATE_FEED, &manner, err);
}

static void name_film(struct rendering *r, size_t film, const char *format)
{
	const char *id = film_text(r->site.catalogue, film, FILM_ID);

	buffer_text(&r->name, "movies/");
	text_percent_encode(&r->name, id, strlen(id));
	buffer_text(&r->name, format);
}

static int put_film(struct rendering *r, size_t film, struct error *err)
{
	const struct manner as_json = {JSON, false, false, r->effort_for_many};
	const struct manner as_html = {HTML, false, false, r->effort_for_many};
	struct json_writer json = JSON_WRITER(&r->body);
	struct buffer path = BUFFER_EMPTY;
	struct page page;
	int status;

	name_film(r, film, ".json");
	catalogue_json_film(&json, r->site.catalogue, film,
			    r->site.options->has_posters);
	buffer_char(&r->body, '\n');
	if (put(r, &as_json, err) != 0)
		return -1;
	name_film(r, film, "");
	buffer_format(&path, "/%s", r->name.data != NULL ? r->name.data : "");
	buffer_text(&r->name, ".html");
	status = buffer_check(&path, err);
	if (status == 0) {
		page_start(&page, &r->site, &r->scratch, path.data);
		page_add_film(&page, (uint32_t)film);
		status = put_page(r, &page, TEMPLATE_FILM_PAGE, &as_html, err);
	}
	buffer_free(&path);
	return status;
}

static int put_error_page(struct rendering *r, const struct error_page *error,
			  struct error *err)
{
	static const struct manner manner = {HTML, false, false, COMPRESS_HARD};
	struct page page;

	page_start(&page, &r->site, &r->scratch, NULL);
	page_add_error(&page, error->status, error->title, error->text);
	buffer_format(&r->name, "error/%d.html", error->status);
	return put_page(r, &page, TEMPLATE_ERROR_PAGE, &manner, err);
}

static int put_all(struct rendering *r, struct error *err)
{
	size_t i;

	if (put_style(r, err) != 0 || put_favicon(r, err) != 0 ||
	    put_script(r, err) != 0 || put_index(r, err) != 0 ||
	    put_list(r, NULL, err) != 0 ||
	    put_list(r, r->site.by_year, err) != 0 || put_json(r, err) != 0 ||
	    put_feed(r, err) != 0)
		return -1;
	for (i = 0; i < r->site.catalogue->films.count; i++)
		if (put_film(r, i, err) != 0)
			return -1;
	for (i = 0; i < COUNT(error_pages); i++)
		if (put_error_page(r, &error_pages[i], err) != 0)
			return -1;
	return 0;
}

int catalogue_render(const struct catalogue *catalogue,
		     const struct catalogue_render_options *options,
		     int (*put_one)(void *context,
				    const struct catalogue_rendered *rendered,
				    struct error *err),
		     void *context, struct error *err)
{
	struct rendering r = {
		.put = put_one,
		.context = context,
		.effort_for_many =
			catalogue->films.count > CATALOGUE_MAX_CODED_FILMS
				? COMPRESS_NOT
				: COMPRESS_QUICKLY,
	};
	int status = site_prepare(&r.site, catalogue, options, err);

	if (status == 0)
		status = put_all(&r, err);
	site_free(&r.site);
	arena_clear(&r.scratch.arena);
	buffer_free(&r.name);
	buffer_free(&r.body);
	return status;
}
