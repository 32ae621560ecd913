#include "movies_publish.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/hex.h"
#include "catalogue/catalogue_render.h"
#include "docs/docs.h"
#include "movies_record.h"

#define DOCS "docs.html"
#define OPENAPI "openapi.json"

struct movies_pages {
	const struct settings *settings;
	bool has_example_files;
	struct buffer directory; /* of the templates */
	struct catalogue_templates *templates;
};

/* Where what is rendered goes. */
struct sink {
	struct cache_writer *writer; /* NULL: nowhere */
	size_t body_bytes;
	char style_url[CATALOGUE_STYLE_URL_BYTES];
	bool has_same_live; /* see movies_publish */
	bool is_style_live; /* of the live pages, too */
};

static struct catalogue_render_options options_of(
	const struct movies_pages *pages, bool is_bundled)
{
	const struct settings *settings = pages->settings;

	return (struct catalogue_render_options){
		.templates = pages->templates,
		.public_url = settings_text(settings, SETTING_PUBLIC_URL),
		.has_posters = strcmp(settings_text(settings, SETTING_POSTERS),
				      "off") != 0,
		.is_bundled = is_bundled,
		.has_example_files = pages->has_example_files,
	};
}

/* The catalogue's digest, and the documentation's sources. */
static int digest_pages(const struct movies_pages *pages,
			char digest[HASH_HEX_BYTES], struct error *err)
{
	struct catalogue_render_options options = options_of(pages, false);
	struct hash *hash;

	if (catalogue_render_digest(
		    &options, settings_text(pages->settings, SETTING_SPECIES),
		    digest, err) != 0)
		return -1;
	hash = hash_start(err);
	if (hash == NULL)
		return -1;
	hash_update_text(hash, digest, strlen(digest));
	if (docs_sources(pages->directory.data, hash, err) != 0) {
		hash_discard(hash);
		return -1;
	}
	return hash_finish_hex(hash, digest, err);
}

/* Missing templates are a wrong setting, not missing input. */
static void settle_missing(struct error *err)
{
	if (err->code == EX_NOINPUT)
		err->code = EX_CONFIG;
}

struct movies_pages *movies_pages_open(const struct settings *settings,
				       bool has_example_files,
				       char digest[HASH_HEX_BYTES],
				       struct error *err)
{
	struct movies_pages *pages = calloc(1, sizeof(*pages));

	if (pages == NULL) {
		error_no_memory(err);
		return NULL;
	}
	pages->settings = settings;
	pages->has_example_files = has_example_files;
	buffer_format(&pages->directory, "%s/templates",
		      settings_text(settings, SETTING_SHARE_DIR));
	if (buffer_check(&pages->directory, err) == 0)
		pages->templates =
			catalogue_templates_look(pages->directory.data, err);
	if (pages->templates != NULL && digest_pages(pages, digest, err) == 0)
		return pages;
	settle_missing(err);
	movies_pages_free(pages);
	return NULL;
}

void movies_pages_free(struct movies_pages *pages)
{
	if (pages == NULL)
		return;
	catalogue_templates_free(pages->templates);
	buffer_free(&pages->directory);
	free(pages);
}

static int put(void *context, const struct catalogue_rendered *rendered,
	       struct error *err)
{
	struct sink *sink = context;
	struct cache_representation representation = {
		.name = rendered->name,
		.media_type = rendered->media_type,
		.body = rendered->body,
		.body_bytes = rendered->body_bytes,
		.is_file = rendered->is_file,
		.has_more = rendered->has_more,
		.effort = rendered->effort,
	};

	if (strcmp(rendered->name, "style.css") == 0 &&
	    catalogue_style_url(rendered->body, rendered->body_bytes,
				sink->style_url, err) != 0)
		return -1;
	sink->body_bytes += rendered->body_bytes;
	if (sink->writer == NULL)
		return 0;
	if (cache_writer_add(sink->writer, &representation, err) != 0)
		return -1;
	if (strcmp(rendered->name, "style.css") == 0)
		sink->is_style_live =
			cache_writer_is_live(sink->writer, &representation);
	return 0;
}

static int put_file(struct sink *sink, const char *name, const char *media_type,
		    const struct buffer *body, struct error *err)
{
	const struct catalogue_rendered rendered = {
		.name = name,
		.media_type = media_type,
		.body = body->data,
		.body_bytes = body->length,
		.is_file = true,
		.effort = COMPRESS_WELL,
	};

	return put(sink, &rendered, err);
}

/* Takes over from what is live. The documentation has the style's URL in it, and
 * nothing else that a film has a part in. Returns how many of the two, or -1. */
static int repeat_docs(struct sink *sink, struct error *err)
{
	static const char *const names[] = {DOCS, OPENAPI};
	int status = 1, count = 0;
	size_t bytes;

	if (!sink->has_same_live || !sink->is_style_live)
		return 0;
	while (count < 2 && status == 1) {
		status = cache_writer_repeat(sink->writer, names[count], &bytes,
					     err);
		if (status == 1) {
			sink->body_bytes += bytes;
			count++;
		}
	}
	return status < 0 ? -1 : count;
}

static int put_docs(const struct movies_pages *pages, struct sink *sink,
		    struct error *err)
{
	const struct docs_frame frame = {
		.style_url = sink->style_url,
		.public_url =
			settings_text(pages->settings, SETTING_PUBLIC_URL),
	};
	struct buffer html = BUFFER_EMPTY, openapi = BUFFER_EMPTY;
	int repeated = repeat_docs(sink, err);
	int status = repeated < 0 ? -1 : 0;

	if (status == 0 && repeated < 2)
		status = docs_render(pages->directory.data, &frame, &html,
				     &openapi, err);
	if (status == 0 && repeated == 0)
		status = put_file(sink, DOCS, "text/html; charset=utf-8", &html,
				  err);
	if (status == 0 && repeated < 2)
		status = put_file(sink, OPENAPI, "application/json", &openapi,
				  err);
	buffer_free(&html);
	buffer_free(&openapi);
	return status;
}

int movies_publish(const struct movies_pages *pages,
		   const struct catalogue *catalogue, bool is_bundled,
		   bool has_same_live, struct cache_writer *writer,
		   size_t *body_bytes, struct error *err)
{
	struct catalogue_render_options options = options_of(pages, is_bundled);
	struct sink sink = {.writer = writer, .has_same_live = has_same_live};

	if (catalogue_templates_parse(pages->templates, err) != 0 ||
	    catalogue_render(catalogue, &options, put, &sink, err) != 0 ||
	    put_docs(pages, &sink, err) != 0) {
		settle_missing(err);
		return -1;
	}
	*body_bytes = sink.body_bytes;
	if (writer == NULL)
		return 0;
	if (movies_about_add(writer, catalogue_counts(catalogue), is_bundled,
			     err) != 0)
		return -1;
	return cache_writer_commit(writer, err);
}
