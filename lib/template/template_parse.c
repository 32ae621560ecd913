#include "template/template.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "template/template_nodes.h"
#include "template/template_scan.h"

/* One part in the making. */
struct parser {
	struct template *tmpl;
	const struct template_partials *partials;
	struct part *part;
	size_t open[TEMPLATE_MAX_DEPTH]; /* nodes of the sections around */
	size_t depth;
	struct error *err;
};

static void free_part(struct part *part)
{
	free(part->partial);
	free(part->name);
	free(part->text);
	free(part->nodes);
	free(part);
}

void template_free(struct template *tmpl)
{
	size_t i;

	if (tmpl == NULL)
		return;
	for (i = 0; i < tmpl->count; i++)
		free_part(tmpl->parts[i]);
	free(tmpl->parts);
	free(tmpl);
}

/* Makes room in a growing array for one element more. */
static void *grow(void *elements, size_t count, size_t *capacity, size_t size,
		  struct error *err)
{
	size_t wanted = *capacity == 0 ? 8 : *capacity * 2;

	if (count < *capacity)
		return elements;
	elements = reallocarray(elements, wanted, size);
	if (elements == NULL)
		error_no_memory(err);
	else
		*capacity = wanted;
	return elements;
}

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

/* Takes a new part into the template. Takes over `name` and `partial`, also
 * on failure; a NULL one is lack of memory, but for the first part's. */
static struct part *add_part(struct template *tmpl, char *name, char *partial,
			     struct error *err)
{
	struct part *part = calloc(1, sizeof(*part));
	struct part **parts;

	if (part == NULL || name == NULL) {
		error_no_memory(err);
		goto fail;
	}
	parts = grow(tmpl->parts, tmpl->count, &tmpl->capacity, sizeof(*parts),
		     err);
	if (parts == NULL)
		goto fail;
	tmpl->parts = parts;
	part->name = name;
	part->partial = partial;
	parts[tmpl->count++] = part;
	return part;
fail:
	free(part);
	free(name);
	free(partial);
	return NULL;
}

/* Gives a part its text and checks it. */
static int set_text(struct part *part, const char *text, size_t length,
		    struct error *err)
{
	size_t at = 0, step;

	if (length > TEMPLATE_MAX_BYTES)
		return error_set(err, EX_DATAERR,
				 "%s: a template has at most %zu bytes",
				 part->name, TEMPLATE_MAX_BYTES);
	part->text = malloc(length + 1);
	if (part->text == NULL)
		return error_no_memory(err);
	if (length > 0)
		memcpy(part->text, text, length);
	part->text[length] = '\0';
	part->length = length;
	for (; at < length; at += step) {
		step = text_utf8_step(text + at, length - at);
		if (step == 0 || text[at] == '\0')
			return template_error_at(part->name, text, at, err,
						 "this is not UTF-8 text");
	}
	return 0;
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

	part = add_part(parser->tmpl,
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
		result = set_text(part, text.data, text.length, parser->err);
	else
		result = set_text(part, "", 0, parser->err);
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

static int add_node(struct parser *parser, const struct node *node)
{
	struct part *part = parser->part;
	struct node *nodes;

	nodes = grow(part->nodes, part->count, &part->capacity, sizeof(*nodes),
		     parser->err);
	if (nodes == NULL)
		return -1;
	part->nodes = nodes;
	nodes[part->count++] = *node;
	return 0;
}

/* The text before a tag. A shown line that begins with a tag gets an empty
 * one, so that a partial's indentation has its place. */
static int add_text(struct parser *parser, const struct template_tag *tag)
{
	const struct node node = {.kind = NODE_TEXT,
				  .starts_line = tag->starts_line,
				  .text = tag->text};

	if (tag->text.length == 0 && !tag->starts_line)
		return 0;
	return add_node(parser, &node);
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
	return add_node(parser, &node);
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
			"{{/%.*s}} stands where {{/%.*s}} is wanted",
			(int)tag->name.length, tag->name.data,
			(int)node->text.length, node->text.data);
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
	return add_node(parser, &node);
}

static int add_value(struct parser *parser, const struct template_tag *tag)
{
	const struct node node = {.kind = tag->kind == TAG_RAW ? NODE_RAW
							       : NODE_ESCAPED,
				  .offset = tag->offset,
				  .text = tag->name};

	return add_node(parser, &node);
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
	parser->depth = 0;
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
	part = add_part(tmpl, strdup(name), NULL, err);
	if (part == NULL || set_text(part, text, length, err) != 0)
		goto fail;
	for (i = 0; i < tmpl->count; i++)
		if (parse_part(&parser, tmpl->parts[i]) != 0)
			goto fail;
	return tmpl;
fail:
	template_free(tmpl);
	return NULL;
}
