#include "template/template.h"

#include <string.h>

#include "base/html.h"
#include "template/template_nodes.h"
#include "template/template_scan.h"

/* Where names are looked up: the innermost value and those around it. */
struct scope {
	const struct template_value *value;
	const struct scope *outer;
};

/* What goes before each line of a partial, the outermost first. */
struct indent {
	struct slice text;
	const struct indent *outer;
};

/* A place in the rendering. Passed by value: going in makes a new one. */
struct place {
	const struct part *part;
	const struct scope *scope;
	const struct indent *indent;
	unsigned depth; /* of sections and partials around */
};

struct renderer {
	const struct template *tmpl;
	struct buffer *out;
	size_t start; /* length of `out` before */
	unsigned long rounds;
	struct error *err;
};

static int render_nodes(struct renderer *renderer, struct place place,
			size_t from, size_t end);

static void append_escaped(struct buffer *out, const char *text, size_t length)
{
	const char *replacement;
	size_t start = 0, i;

	for (i = 0; i < length; i++) {
		replacement = html_entity(text[i]);
		if (replacement == NULL)
			continue;
		buffer_append(out, text + start, i - start);
		buffer_text(out, replacement);
		start = i + 1;
	}
	buffer_append(out, text + start, length - start);
}

static void append_indent(struct buffer *out, const struct indent *indent)
{
	if (indent == NULL)
		return;
	append_indent(out, indent->outer);
	buffer_append(out, indent->text.data, indent->text.length);
}

static bool is_too_long(const struct renderer *renderer)
{
	return renderer->out->length - renderer->start >
	       TEMPLATE_MAX_OUTPUT_BYTES;
}

/* A text, with the indentation before each line that begins in it. What
 * follows a line break at its very end knows for itself that it begins one. */
static void render_text(const struct renderer *renderer,
			const struct node *node, const struct indent *indent)
{
	struct buffer *out = renderer->out;
	const char *at = node->text.data;
	const char *end = at + node->text.length;
	const char *newline;

	if (node->starts_line)
		append_indent(out, indent);
	while (indent != NULL && at < end && !is_too_long(renderer)) {
		newline = memchr(at, '\n', (size_t)(end - at));
		if (newline == NULL || newline + 1 == end)
			break;
		buffer_append(out, at, (size_t)(newline + 1 - at));
		append_indent(out, indent);
		at = newline + 1;
	}
	buffer_append(out, at, (size_t)(end - at));
}

static struct template_value member_of(const struct template_value *object,
				       struct slice name)
{
	struct template_value value = {0};

	if (object->kind == TEMPLATE_OBJECT)
		object->source->member(object, name.data, name.length, &value);
	return value;
}

/* The first step of `name`, which then begins behind its dot. */
static struct slice take_step(struct slice *name)
{
	const char *dot = memchr(name->data, '.', name->length);
	struct slice step = *name;

	if (dot != NULL)
		step.length = (size_t)(dot - name->data);
	name->data += step.length + (dot != NULL);
	name->length -= step.length + (dot != NULL);
	return step;
}

/* The first step is looked for from the inside out; once it is found the rest
 * must be there, or the whole name is missing. */
static struct template_value look_up(const struct scope *scope,
				     struct slice name)
{
	struct template_value value = {0};
	struct slice step;

	if (name.length == 1 && name.data[0] == '.')
		return *scope->value;
	step = take_step(&name);
	for (; scope != NULL && value.kind == TEMPLATE_MISSING;
	     scope = scope->outer)
		value = member_of(scope->value, step);
	while (name.length > 0 && value.kind != TEMPLATE_MISSING)
		value = member_of(&value, take_step(&name));
	return value;
}

static void render_value(const struct renderer *renderer,
			 const struct node *node, const struct scope *scope)
{
	struct template_value value = look_up(scope, node->text);

	switch (value.kind) {
	case TEMPLATE_TRUE:
		buffer_text(renderer->out, "true");
		break;
	case TEMPLATE_FALSE:
	case TEMPLATE_TEXT:
		if (value.length == 0)
			break;
		if (node->kind == NODE_RAW)
			buffer_append(renderer->out, value.text, value.length);
		else
			append_escaped(renderer->out, value.text, value.length);
		break;
	case TEMPLATE_MISSING:
	case TEMPLATE_LIST:
	case TEMPLATE_OBJECT:
		break;
	}
}

