/*
 * Mustache templates (https://mustache.github.io/mustache.5.html and the
 * public specification, without lambdas): parsed once, rendered often,
 * HTML-escaped by default.
 *
 * The engine does not know where its data comes from: whoever renders hands
 * in a `struct template_value` whose source answers two questions, "what is
 * called `name` in this object?" and "what is item `i` of this list?". So the
 * catalogue renders from its own structs without building a tree, and
 * render-template renders from JSON (template_json.h).
 *
 *	struct template *page = template_parse("page.mustache", text, length,
 *					       partials, &err);
 *	if (page == NULL || template_render(page, &root, &out, &err) != 0)
 *		…
 *	template_free(page);
 */
#ifndef MARQUEE_TEMPLATE_TEMPLATE_H
#define MARQUEE_TEMPLATE_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"

/* Sections and partials nested deeper than this are an error: a partial that
 * includes itself without end is found, not followed. */
#define TEMPLATE_MAX_DEPTH 64

/* A longer text of a template or a partial, a longer name in a tag and more
 * different partials in one template are errors. */
#define TEMPLATE_MAX_BYTES ((size_t)4 << 20)
#define TEMPLATE_MAX_NAME_BYTES 255
#define TEMPLATE_MAX_PARTIALS 256

/* So are, in one rendering, more bytes and more rounds: a section's or a
 * partial's body counts each time it is rendered. Sections in sections over
 * the same list multiply, and would go on for ever. */
#define TEMPLATE_MAX_OUTPUT_BYTES ((size_t)64 << 20)
#define TEMPLATE_MAX_ROUNDS 20000000

enum template_kind {
	TEMPLATE_MISSING, /* no such name: renders as nothing, is false */
	TEMPLATE_FALSE,   /* false and null: renders its text, if there is one
			     ("false" for a false that is to be seen) */
	TEMPLATE_TRUE,    /* renders as "true" */
	TEMPLATE_TEXT,    /* text or number: as a section it is true, also "" */
	TEMPLATE_LIST,    /* a section renders once an item; empty is false */
	TEMPLATE_OBJECT,  /* a section renders once, with its names in reach */
};

struct template_source;

/* One value. Nothing is owned: text and node live as long as the source's
 * data does. */
struct template_value {
	enum template_kind kind;
	const char *text; /* TEXT, FALSE: bytes, not NUL-terminated */
	size_t length; /* TEXT, FALSE: bytes of text; LIST: number of items */
	const struct template_source *source; /* LIST and OBJECT */
	const void *node; /* LIST and OBJECT: the source's own */
	size_t index;     /* LIST and OBJECT: the source's own, free to use */
};

/* Both functions find `value` all zero, which is TEMPLATE_MISSING. */
struct template_source {
	/* Finds the member `name` of an object. Sets `value` (kind
	 * TEMPLATE_MISSING where there is none). */
	void (*member)(const struct template_value *object, const char *name,
		       size_t name_length, struct template_value *value);
	/* Sets `value` to item `index`, below the list's length. */
	void (*item)(const struct template_value *list, size_t index,
		     struct template_value *value);
};

/* Where partials come from. `load` appends the source of the partial `name`
 * (the tag's text) to `text` and returns 0, or returns 1 when there is no such
 * partial (the tag then renders as nothing, as the specification wants), or
 * -1 with a reason. */
struct template_partials {
	int (*load)(void *context, const char *name, struct buffer *text,
		    struct error *err);
	void *context;
};

struct template;

/* Parses `length` bytes of `text` (UTF-8), with all partials it names, once
 * each. `name` stands in messages; in those about a partial, the partial's
 * name in its place: "pages/film.mustache" where `name` is
 * "pages/list.mustache". `partials` may be NULL: then every partial is
 * missing. Returns NULL with EX_DATAERR and "name:line:column: what is wrong"
 * where the text is no template. Nothing of the arguments is kept. */
struct template *template_parse(const char *name, const char *text,
				size_t length,
				const struct template_partials *partials,
				struct error *err);

/* Appends the rendering to `out`. Returns 0, or -1 with the reason (no memory,
 * or one of the limits above); `out` then holds a part. */
int template_render(const struct template *tmpl,
		    const struct template_value *root, struct buffer *out,
		    struct error *err);

void template_free(struct template *tmpl);

/* Partials from the directory `path`: the tag {{> film}} is the file
 * film.mustache there; a name with anything but letters, digits, `-` and `_`
 * has none. Pass the path as the context:
 *
 *	struct template_partials partials = {template_directory_load, path};
 */
int template_directory_load(void *path, const char *name, struct buffer *text,
			    struct error *err);

/* Reads and parses the file `path` with its neighbours as partials.
 * EX_NOINPUT where it is missing. */
struct template *template_read(const char *path, struct error *err);

/* The same for the file `directory`/`name`.mustache. */
struct template *template_open(const char *directory, const char *name,
			       struct error *err);

#endif
