/*
 * Cuts a template's text into tags; only for the template room itself.
 *
 * The scanner knows delimiters, what a tag may look like and which tags stand
 * alone on their line; it knows nothing of nesting. Each byte is looked at a
 * fixed number of times, whatever the text.
 *
 *	struct template_scanner scanner = TEMPLATE_SCANNER(name, text, length);
 *
 *	while ((found = template_scan(&scanner, &tag, err)) == 1)
 *		…
 */
#ifndef MARQUEE_TEMPLATE_TEMPLATE_SCAN_H
#define MARQUEE_TEMPLATE_TEMPLATE_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "template/template_nodes.h"

/* Longest delimiter that {{=… …=}} may set, in bytes. */
#define TEMPLATE_MAX_DELIMITER_BYTES 16

enum tag_kind {
	TAG_ESCAPED,
	TAG_RAW,
	TAG_SECTION,
	TAG_INVERTED,
	TAG_CLOSE,
	TAG_PARTIAL,
	TAG_COMMENT,
	TAG_DELIMITERS
};

struct template_tag {
	enum tag_kind kind;
	size_t offset;         /* of its opening delimiter */
	size_t end;            /* of the byte behind its closing delimiter */
	struct slice name;     /* empty for comments and delimiters */
	struct slice text;     /* what stands before it and is to be shown */
	bool text_starts_line; /* `text` begins a line */
	bool tag_starts_line;  /* the tag does, and the line is shown */
	bool is_standalone;    /* alone on its line, which is not shown */
	struct slice indent;   /* white space before a standalone tag */
};

struct template_scanner {
	const char *name; /* of the text, for messages */
	struct slice text;
	size_t at; /* the first byte not yet handed out */
	struct slice open;
	struct slice close;
};

#define TEMPLATE_SCANNER(name_, data_, length_)                                \
	((struct template_scanner){                                            \
		(name_), {(data_), (length_)}, 0, {"{{", 2}, {"}}", 2}})

/* Returns 1 with the next tag; 0 when there is none left, with the rest in
 * the tag's `text`; -1 with EX_DATAERR and the place. */
int template_scan(struct template_scanner *scanner, struct template_tag *tag,
		  struct error *err);

/* The line, from 1, of a byte of a text. */
size_t template_line_at(const char *text, size_t offset);

/* Records "name:line:column: …" for a byte of a text; columns count
 * characters. Returns -1. */
int template_error_at(const char *name, const char *text, size_t offset,
		      struct error *err, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

#endif
