/*
 * Each parser of ours over a text that uses all of it, for starved_parsers.c,
 * which says what is done with them. All append what they read to `out`, which
 * has room for it, and return 0, or -1 with a reason.
 */
#ifndef MARQUEE_TESTS_STARVED_TEXTS_H
#define MARQUEE_TESTS_STARVED_TEXTS_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/json_string.h"
#include "base/key_values.h"
#include "base/object_cutter.h"
#include "base/settings.h"
#include "catalogue/catalogue_json.h"
#include "docs/docs.h"
#include "events/event_input.h"
#include "media/media_merge.h"
#include "template/template_json.h"
#include "upstream/page_reader.h"
#include "web/negotiate.h"
#include "web/query.h"
#include "web/range.h"
#include "json/json_read_back.h"

/* Room for a result. */
#define RESULT_BYTES ((size_t)1 << 20)

/* The directory that docs_render reads. */
static const char *templates;

typedef int parser(struct buffer *out, struct error *err);

static const char film[] =
	"{\"id\": \"f1\", \"title\": \"One & \\u00e9\", \"original_title\": "
	"\"x\","
	"\"image\": \"https://image.tmdb.org/t/p/w600/a.jpg\", \"director\": "
	"\"D\","
	"\"producer\": \"P\", \"release_date\": \"1986\", \"running_time\": "
	"\"124\","
	"\"rt_score\": 95, \"description\": \"Long, long ago\", \"a\": 1.50,"
	"\"b\": true, \"c\": null, \"d\": {}, \"e\": [1, \"two\", [3]], \"f\": "
	"6,"
	"\"people\": [\"http://h/people/p1\", \"http://h/people/\"]}";
static const char person[] = "{\"id\": \"p1\", \"name\": \"Somebody\", "
			     "\"gender\": \"F\", \"age\": \"7\","
			     "\"species\": \"http://h/species/s1\", \"films\": "
			     "[\"http://h/films/f1\"]}";
static const char species[] = "{\"id\": \"s1\", \"name\": \"Human\"}";

/* --- base ---------------------------------------------------------------- */

static int cut_object(struct buffer *out, struct error *err)
{
	struct object_members members = OBJECT_MEMBERS_EMPTY;
	size_t i;

	if (object_cut(film, sizeof(film) - 1, &members, err) != 0)
		return -1;
	for (i = 0; i < members.count; i++)
		buffer_format(out, "%s=%.*s\n",
			      members.names.data + members.list[i].name_at,
			      (int)members.list[i].value_length,
			      members.list[i].value);
	object_members_free(&members);
	return 0;
}

static int decode_string(struct buffer *out, struct error *err)
{
	static const char text[] = "\"\\ud83c\\udfa7 \\n \\u00e9 plain plain "
				   "plain plain plain plain plain plain\"";
	struct buffer decoded = BUFFER_EMPTY;
	int status;

	json_string_decode(&decoded, text, sizeof(text) - 1);
	status = buffer_check(&decoded, err);
	if (status == 0)
		buffer_append(out, decoded.data, decoded.length);
	buffer_free(&decoded);
	return status;
}

static int read_settings(struct buffer *out, struct error *err)
{
	struct settings *settings = settings_load("starved.env", err);
	int id;

	if (settings == NULL)
		return -1;
	for (id = 0; id < SETTING_COUNT; id++)
		buffer_format(out, "%s\n",
			      settings_text(settings, (enum setting)id));
	settings_free(settings);
	return 0;
}

static int write_note(struct buffer *out, struct error *err)
{
	struct buffer note = BUFFER_EMPTY;
	struct key_value pair;
	size_t at = 0;
	int status;

	key_values_put(&note, "error", " out \"of\" luck ");
	key_values_put(&note, "long", film);
	key_values_put_number(&note, "films", 22);
	status = buffer_check(&note, err);
	while (status == 0 &&
	       key_values_next(note.data, note.length, &at, &pair))
		buffer_format(out, "%.*s|%.*s\n", (int)pair.key_length,
			      pair.key, (int)pair.value_length, pair.value);
	buffer_free(&note);
	return status;
}

/* --- JSON by json-c --------------------------------------------------------- */

static int read_back(struct buffer *out, struct error *err)
{
	struct json_object *tree = NULL;
	int status =
		template_json_parse("film", film, sizeof(film) - 1, &tree, err);

	if (status == 0)
		status = json_read_back(tree, film, sizeof(film) - 1, err);
	if (status == 0)
		buffer_format(out, "%d", json_object_object_length(tree));
	json_object_put(tree);
	return status;
}

static int keep_element(void *context, struct json_object *element,
			struct error *err)
{
	struct json_object *people, *score, *last;

	(void)err;
	if (!json_object_object_get_ex(element, "people", &people) ||
	    !json_object_object_get_ex(element, "rt_score", &score) ||
	    !json_object_object_get_ex(element, "f", &last))
		buffer_text(context, "something is missing\n");
	else
		buffer_format(context, "%d people\n",
			      (int)json_object_array_length(people));
	return 0;
}

