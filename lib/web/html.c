#include "web/html.h"

#include "base/text.h"

static const char *entity_of(char c)
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

void html_text(struct buffer *out, const char *text, size_t length)
{
	size_t at = 0, step;

	while (at < length) {
		const char *entity = entity_of(text[at]);

		step = text_utf8_step(text + at, length - at);
		if (entity != NULL)
			buffer_text(out, entity);
		else if (step == 0)
			buffer_text(out, TEXT_REPLACEMENT);
		else
			buffer_append(out, text + at, step);
		at += step > 0 ? step : 1;
	}
}
