/*
 * What a parsed template is made of; only for the template room itself.
 *
 * A template is its own text and those of its partials, each a `part`: a flat
 * row of nodes in the order of the text. A section's body are the nodes
 * between it and the one its `next` tells; so a body is a range and nothing
 * is a tree of pointers. Texts and names are slices of the part's own text.
 */
#ifndef MARQUEE_TEMPLATE_TEMPLATE_NODES_H
#define MARQUEE_TEMPLATE_TEMPLATE_NODES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct slice {
	const char *data;
	size_t length;
};

enum node_kind {
	NODE_TEXT,
	NODE_ESCAPED,
	NODE_RAW,
	NODE_SECTION,
	NODE_INVERTED,
	NODE_PARTIAL
};

struct node {
	enum node_kind kind;
	bool starts_line;    /* TEXT: a partial's indentation goes before it */
	bool is_standalone;  /* PARTIAL: alone on its line, so it is indented */
	size_t offset;       /* of the tag in the part's text, for messages */
	struct slice text;   /* TEXT: the bytes; else the tag's name */
	struct slice indent; /* PARTIAL: white space before the tag */
	size_t next;         /* section: index of the node behind its body;
				PARTIAL: index of the part */
};

struct part {
	char *partial; /* the tag's text, NULL for the template itself */
	char *name;    /* as messages show it */
	char *text;
	size_t length;
	struct node *nodes;
	size_t count;
	size_t capacity;
};

struct template
{
	struct part **parts; /* the first is the template itself */
	size_t count;
	size_t capacity;
};

/* Takes a new, empty part into the template, which owns it. Takes over both
 * names, also on failure; a NULL `name` is lack of memory. */
struct part *template_part_new(struct template *tmpl, char *name, char *partial,
			       struct error *err);

/* Gives a part a copy of its text, once it is known to be short enough and
 * UTF-8. */
int template_part_set_text(struct part *part, const char *text, size_t length,
			   struct error *err);

/* Puts a copy of `node` at the end of the part. */
int template_part_add(struct part *part, const struct node *node,
		      struct error *err);

#endif
