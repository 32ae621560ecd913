/*
 * Text as it stands in HTML.
 */
#ifndef MARQUEE_BASE_HTML_H
#define MARQUEE_BASE_HTML_H

#include <stddef.h>

#include "base/buffer.h"

/* What stands for a character that would not stand for itself between tags or in
 * a quoted attribute; NULL for any other. Inline: it is asked about every byte of
 * every page. */
static inline const char *html_entity(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

/* Appends `text` so that it stands for itself between tags and in quoted
 * attributes. Bytes that are no UTF-8 become U+FFFD. */
void html_text(struct buffer *out, const char *text, size_t length);

#endif
