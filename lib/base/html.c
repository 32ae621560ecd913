#include "base/html.h"

#include "base/text.h"

void html_text(struct buffer *out, const char *text, size_t length)
{
	size_t at = 0, step;

	while (at < length) {
		const char *entity = html_entity(text[at]);

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
