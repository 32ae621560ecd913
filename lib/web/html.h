/*
 * Text in a page that is made without templates.
 */
#ifndef MARQUEE_WEB_HTML_H
#define MARQUEE_WEB_HTML_H

#include "base/buffer.h"

/* Appends `text` so that it stands for itself between tags and in quoted
 * attributes. Bytes that are no UTF-8 become U+FFFD. */
void html_text(struct buffer *out, const char *text, size_t length);

#endif
