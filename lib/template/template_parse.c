#include "template/template.h"

#include <stdlib.h>
#include <string.h>

#include "template/template_nodes.h"
#include "template/template_scan.h"

/* One part in the making. */
struct parser {
	struct template *tmpl;
	const struct template_partials *partials;
	struct part *part;
	size_t open[TEMPLATE_MAX_DEPTH]; /* nodes of the sections around */
	size_t depth;                    /* how many; none between two parts */
	struct error *err;
};

/* The name of the partial `partial` in messages: that of its neighbour with
 * the last path segment replaced and the ending kept. */
static char *neighbour_name(const char *name, const char *partial,
			    struct error *err)
{
	const char *slash = strrchr(name, '/');
	const char *base = slash != NULL ? slash + 1 : name;
	const char *dot = strrchr(base, '.');
	struct buffer shown = BUFFER_EMPTY;

	buffer_append(&shown, name, (size_t)(base - name));
	buffer_text(&shown, partial);
	buffer_text(&shown, dot != NULL ? dot : "");
	if (buffer_check(&shown, err) != 0)
		buffer_free(&shown);
	return shown.data;
}

static int error_at_tag(const struct parser *parser,
			const struct template_tag *tag, const char *what)
{
	return template_error_at(parser->part->name, parser->part->text,
				 tag->offset, parser->err, "%s", what);
}

/* Puts before the error a loader gave where its tag stands. */
static int add_place(const struct parser *parser,
		     const struct template_tag *tag, const char *partial)
{
	struct error cause;

	if (parser->err == NULL)
		return -1;
	cause = *parser->err;
	template_error_at(parser->part->name, parser->part->text, tag->offset,
			  parser->err, "partial %s: %s", partial,
			  cause.message);
	parser->err->code = cause.code;
	return -1;
}

/* Loads the partial a tag names, for the first time; takes over `partial`. */
static int load_part(struct parser *parser, const struct template_tag *tag,
		     char *partial)
{
	struct buffer text = BUFFER_EMPTY;
	struct part *part;
	int result = 1;

	part = template_part_new(parser->tmpl,
				 neighbour_name(parser->part->name, partial,
						parser->err),
				 partial, parser->err);
	if (part == NULL)
		return -1;
	if (parser->partials != NULL)
		result = parser->partials->load(parser->partials->context,
						partial, &text, parser->err);
	if (result == 0)
		result = buffer_check(&text, parser->err);
	if (result < 0)
		result = add_place(parser, tag, partial);
	else if (result == 0)
		result = template_part_set_text(part, text.data, text.length,
						parser->err);
	else
		result = template_part_set_text(part, "", 0, parser->err);
	buffer_free(&text);
	return result;
}

/* Finds the partial a tag names among the parts, or loads it; it is parsed
 * when its turn comes. Sets its index. */
static int find_part(struct parser *parser, const struct template_tag *tag,
		     size_t *index)
{
	struct template *tmpl = parser->tmpl;
	struct slice name = tag->name;
	char *partial;
	size_t i;

	for (i = 1; i < tmpl->count; i++) {
		partial = tmpl->parts[i]->partial;
		if (strlen(partial) == name.length &&
		    memcmp(partial, name.data, name.length) == 0) {
			*index = i;
			return 0;
		}
	}
	if (tmpl->count > TEMPLATE_MAX_PARTIALS)
		return error_at_tag(parser, tag, "too many different partials");
	partial = strndup(name.data, name.length);
	if (partial == NULL)
		return error_no_memory(parser->err);
	*index = tmpl->count;
	return load_part(parser, tag, partial);
}

/* The text before a tag, and an empty one where the tag begins a line, so that
 * a partial's indentation has its place. */
static int add_text(struct parser *parser, const struct template_tag *tag)
{
	const struct node text = {.kind = NODE_TEXT,
				  .starts_line = tag->text_starts_line,
				  .text = tag->text};
	const struct node mark = {.kind = NODE_TEXT,
				  .starts_line = true,
				  .text = {tag->text.data, 0}};

	if (text.text.length > 0 &&
	    template_part_add(parser->part, &text, parser->err) != 0)
		return -1;
	if (!tag->tag_starts_line)
		return 0;
	return template_part_add(parser->part, &mark, parser->err);
}