/* Goes one level deeper, unless that is too deep. */
static int enter(const struct renderer *renderer, struct place *place,
		 const struct node *node)
{
	if (place->depth == TEMPLATE_MAX_DEPTH)
		return template_error_at(
			place->part->name, place->part->text, node->offset,
			renderer->err,
			"sections and partials nest deeper than %d at \"%.*s\"",
			TEMPLATE_MAX_DEPTH, (int)node->text.length,
			node->text.data);
	place->depth++;
	return 0;
}

static bool is_true(const struct template_value *value)
{
	switch (value->kind) {
	case TEMPLATE_MISSING:
	case TEMPLATE_FALSE:
		return false;
	case TEMPLATE_LIST:
		return value->length > 0;
	case TEMPLATE_TRUE:
	case TEMPLATE_TEXT:
	case TEMPLATE_OBJECT:
		break;
	}
	return true;
}

static int render_list(struct renderer *renderer, struct place place,
		       const struct template_value *list, size_t from,
		       size_t end)
{
	struct template_value item;
	const struct scope inner = {&item, place.scope};
	size_t i;

	place.scope = &inner;
	for (i = 0; i < list->length; i++) {
		item = (struct template_value){0};
		list->source->item(list, i, &item);
		if (render_nodes(renderer, place, from, end) != 0)
			return -1;
	}
	return 0;
}

static int render_section(struct renderer *renderer, struct place place,
			  size_t index)
{
	const struct node *node = &place.part->nodes[index];
	const struct template_value value = look_up(place.scope, node->text);
	const struct scope inner = {&value, place.scope};
	bool is_inverted = node->kind == NODE_INVERTED;

	if (is_true(&value) == is_inverted)
		return 0;
	if (enter(renderer, &place, node) != 0)
		return -1;
	if (value.kind == TEMPLATE_LIST && !is_inverted)
		return render_list(renderer, place, &value, index + 1,
				   node->next);
	if (!is_inverted)
		place.scope = &inner;
	return render_nodes(renderer, place, index + 1, node->next);
}

/* A partial alone on its line is indented as its tag is, on top of the lines
 * around it; inside a line it goes in as it is. */
static int render_partial(struct renderer *renderer, struct place place,
			  const struct node *node)
{
	const struct part *part = renderer->tmpl->parts[node->next];
	const struct indent inner = {node->indent, place.indent};

	if (enter(renderer, &place, node) != 0)
		return -1;
	if (!node->is_standalone)
		place.indent = NULL;
	else if (node->indent.length > 0)
		place.indent = &inner;
	place.part = part;
	return render_nodes(renderer, place, 0, part->count);
}

static int check_limits(const struct renderer *renderer)
{
	if (is_too_long(renderer))
		return error_set(renderer->err, EX_DATAERR,
				 "%s: the rendering has more than %zu bytes",
				 renderer->tmpl->parts[0]->name,
				 TEMPLATE_MAX_OUTPUT_BYTES);
	if (renderer->rounds > TEMPLATE_MAX_ROUNDS)
		return error_set(renderer->err, EX_DATAERR,
				 "%s: the rendering takes more than %d rounds",
				 renderer->tmpl->parts[0]->name,
				 TEMPLATE_MAX_ROUNDS);
	return buffer_check(renderer->out, renderer->err);
}

/* The nodes from `from` up to, not including, `end`. */
static int render_nodes(struct renderer *renderer, struct place place,
			size_t from, size_t end)
{
	const struct node *node;
	int status = 0;

	renderer->rounds++;
	while (status == 0 && from < end) {
		if (check_limits(renderer) != 0)
			return -1;
		node = &place.part->nodes[from++];
		switch (node->kind) {
		case NODE_TEXT:
			render_text(renderer, node, place.indent);
			break;
		case NODE_ESCAPED:
		case NODE_RAW:
			render_value(renderer, node, place.scope);
			break;
		case NODE_SECTION:
		case NODE_INVERTED:
			status = render_section(renderer, place, from - 1);
			from = node->next;
			break;
		case NODE_PARTIAL:
			status = render_partial(renderer, place, node);
			break;
		}
	}
	return status;
}

int template_render(const struct template *tmpl,
		    const struct template_value *root, struct buffer *out,
		    struct error *err)
{
	struct renderer renderer = {
		.tmpl = tmpl, .out = out, .start = out->length, .err = err};
	const struct scope scope = {root, NULL};
	const struct place place = {.part = tmpl->parts[0], .scope = &scope};

	if (render_nodes(&renderer, place, 0, place.part->count) != 0)
		return -1;
	return check_limits(&renderer);
}
