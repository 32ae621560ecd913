/*
 * The templates, parsed; only for the catalogue room itself. What is public of
 * them stands in catalogue_render.h.
 */
#ifndef MARQUEE_CATALOGUE_CATALOGUE_TEMPLATES_H
#define MARQUEE_CATALOGUE_CATALOGUE_TEMPLATES_H

#include "base/buffer.h"
#include "catalogue/catalogue_render.h"
#include "template/template.h"

enum catalogue_template {
	TEMPLATE_INDEX_PAGE,
	TEMPLATE_LIST_PAGE,
	TEMPLATE_FILM_PAGE,
	TEMPLATE_ERROR_PAGE,
	TEMPLATE_FEED,
	TEMPLATE_STYLE,
	TEMPLATES
};

struct catalogue_templates {
	char *directory;
	struct template *parsed[TEMPLATES]; /* NULL: not yet */
	struct buffer favicon;
	struct buffer script;
	char digest[HASH_HEX_BYTES]; /* of all sources */
};

#endif
