#include "catalogue/catalogue_templates.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/count.h"
#include "base/files.h"
#include "base/hex.h"

#define SUFFIX ".mustache"

static const char *const names[TEMPLATES] = {
	[TEMPLATE_INDEX_PAGE] = "index", [TEMPLATE_LIST_PAGE] = "movies",
	[TEMPLATE_FILM_PAGE] = "film",   [TEMPLATE_ERROR_PAGE] = "error",
	[TEMPLATE_FEED] = "feed",        [TEMPLATE_STYLE] = "style.css",
};

static int is_template(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return entry->d_name[0] != '.' && length > strlen(SUFFIX) &&
	       strcmp(entry->d_name + length - strlen(SUFFIX), SUFFIX) == 0;
}

/* Bytes, not the locale, give the order: the digest is the same anywhere. */
static int compare_names(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* Adds every source of the directory, name and text. Partials count, and so
 * does a template that nothing uses yet: rendering once too often is cheap. */
static int digest_sources(const char *directory, struct hash *hash,
			  struct error *err)
{
	struct dirent **entries = NULL;
	struct buffer path = BUFFER_EMPTY, text = BUFFER_EMPTY;
	int i, count, status = 0;

	count = scandir(directory, &entries, is_template, compare_names);
	if (count < 0)
		return error_set(err, EX_NOINPUT, "cannot read %s: %s",
				 directory, strerror(errno));
	for (i = 0; i < count; i++) {
		if (status == 0) {
			buffer_clear(&path);
			buffer_clear(&text);
			buffer_format(&path, "%s/%s", directory,
				      entries[i]->d_name);
			status = buffer_check(&path, err);
		}
		if (status == 0)
			status = files_read(AT_FDCWD, path.data,
					    TEMPLATE_MAX_BYTES, &text, err);
		if (status == 0) {
			hash_update_text(hash, entries[i]->d_name,
					 strlen(entries[i]->d_name));
			hash_update_text(hash, text.data, text.length);
		}
		free(entries[i]);
	}
	free(entries);
	buffer_free(&path);
	buffer_free(&text);
	return status;
}

static int digest_all(struct catalogue_templates *templates,
		      const char *directory, struct error *err)
{
	struct hash *hash = hash_start(err);

	if (hash == NULL)
		return -1;
	if (digest_sources(directory, hash, err) != 0) {
		hash_discard(hash);
		return -1;
	}
	hash_update_text(hash, templates->favicon.data,
			 templates->favicon.length);
	hash_update_text(hash, templates->script.data,
			 templates->script.length);
	return hash_finish_hex(hash, templates->digest, err);
}

/* What is used as it is. */
static int read_plain(const char *directory, const char *name,
		      struct buffer *text, struct error *err)
{
	struct buffer path = BUFFER_EMPTY;
	int status;

	buffer_format(&path, "%s/%s", directory, name);
	status = buffer_check(&path, err);
	if (status == 0)
		status = files_read(AT_FDCWD, path.data, TEMPLATE_MAX_BYTES,
				    text, err);
	buffer_free(&path);
	return status;
}

struct catalogue_templates *catalogue_templates_look(const char *directory,
						     struct error *err)
{
	struct catalogue_templates *templates = calloc(1, sizeof(*templates));

	if (templates == NULL) {
		error_no_memory(err);
		return NULL;
	}
	templates->directory = strdup(directory);
	if (templates->directory == NULL)
		error_no_memory(err);
	else if (read_plain(directory, "favicon.svg", &templates->favicon,
			    err) == 0 &&
		 read_plain(directory, "script.js", &templates->script, err) ==
			 0 &&
		 digest_all(templates, directory, err) == 0)
		return templates;
	catalogue_templates_free(templates);
	return NULL;
}

int catalogue_templates_parse(struct catalogue_templates *templates,
			      struct error *err)
{
	size_t i;

	for (i = 0; i < TEMPLATES; i++) {
		if (templates->parsed[i] == NULL)
			templates->parsed[i] = template_open(
				templates->directory, names[i], err);
		if (templates->parsed[i] == NULL)
			return -1;
	}
	return 0;
}

struct catalogue_templates *catalogue_templates_open(const char *directory,
						     struct error *err)
{
	struct catalogue_templates *templates =
		catalogue_templates_look(directory, err);

	if (templates == NULL || catalogue_templates_parse(templates, err) == 0)
		return templates;
	catalogue_templates_free(templates);
	return NULL;
}

void catalogue_templates_free(struct catalogue_templates *templates)
{
	size_t i;

	if (templates == NULL)
		return;
	for (i = 0; i < TEMPLATES; i++)
		template_free(templates->parsed[i]);
	buffer_free(&templates->favicon);
	buffer_free(&templates->script);
	free(templates->directory);
	free(templates);
}

static const char *or_empty(const char *text)
{
	return text != NULL ? text : "";
}

int catalogue_render_digest(const struct catalogue_render_options *options,
			    const char *species_filter,
			    char hex[HASH_HEX_BYTES], struct error *err)
{
	const char *const parts[] = {
		MARQUEE_VERSION,
		options->templates->digest,
		or_empty(options->public_url),
		options->has_posters ? "posters" : "",
		options->is_bundled ? "bundled" : "",
		options->has_example_files ? "example files" : "",
		or_empty(species_filter),
	};

	return hash_texts_hex(parts, COUNT(parts), hex, err);
}
