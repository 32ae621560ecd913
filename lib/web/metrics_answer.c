#include "web/metrics_answer.h"

#include <string.h>

#define HELP "# HELP "
#define TYPE "# TYPE "

static const struct metric build_info = {
	"marquee_build_info", METRIC_GAUGE,
	"What was built: always 1, its label says."};

/* A piece of text, of which `at` moves to `end`. */
struct piece {
	const char *at, *end;
};

/* What a text says of one metric. */
struct family {
	struct piece name;
	struct piece head;    /* its HELP and TYPE */
	struct piece samples; /* whole lines */
};

static size_t length_of(struct piece piece)
{
	return (size_t)(piece.end - piece.at);
}

static bool begins_with(struct piece piece, const char *text, size_t length)
{
	return length_of(piece) >= length &&
	       memcmp(piece.at, text, length) == 0;
}

/* Takes a line, with its end. One that has none is no line. */
static bool take_line(struct piece *text, struct piece *line)
{
	const char *stop = text->at == text->end
				   ? NULL
				   : memchr(text->at, '\n', length_of(*text));

	if (stop == NULL)
		return false;
	*line = (struct piece){text->at, stop + 1};
	text->at = line->end;
	return true;
}

/* Whether it is a name as Prometheus' text format has them. */
static bool is_name(struct piece piece)
{
	const char *at;

	for (at = piece.at; at < piece.end; at++)
		if (!(*at >= 'a' && *at <= 'z') &&
		    !(*at >= 'A' && *at <= 'Z') && *at != '_' && *at != ':' &&
		    (at == piece.at || *at < '0' || *at > '9'))
			return false;
	return piece.at < piece.end;
}

/* Whether the line is a comment of that kind; sets the name that it is about. */
static bool is_comment(struct piece line, const char *kind, struct piece *name)
{
	const char *stop;

	if (!begins_with(line, kind, strlen(kind)))
		return false;
	name->at = line.at + strlen(kind);
	stop = memchr(name->at, ' ', (size_t)(line.end - name->at));
	name->end = stop;
	return stop != NULL && is_name(*name);
}

static bool is_same(struct piece a, struct piece b)
{
	return length_of(a) == length_of(b) &&
	       memcmp(a.at, b.at, length_of(a)) == 0;
}

static bool is_sample_of(struct piece line, struct piece name)
{
	char next;

	if (!begins_with(line, name.at, length_of(name)))
		return false;
	next = line.at[length_of(name)];
	return next == '{' || next == '_' || next == ' ';
}

/* Takes what follows a HELP and a TYPE of one metric. */
static bool take_family(struct piece *text, struct family *family)
{
	struct piece line, type, typed, rest;

	while (take_line(text, &line)) {
		rest = *text;
		if (!is_comment(line, HELP, &family->name) ||
		    !take_line(&rest, &type) ||
		    !is_comment(type, TYPE, &typed) ||
		    !is_same(family->name, typed))
			continue;
		*text = rest;
		family->head = (struct piece){line.at, type.end};
		while (take_line(&rest, &line) &&
		       is_sample_of(line, family->name))
			text->at = rest.at;
		family->samples = (struct piece){type.end, text->at};
		return true;
	}
	return false;
}

static struct piece whole(const struct buffer *text)
{
	if (text->data == NULL)
		return (struct piece){"", ""};
	return (struct piece){text->data, text->data + text->length};
}

/* Takes the family of that name, wherever in the text it is. */
static bool find_family(const struct buffer *text, struct piece name,
			struct family *family)
{
	struct piece rest = whole(text);

	while (take_family(&rest, family))
		if (is_same(family->name, name))
			return true;
	return false;
}

static void put(struct buffer *out, struct piece piece)
{
	buffer_append(out, piece.at, length_of(piece));
}

/* Puts what all texts from this one on say of the family. */
static void put_family(const struct buffer *texts, size_t count,
		       const struct family *first, struct buffer *out)
{
	struct family family;
	size_t i;

	put(out, first->head);
	put(out, first->samples);
	for (i = 1; i < count; i++)
		if (find_family(&texts[i], first->name, &family))
			put(out, family.samples);
}

/* Whether the texts up to and with the last have another of that name before. */
static bool is_told_before(const struct buffer *texts, size_t last,
			   const struct family *family)
{
	struct family found;
	size_t i;

	for (i = 0; i <= last; i++)
		if (find_family(&texts[i], family->name, &found) &&
		    found.name.at != family->name.at)
			return true;
	return false;
}

void metrics_merge(const struct buffer *texts, size_t count, struct buffer *out)
{
	struct family family;
	struct piece rest;
	size_t i;

	for (i = 0; i < count; i++) {
		rest = whole(&texts[i]);
		while (take_family(&rest, &family))
			if (!is_told_before(texts, i, &family))
				put_family(&texts[i], count - i, &family, out);
	}
}

static void write_own(const struct metrics_source *sources, size_t count,
		      struct buffer *text)
{
	static const struct metric_label version = {
		"version", MARQUEE_VERSION, sizeof(MARQUEE_VERSION) - 1};
	struct metrics_writer writer = METRICS_WRITER(text);
	size_t i;

	metrics_put(&writer, &build_info, &version, 1, 1);
	for (i = 0; i < count; i++)
		sources[i].write(sources[i].context, &writer);
}

void metrics_collect(const struct metrics_source *sources, size_t count,
		     struct buffer *texts, size_t text_count,
		     struct buffer *out)
{
	size_t i;

	write_own(sources, count, &texts[0]);
	metrics_merge(texts, text_count, out);
	for (i = 0; i < text_count; i++)
		if (texts[i].has_failed)
			out->has_failed = true;
}

void metrics_answer(const struct buffer *text, struct web_response *response)
{
	bool is_whole = buffer_check(text, NULL) == 0;

	web_response_header(response, "Cache-Control", "no-store");
	web_response_send(response, is_whole ? 200 : 500, METRICS_MEDIA_TYPE,
			  text->data, is_whole ? text->length : 0);
}