static void forget_elements(void *context, size_t count)
{
	(void)context;
	(void)count;
}

static int read_page(struct page_reader *reader, struct error *err)
{
	struct http_sink sink = page_reader_sink(reader);
	const char *pieces[] = {"[", film, ", ", film, "]"};
	size_t i, at, part;

	if (page_reader_begin(reader, err) != 0)
		return -1;
	for (i = 0; i < sizeof(pieces) / sizeof(*pieces); i++)
		for (at = 0; at < strlen(pieces[i]); at += part) {
			part = strnlen(pieces[i] + at, 37);
			if (sink.write(sink.context, pieces[i] + at, part,
				       err) < 0)
				return -1;
		}
	return sink.finish(sink.context, err);
}

static int read_pages(struct buffer *out, struct error *err)
{
	struct upstream_collection films = {.path = "/films",
					    .element = keep_element,
					    .rewind = forget_elements,
					    .context = out};
	char hex[HASH_HEX_BYTES];
	struct page_reader reader;
	int status;

	if (page_reader_open(&reader, &films, err) != 0)
		return -1;
	status = read_page(&reader, err);
	if (status == 0)
		status = page_reader_end(&reader, err);
	if (status == 0) {
		hex_encode(films.digest, HASH_BYTES, hex);
		buffer_text(out, hex);
	}
	page_reader_close(&reader);
	buffer_free(&films.body);
	return status;
}

/* --- catalogue, template, docs ------------------------------------------------ */

static struct json_object *elements[3]; /* parsed while there was memory */

static int join(struct buffer *out, struct error *err)
{
	struct catalogue *catalogue = catalogue_new(err);
	struct buffer films = BUFFER_EMPTY;
	int status = -1;

	if (catalogue == NULL ||
	    catalogue_add_film(catalogue, elements[0], err) != 0 ||
	    catalogue_add_person(catalogue, elements[1], err) != 0 ||
	    catalogue_add_species(catalogue, elements[2], err) != 0 ||
	    catalogue_join(catalogue, "Human", err) != 0)
		goto out;
	status = catalogue_json_films(&films, catalogue, true, RESULT_BYTES,
				      &(size_t){0}, err);
	if (status >= 0)
		buffer_append(out, films.data, films.length);
	status = status < 0 ? -1 : 0;
out:
	buffer_free(&films);
	catalogue_free(catalogue);
	return status;
}

static int load_partial(void *context, const char *name, struct buffer *text,
			struct error *err)
{
	(void)context;
	(void)name;
	buffer_text(text, "<b>{{.}}</b>\n");
	return buffer_check(text, err);
}

static int render(struct buffer *out, struct error *err)
{
	static const char page[] =
		"{{! a page }}<h1>{{title}}</h1>{{#people}}\n  {{> one}}\n"
		"{{/people}}{{^none}}{{{description}}} {{rt_score}} {{a}} "
		"{{d.x}}{{/none}}{{=<% %>=}}<%director%>";
	static const struct template_partials partials = {load_partial, NULL};
	struct template_value root = template_json_value(elements[0]);
	struct template *parsed =
		template_parse("page", page, sizeof(page) - 1, &partials, err);
	struct buffer html = BUFFER_EMPTY;
	int status = -1;

	if (parsed != NULL)
		status = template_render(parsed, &root, &html, err);
	if (status == 0)
		buffer_append(out, html.data, html.length);
	buffer_free(&html);
	template_free(parsed);
	return status;
}

static int render_docs(struct buffer *out, struct error *err)
{
	static const struct docs_frame frame = {.style_url = "/style.css"};
	struct buffer html = BUFFER_EMPTY, document = BUFFER_EMPTY;
	int status = docs_render(templates, &frame, &html, &document, err);

	if (status == 0) {
		buffer_append(out, html.data, html.length);
		buffer_append(out, document.data, document.length);
	}
	buffer_free(&html);
	buffer_free(&document);
	return status;
}

/* --- web ----------------------------------------------------------------------- */

static int read_query(struct buffer *out, struct error *err)
{
	static const char *const variables[] = {
		"REQUEST_METHOD=GET",
		"REQUEST_URI=/events?limit=10&after=a%20b+c&status=",
		"QUERY_STRING=limit=10&after=a%20b+c&status=", NULL};
	struct web_parameter parameters[] = {
		{.name = "limit"}, {.name = "after"}, {.name = "status"}, {0}};
	struct buffer unfit = BUFFER_EMPTY;
	struct web_request request;
	enum web_query_verdict verdict;
	int i, status = 0;

	web_request_init(&request, variables);
	verdict = web_query_read(&request, parameters, &unfit);
	if (verdict == WEB_QUERY_NO_MEMORY)
		status = error_no_memory(err);
	else if (verdict == WEB_QUERY_READ)
		for (i = 0; i < 3; i++)
			buffer_format(out, "%s\n", parameters[i].value.data);
	web_query_free(parameters);
	buffer_free(&unfit);
	web_request_free(&request);
	return status;
}

