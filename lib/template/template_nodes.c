#include "template/template_nodes.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "template/template.h"
#include "template/template_scan.h"

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

struct part *template_part_new(struct template *tmpl, char *name, char *partial,
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

int template_part_set_text(struct part *part, const char *text, size_t length,
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

int template_part_add(struct part *part, const struct node *node,
		      struct error *err)
{
	struct node *nodes;

	nodes = grow(part->nodes, part->count, &part->capacity, sizeof(*nodes),
		     err);
	if (nodes == NULL)
		return -1;
	part->nodes = nodes;
	nodes[part->count++] = *node;
	return 0;
}