static int open_section(struct parser *parser, const struct template_tag *tag)
{
	const struct node node = {
		.kind = tag->kind == TAG_SECTION ? NODE_SECTION : NODE_INVERTED,
		.offset = tag->offset,
		.text = tag->name};

	if (parser->depth == TEMPLATE_MAX_DEPTH)
		return error_at_tag(parser, tag, "sections nest too deep");
	parser->open[parser->depth++] = parser->part->count;
	return template_part_add(parser->part, &node, parser->err);
}

static int close_section(struct parser *parser, const struct template_tag *tag)
{
	const struct part *part = parser->part;
	struct node *node;

	if (parser->depth == 0)
		return template_error_at(part->name, part->text, tag->offset,
					 parser->err,
					 "no section is open for {{/%.*s}}",
					 (int)tag->name.length, tag->name.data);
	node = &part->nodes[parser->open[--parser->depth]];
	if (node->text.length != tag->name.length ||
	    memcmp(node->text.data, tag->name.data, tag->name.length) != 0)
		return template_error_at(
			part->name, part->text, tag->offset, parser->err,
			"{{/%.*s}} stands where {{/%.*s}} must close the "
			"section of line %zu",
			(int)tag->name.length, tag->name.data,
			(int)node->text.length, node->text.data,
			template_line_at(part->text, node->offset));
	node->next = part->count;
	return 0;
}

static int add_partial(struct parser *parser, const struct template_tag *tag)
{
	struct node node = {.kind = NODE_PARTIAL,
			    .is_standalone = tag->is_standalone,
			    .offset = tag->offset,
			    .text = tag->name,
			    .indent = tag->indent};

	if (find_part(parser, tag, &node.next) != 0)
		return -1;
	return template_part_add(parser->part, &node, parser->err);
}

static int add_value(struct parser *parser, const struct template_tag *tag)
{
	const struct node node = {.kind = tag->kind == TAG_RAW ? NODE_RAW
							       : NODE_ESCAPED,
				  .offset = tag->offset,
				  .text = tag->name};

	return template_part_add(parser->part, &node, parser->err);
}

static int add_tag(struct parser *parser, const struct template_tag *tag)
{
	switch (tag->kind) {
	case TAG_SECTION:
	case TAG_INVERTED:
		return open_section(parser, tag);
	case TAG_CLOSE:
		return close_section(parser, tag);
	case TAG_PARTIAL:
		return add_partial(parser, tag);
	case TAG_ESCAPED:
	case TAG_RAW:
		return add_value(parser, tag);
	case TAG_COMMENT:
	case TAG_DELIMITERS:
		break;
	}
	return 0;
}

/* Parses the text of one part; the partials it names join the parts. */
static int parse_part(struct parser *parser, struct part *part)
{
	struct template_scanner scanner =
		TEMPLATE_SCANNER(part->name, part->text, part->length);
	const struct node *open;
	struct template_tag tag;
	int found;

	parser->part = part;
	do {
		found = template_scan(&scanner, &tag, parser->err);
		if (found < 0 || add_text(parser, &tag) != 0)
			return -1;
		if (found == 1 && add_tag(parser, &tag) != 0)
			return -1;
	} while (found == 1);
	if (parser->depth == 0)
		return 0;
	open = &part->nodes[parser->open[parser->depth - 1]];
	return template_error_at(
		part->name, part->text, open->offset, parser->err,
		"the section \"%.*s\" opened here is not closed",
		(int)open->text.length, open->text.data);
}

struct template *template_parse(const char *name, const char *text,
				size_t length,
				const struct template_partials *partials,
				struct error *err)
{
	struct template *tmpl = calloc(1, sizeof(*tmpl));
	struct parser parser = {.tmpl = tmpl, .partials = partials, .err = err};
	struct part *part;
	size_t i;

	if (tmpl == NULL) {
		error_no_memory(err);
		return NULL;
	}
	part = template_part_new(tmpl, strdup(name), NULL, err);
	if (part == NULL ||
	    template_part_set_text(part, text, length, err) != 0)
		goto fail;
	for (i = 0; i < tmpl->count; i++)
		if (parse_part(&parser, tmpl->parts[i]) != 0)
			goto fail;
	return tmpl;
fail:
	template_free(tmpl);
	return NULL;
}