static int negotiate(struct buffer *out, struct error *err)
{
	static const char *const types[] = {"text/html", "application/json"};
	struct range range = {0};

	(void)err;
	buffer_format(out, "%zu ",
		      negotiate_media_type("text/*;q=.3, application/json",
					   types, 2));
	if (range_read("bytes=5-9", 100, &range) == RANGE_PART)
		buffer_format(out, "%llu", (unsigned long long)range.bytes);
	return 0;
}

/* --- events and media ---------------------------------------------------------- */

static int read_event(struct buffer *out, struct error *err)
{
	static const char body[] =
		"{\"user_id\": \"u-1\", \"description\": \"\\u00e9 and more\"}";
	unsigned char digest[HASH_BYTES];
	struct event_input input = EVENT_INPUT_EMPTY;
	struct buffer why = BUFFER_EMPTY;
	int status = 0;

	if (event_input_read(EVENT_NEW, body, sizeof(body) - 1, &input, &why) ==
	    EVENT_INPUT_NO_MEMORY)
		status = error_no_memory(err);
	else
		status = event_input_digest(&input, digest, err);
	if (status == 0)
		buffer_format(out, "%s %s %d %s", input.user_id,
			      input.description, digest[0],
			      why.data != NULL ? why.data : "");
	event_input_free(&input);
	buffer_free(&why);
	return status;
}

static int refuse_event(struct buffer *out, struct error *err)
{
	static const char body[] = "{\"user_id\": 7, \"else\": [1, 2]}";
	struct event_input input = EVENT_INPUT_EMPTY;
	struct buffer why = BUFFER_EMPTY;
	enum event_input_verdict verdict = event_input_read(
		EVENT_NEW, body, sizeof(body) - 1, &input, &why);
	int status = 0;

	if (verdict == EVENT_INPUT_NO_MEMORY)
		status = error_no_memory(err);
	else
		buffer_format(out, "%d %s", (int)verdict,
			      why.data != NULL ? why.data : "nothing");
	event_input_free(&input);
	buffer_free(&why);
	return status;
}

static int merge(struct buffer *out, struct error *err)
{
	static const char list[] = "{\"fileId\": \"f-1\", \"x\": 1.10,"
				   "\"processingStatus\": \"FINISHED\"}";
	static const char details[] = "{\"x\": 1.100, \"n\\u0061me\": [2]}";
	static const char first[] = "{\"startTime\": \"4.5\"}";
	static const char second[] = "{\"startTime\": 2, \"fileId\": \"f-1\"}";
	struct media_segments segments = MEDIA_SEGMENTS("f-1");
	struct object_members members = OBJECT_MEMBERS_EMPTY;
	struct media_entry *entry = NULL;
	struct buffer merged = BUFFER_EMPTY;
	int status = -1;

	if (media_entry_read(list, sizeof(list) - 1, &entry, err) != 0 ||
	    object_cut(details, sizeof(details) - 1, &members, err) != 0 ||
	    media_segments_add(&segments, first, sizeof(first) - 1, err) != 0 ||
	    media_segments_add(&segments, second, sizeof(second) - 1, err) !=
		    0 ||
	    media_segments_sort(&segments, err) != 0)
		goto out;
	status = media_merge(entry, &members, &segments, &merged, err);
	if (status == 0)
		status = buffer_check(&merged, err);
	if (status == 0)
		buffer_append(out, merged.data, merged.length);
out:
	buffer_free(&merged);
	media_segments_free(&segments);
	object_members_free(&members);
	free(entry);
	return status;
}

/* --- Wrong on purpose ------------------------------------------------------------ */

static int forget_to_check(struct buffer *out, struct error *err)
{
	char *copy = malloc(sizeof(film));

	(void)err;
	memcpy(copy, film, sizeof(film));
	buffer_text(out, copy);
	free(copy);
	return 0;
}

static int lose(struct buffer *out, struct error *err)
{
	struct buffer copy = BUFFER_EMPTY;

	(void)err;
	buffer_text(&copy, film);
	if (!copy.has_failed)
		buffer_text(out, copy.data);
	buffer_free(&copy);
	return 0;
}

static const struct {
	const char *name;
	parser *run;
	bool is_planted;
} parsers[] = {
	{"object_cutter", cut_object, false},
	{"json_string", decode_string, false},
	{"settings", read_settings, false},
	{"key_values", write_note, false},
	{"json_read_back", read_back, false},
	{"page_reader", read_pages, false},
	{"catalogue", join, false},
	{"template", render, false},
	{"docs", render_docs, false},
	{"query", read_query, false},
	{"negotiate", negotiate, false},
	{"event_input", read_event, false},
	{"event_input, refused", refuse_event, false},
	{"media_merge", merge, false},
	{"planted unchecked", forget_to_check, true},
	{"planted loser", lose, true},
};

#endif
