/*
 * A small judge of HTML: tags nest and are closed, attributes are quoted and
 * each stands once, nothing is inline that the CSP forbids, ids are unique,
 * there is one h1. Stricter than HTML wants, as strict as our templates are.
 */
#ifndef MARQUEE_TESTS_HTML_NESTING_H
#define MARQUEE_TESTS_HTML_NESTING_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define HTML_MAX_DEPTH 64
#define HTML_MAX_IDS 256

struct html_name {
	const char *text;
	size_t length;
};

struct html_judge {
	struct html_name open[HTML_MAX_DEPTH];
	size_t depth;
	struct html_name ids[HTML_MAX_IDS];
	size_t id_count;
	size_t h1_count;
	char verdict[200];
};

static inline bool html_is(struct html_name name, const char *text)
{
	return name.length == strlen(text) &&
	       memcmp(name.text, text, name.length) == 0;
}

static inline bool html_is_any(struct html_name name, const char *const *texts)
{
	for (; *texts != NULL; texts++)
		if (html_is(name, *texts))
			return true;
	return false;
}

static inline const char *html_blame(struct html_judge *judge, const char *why,
				     const char *at)
{
	snprintf(judge->verdict, sizeof(judge->verdict), "%s at: %.120s", why,
		 at);
	return NULL;
}

static inline struct html_name html_word(const char **at)
{
	struct html_name name = {*at, 0};

	name.length = strspn(*at, "abcdefghijklmnopqrstuvwxyz0123456789-:");
	*at += name.length;
	return name;
}

static inline bool html_take_id(struct html_judge *judge, struct html_name id)
{
	size_t i;

	for (i = 0; i < judge->id_count; i++)
		if (judge->ids[i].length == id.length &&
		    memcmp(judge->ids[i].text, id.text, id.length) == 0)
			return false;
	if (judge->id_count == HTML_MAX_IDS)
		return false;
	judge->ids[judge->id_count++] = id;
	return true;
}

/* The one script there may be: a file of the site's own, and nothing in it. */
static inline bool html_is_own_script(const char *at)
{
	static const char start[] =
		"script type=\"module\" src=\"/script.js?v=";
	const char *end = strchr(at, '>');

	return strncmp(at, start, sizeof(start) - 1) == 0 && end != NULL &&
	       strncmp(end, "></script>", 10) == 0;
}

/* One attribute; returns what follows it, or NULL. */
static inline const char *html_attribute(struct html_judge *judge,
					 const char *at)
{
	const char *start = at;
	struct html_name name = html_word(&at), value;

	if (name.length == 0)
		return html_blame(judge, "no attribute", start);
	if (html_is(name, "style") || strncmp(start, "on", 2) == 0)
		return html_blame(judge, "inline style or code", start);
	if (*at != '=')
		return at;
	if (*++at != '"')
		return html_blame(judge, "no quote", start);
	value.text = ++at;
	value.length = strcspn(at, "\"<>");
	at += value.length;
	if (*at != '"')
		return html_blame(judge, "bad value", start);
	if (html_is(name, "id") && !html_take_id(judge, value))
		return html_blame(judge, "an id twice", start);
	if ((html_is(name, "href") || html_is(name, "src")) &&
	    strncmp(value.text, "javascript:", 11) == 0)
		return html_blame(judge, "code in a link", start);
	return at + 1;
}

static inline const char *html_open(struct html_judge *judge, const char *at)
{
	static const char *const empty[] = {"meta", "link", "img", "input",
					    NULL};
	static const char *const forbidden[] = {"script", "style", "iframe",
						"object", "embed", "base",
						"form",   NULL};
	const char *start = at;
	struct html_name name = html_word(&at);

	if (name.length == 0)
		return html_blame(judge, "no tag", start);
	if (html_is_any(name, forbidden) && !html_is_own_script(start))
		return html_blame(judge, "a forbidden element", start);
	judge->h1_count += html_is(name, "h1");
	while (*at == ' ') {
		at = html_attribute(judge, at + 1);
		if (at == NULL)
			return NULL;
	}
	if (*at != '>')
		return html_blame(judge, "no end of the tag", start);
	if (!html_is_any(name, empty)) {
		if (judge->depth == HTML_MAX_DEPTH)
			return html_blame(judge, "too deep", start);
		judge->open[judge->depth++] = name;
	}
	return at + 1;
}

static inline const char *html_close(struct html_judge *judge, const char *at)
{
	const char *start = at;
	struct html_name name = html_word(&at);

	if (judge->depth == 0 || *at != '>' ||
	    judge->open[judge->depth - 1].length != name.length ||
	    memcmp(judge->open[judge->depth - 1].text, name.text,
		   name.length) != 0)
		return html_blame(judge, "closes what is not open", start);
	judge->depth--;
	return at + 1;
}

/* Returns NULL where all is well, else what is not. Valid while `judge` is. */
static inline const char *html_verdict(struct html_judge *judge,
				       const char *text)
{
	static const char doctype[] = "<!DOCTYPE html>\n";
	const char *at = text;

	*judge = (struct html_judge){0};
	if (strncmp(at, doctype, sizeof(doctype) - 1) != 0)
		return "no doctype";
	at += sizeof(doctype) - 1;
	while (at != NULL && *(at += strcspn(at, "<>")) != '\0') {
		if (*at == '>')
			at = html_blame(judge, "a bare >", at);
		else if (at[1] == '/')
			at = html_close(judge, at + 2);
		else
			at = html_open(judge, at + 1);
	}
	if (at == NULL)
		return judge->verdict;
	if (judge->depth != 0)
		return "something is left open";
	return judge->h1_count == 1 ? NULL : "not one h1";
}

#endif
