#include "web/status_parts.h"

#include <limits.h>
#include <string.h>

#include "base/html.h"
#include "base/text.h"

/* A line of the text of /metrics. */
struct line {
	const char *at, *end;
};

static bool begins_with(const struct line *line, const char *text)
{
	size_t length = strlen(text);

	return (size_t)(line->end - line->at) >= length &&
	       memcmp(line->at, text, length) == 0;
}

/* What stands behind the second space: "# HELP name " is before it. */
static void write_help(const struct line *line, struct buffer *out)
{
	const char *name = line->at + strlen("# HELP ");
	const char *text = memchr(name, ' ', (size_t)(line->end - name));

	text = text != NULL ? text + 1 : name;
	buffer_text(out, "<tr><th colspan=\"2\" scope=\"colgroup\">");
	html_text(out, text, (size_t)(line->end - text));
	buffer_text(out, "</th></tr>\n");
}

/* A number that is a time is shown as one. */
static void write_number(const struct line *name, const char *value,
			 size_t length, struct buffer *out)
{
	const char *point = memchr(value, '.', length);
	long long seconds;

	if (memmem(name->at, (size_t)(name->end - name->at), "_time",
		   strlen("_time")) != NULL &&
	    text_number(value, point != NULL ? (size_t)(point - value) : length,
			&seconds) == 0 &&
	    seconds < LLONG_MAX / 1000)
		status_time_write(seconds * 1000, out);
	else
		html_text(out, value, length);
}

static void write_sample(const struct line *line, struct buffer *out)
{
	const char *value =
		memrchr(line->at, ' ', (size_t)(line->end - line->at));
	struct line name = *line;

	if (value == NULL)
		return;
	name.end = value;
	buffer_text(out, "<tr><th scope=\"row\"><code>");
	html_text(out, name.at, (size_t)(name.end - name.at));
	buffer_text(out, "</code></th><td>");
	write_number(&name, value + 1, (size_t)(line->end - value - 1), out);
	buffer_text(out, "</td></tr>\n");
}

void status_numbers_write(const struct buffer *text, struct buffer *out)
{
	struct line line = {text->data, text->data};
	const char *end = text->data + text->length;

	buffer_text(out, "<details>\n<summary>All numbers</summary>\n"
			 "<table>\n");
	for (; line.at < end; line.at = line.end + 1) {
		line.end = memchr(line.at, '\n', (size_t)(end - line.at));
		if (line.end == NULL)
			break;
		if (begins_with(&line, "# HELP "))
			write_help(&line, out);
		else if (!begins_with(&line, "#"))
			write_sample(&line, out);
	}
	buffer_text(out, "</table>\n</details>\n");
}
