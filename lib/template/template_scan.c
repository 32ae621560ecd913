#include "template/template_scan.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "template/template.h"

static const char whitespace[] = " \t\r\n\v\f";

static bool is_space(char c)
{
	return c != '\0' && strchr(whitespace, c) != NULL;
}

static struct slice trim(struct slice slice)
{
	while (slice.length > 0 && is_space(slice.data[0])) {
		slice.data++;
		slice.length--;
	}
	while (slice.length > 0 && is_space(slice.data[slice.length - 1]))
		slice.length--;
	return slice;
}

/* Where `wanted` first stands in `slice`, NULL if nowhere. What is wanted is
 * short, so this is linear; and unlike memmem's, its cost under the address
 * sanitizer ends where the search does. */
static const char *find(struct slice slice, struct slice wanted)
{
	const char *end = slice.data + slice.length;
	const char *at = slice.data;

	while ((size_t)(end - at) >= wanted.length) {
		at = memchr(at, wanted.data[0],
			    (size_t)(end - at) - wanted.length + 1);
		if (at == NULL)
			break;
		if (memcmp(at, wanted.data, wanted.length) == 0)
			return at;
		at++;
	}
	return NULL;
}

/* What of `slice` lies from `offset` on. */
static struct slice rest_from(struct slice slice, size_t offset)
{
	return (struct slice){slice.data + offset, slice.length - offset};
}

size_t template_line_at(const char *text, size_t offset)
{
	size_t line = 1, i;

	for (i = 0; i < offset; i++)
		line += text[i] == '\n';
	return line;
}

static size_t column_at(const char *text, size_t offset)
{
	size_t column = 1;

	for (; offset > 0 && text[offset - 1] != '\n'; offset--)
		column += ((unsigned char)text[offset - 1] & 0xc0) != 0x80;
	return column;
}

int template_error_at(const char *name, const char *text, size_t offset,
		      struct error *err, const char *format, ...)
{
	char *message;
	va_list args;
	int length;

	va_start(args, format);
	length = vasprintf(&message, format, args);
	va_end(args);
	if (length < 0)
		return error_no_memory(err);
	error_set(err, EX_DATAERR, "%s:%zu:%zu: %s", name,
		  template_line_at(text, offset), column_at(text, offset),
		  message);
	free(message);
	return -1;
}

/* Finds the closing delimiter at or after `from`, with `last` right before it
 * where the kind of tag wants one (0: none). Returns the offset of the
 * delimiter, or -1 where there is none. */
static int find_close(const struct template_scanner *scanner, size_t from,
		      char last, size_t *close)
{
	const char *text = scanner->text.data;
	const char *found;
	size_t at = from;

	for (;;) {
		found = find(rest_from(scanner->text, at), scanner->close);
		if (found == NULL)
			return -1;
		at = (size_t)(found - text);
		if (last == '\0' || (at > from && text[at - 1] == last))
			break;
		at++;
	}
	*close = at;
	return 0;
}

/* The first word of `rest`, which then begins behind it. */
static struct slice take_word(struct slice *rest)
{
	struct slice word = {rest->data, 0};

	while (word.length < rest->length && !is_space(rest->data[word.length]))
		word.length++;
	rest->data += word.length;
	rest->length -= word.length;
	*rest = trim(*rest);
	return word;
}

static bool is_delimiter(struct slice word)
{
	return word.length > 0 && word.length <= TEMPLATE_MAX_DELIMITER_BYTES &&
	       memchr(word.data, '=', word.length) == NULL &&
	       !text_has_control(word.data, word.length);
}

static int set_delimiters(struct template_scanner *scanner, size_t offset,
			  struct slice content, struct error *err)
{
	struct slice rest = trim(content);
	struct slice open = take_word(&rest);
	struct slice close = take_word(&rest);

	if (!is_delimiter(open) || !is_delimiter(close) || rest.length != 0)
		return template_error_at(
			scanner->name, scanner->text.data, offset, err,
			"delimiters are two words of at most %d bytes without "
			"\"=\", as in {{=<%% %%>=}}",
			TEMPLATE_MAX_DELIMITER_BYTES);
	scanner->open = open;
	scanner->close = close;
	return 0;
}

static bool has_empty_step(struct slice name)
{
	if (name.length == 1 && name.data[0] == '.')
		return false;
	return name.data[0] == '.' || name.data[name.length - 1] == '.' ||
	       find(name, (struct slice){"..", 2}) != NULL;
}

/* What is wrong with a tag's name, NULL where nothing is. */
static const char *name_fault(const struct template_scanner *scanner,
			      const struct template_tag *tag)
{
	struct slice name = tag->name;
	size_t i;

	if (name.length == 0)
		return "a tag has no name";
	if (name.length > TEMPLATE_MAX_NAME_BYTES)
		return "a tag's name is too long";
	if (find(name, scanner->open) != NULL ||
	    find(name, scanner->close) != NULL)
		return "a tag is not closed before the next one";
	for (i = 0; i < name.length; i++)
		if (is_space(name.data[i]))
			return "a tag's name has a space in it";
	if (text_has_control(name.data, name.length))
		return "a tag's name has a control character in it";
	if (tag->kind != TAG_PARTIAL && has_empty_step(name))
		return "a tag's name has a dot with nothing before or after it";
	return NULL;
}

static const struct sigil {
	char sigil;
	char last; /* what must stand before the closing delimiter */
	enum tag_kind kind;
} sigils[] = {
	{'#', 0, TAG_SECTION},  {'^', 0, TAG_INVERTED},
	{'/', 0, TAG_CLOSE},    {'>', 0, TAG_PARTIAL},
	{'!', 0, TAG_COMMENT},  {'&', 0, TAG_RAW},
	{'{', '}', TAG_RAW},    {'=', '=', TAG_DELIMITERS},
	{'\0', 0, TAG_ESCAPED},
};

static const struct sigil *find_sigil(char c)
{
	const struct sigil *sigil = sigils;

	while (sigil->sigil != '\0' && sigil->sigil != c)
		sigil++;
	return sigil;
}

/* Reads the tag whose opening delimiter is at `tag->offset`. */
static int read_tag(struct template_scanner *scanner, struct template_tag *tag,
		    struct error *err)
{
	const char *text = scanner->text.data;
	size_t at = tag->offset + scanner->open.length;
	const struct sigil *sigil;
	struct slice content;
	const char *fault;
	size_t close;

	while (at < scanner->text.length && is_space(text[at]))
		at++;
	sigil = find_sigil(at < scanner->text.length ? text[at] : '\0');
	if (sigil->sigil != '\0')
		at++;
	if (find_close(scanner, at, sigil->last, &close) != 0)
		return template_error_at(
			scanner->name, text, tag->offset, err,
			"a tag is not closed: \"%.*s%.*s\" is missing",
			sigil->last != '\0', &sigil->last,
			(int)scanner->close.length, scanner->close.data);
	tag->end = close + scanner->close.length;
	content.data = text + at;
	content.length = close - at - (sigil->last != '\0');
	tag->kind = sigil->kind;
	tag->name = (struct slice){text + at, 0};
	if (tag->kind == TAG_COMMENT)
		return 0;
	if (tag->kind == TAG_DELIMITERS)
		return set_delimiters(scanner, tag->offset, content, err);
	tag->name = trim(content);
	fault = name_fault(scanner, tag);
	if (fault != NULL)
		return template_error_at(scanner->name, text, tag->offset, err,
					 "%s", fault);
	return 0;
}

static bool starts_line(struct slice text, size_t offset)
{
	return offset == 0 || text.data[offset - 1] == '\n';
}

/* Where the line goes on behind a tag that ends at `end`: behind the line
 * break if nothing but blanks come first, else at `end`. Tells which. */
static bool skip_blank_rest(struct slice text, size_t end, size_t *next)
{
	size_t at = end;

	while (at < text.length &&
	       (text.data[at] == ' ' || text.data[at] == '\t'))
		at++;
	if (at + 1 < text.length && text.data[at] == '\r' &&
	    text.data[at + 1] == '\n')
		at++;
	if (at < text.length && text.data[at] != '\n')
		return false;
	*next = at < text.length ? at + 1 : at;
	return true;
}

/* Where the line begins whose byte `offset` is, if only blanks stand between;
 * tells whether that is so. */
static bool find_blank_start(struct slice text, size_t offset, size_t *start)
{
	while (offset > 0 &&
	       (text.data[offset - 1] == ' ' || text.data[offset - 1] == '\t'))
		offset--;
	*start = offset;
	return starts_line(text, offset);
}

/* A tag that shows nothing itself takes its line away with it when it is
 * alone there. */
static void settle_line(struct template_scanner *scanner,
			struct template_tag *tag)
{
	const char *text = scanner->text.data;
	size_t next = tag->end;
	size_t line;

	tag->text.data = text + scanner->at;
	tag->text.length = tag->offset - scanner->at;
	tag->indent = (struct slice){text + tag->offset, 0};
	tag->text_starts_line = starts_line(scanner->text, scanner->at);
	tag->is_standalone =
		tag->kind != TAG_ESCAPED && tag->kind != TAG_RAW &&
		find_blank_start(scanner->text, tag->offset, &line) &&
		skip_blank_rest(scanner->text, tag->end, &next);
	if (tag->is_standalone) {
		tag->text.length = line - scanner->at;
		tag->indent = (struct slice){text + line, tag->offset - line};
	} else {
		tag->tag_starts_line = starts_line(scanner->text, tag->offset);
	}
	scanner->at = next;
}

int template_scan(struct template_scanner *scanner, struct template_tag *tag,
		  struct error *err)
{
	const struct slice rest = rest_from(scanner->text, scanner->at);
	const char *open = find(rest, scanner->open);

	*tag = (struct template_tag){.text = rest};
	if (open == NULL) {
		tag->text_starts_line = starts_line(scanner->text, scanner->at);
		scanner->at = scanner->text.length;
		return 0;
	}
	tag->offset = (size_t)(open - scanner->text.data);
	if (read_tag(scanner, tag, err) != 0)
		return -1;
	settle_line(scanner, tag);
	return 1;
}
