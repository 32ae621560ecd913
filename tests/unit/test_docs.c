/* docs: the page and the document, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <json-c/json.h>

#include "base/hex.h"
#include "base_fixture.h"
#include "docs/docs.h"
#include "html_nesting.h"
#include "template/template_json.h"

#define CASES "tests/data/docs"
#define TEMPLATES "templates"
#define STYLE_URL "/style.css?v=01234567"

static const char *const page_sources[] = {
	"docs.mustache",   "docs-field.mustache", "head.mustache",
	"header.mustache", "footer.mustache",
};

struct rendered {
	struct buffer html;
	struct buffer openapi;
	struct json_object *document;
};

static struct rendered render(const char *directory, const char *public_url)
{
	struct docs_frame frame = {STYLE_URL, public_url};
	struct rendered r = {0};
	struct error err = {0};

	if (docs_render(directory, &frame, &r.html, &r.openapi, &err) != 0 ||
	    template_json_parse("openapi.json", r.openapi.data,
				r.openapi.length, &r.document, &err) != 0)
		fail_msg("%s", err.message);
	return r;
}

static void release(struct rendered *r)
{
	buffer_free(&r->html);
	buffer_free(&r->openapi);
	json_object_put(r->document);
}

static struct json_object *get(struct json_object *object, const char *key)
{
	struct json_object *member = NULL;

	if (!json_object_object_get_ex(object, key, &member))
		fail_msg("no member %s", key);
	return member;
}

/* What {{…}} makes of a text. */
static void assert_shown(const char *html, const char *before, const char *text,
			 const char *after)
{
	struct buffer shown = BUFFER_EMPTY;

	buffer_text(&shown, before);
	for (; *text != '\0'; text++)
		if (*text == '\'')
			buffer_text(&shown, "&#39;");
		else if (*text == '"')
			buffer_text(&shown, "&quot;");
		else if (*text == '&')
			buffer_text(&shown, "&amp;");
		else
			buffer_char(&shown, *text);
	buffer_text(&shown, after);
	assert_holds(html, shown.data);
	buffer_free(&shown);
}

/* A directory with the page's own sources, and openapi.json from a case. */

static void copy(const char *from, const char *name)
{
	struct buffer text = BUFFER_EMPTY;

	buffer_text(&text, "");
	assert_int_equal(files_read(AT_FDCWD, from, 1 << 20, &text, NULL), 0);
	put_file(name, text.data);
	buffer_free(&text);
}

static int root = -1;

static int enter_sources(void **state)
{
	struct buffer path = BUFFER_EMPTY;
	char *tree = getcwd(NULL, 0);
	size_t i;

	if (tree == NULL || enter_directory(state) != 0)
		return -1;
	root = open(tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (i = 0; i < COUNT(page_sources); i++) {
		buffer_clear(&path);
		buffer_format(&path, "%s/" TEMPLATES "/%s", tree,
			      page_sources[i]);
		copy(path.data, page_sources[i]);
	}
	buffer_clear(&path);
	buffer_format(&path, "%s/" CASES "/valid.json", tree);
	copy(path.data, "openapi.json");
	buffer_free(&path);
	free(tree);
	return 0;
}

static int leave_sources(void **state)
{
	int status = leave_directory(state);

	if (fchdir(root) != 0)
		status = -1;
	close(root);
	return status;
}

static void the_page_names_every_operation_and_its_curl_line(void **state)
{
	struct rendered r = render(TEMPLATES, NULL);
	size_t operations = 0;

	(void)state;
	json_object_object_foreach(get(r.document, "paths"), path, item)
	{
		assert_shown(r.html.data, "</span> <code>", path,
			     "</code></h3>");
		json_object_object_foreach(item, method, operation)
		{
			(void)method;
			operations++;
			assert_shown(r.html.data, "<h3 id=\"",
				     json_object_get_string(
					     get(operation, "operationId")),
				     "\">");
			assert_shown(r.html.data, "<pre><code>",
				     json_object_get_string(
					     get(operation, "x-curl")),
				     "</code></pre>");
		}
	}
	assert_true(operations >= 12);
	release(&r);
}

static void what_is_to_be_sent_is_shown_with_its_shape(void **state)
{
	static const char *const shapes[] = {"NewEvent", "EventChange"};
	struct rendered r = render(TEMPLATES, NULL);
	const char *body = r.html.data;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(shapes); i++) {
		body = strstr(body, "<h4>Body</h4>\n");
		assert_non_null(body);
		assert_shown(body,
			     "<code>application/json</code> <small>"
			     "<a href=\"#shape-",
			     shapes[i], "\">");
		body++;
	}
	/* Nothing is sent with the other operations. */
	assert_null(strstr(body, "<h4>Body</h4>"));
	assert_holds(r.html.data, "<code>POST /events</code></a>");
	assert_holds(r.html.data, "<code>/events</code></a>");
	release(&r);
}

static void the_page_describes_every_component(void **state)
{
	static const char *const kinds[][3] = {
		{"headers", "<div id=\"header-", "\">"},
		{"responses", "<h3 id=\"answer-", "\">"},
		{"schemas", "<h3 id=\"shape-", "\">"},
		{"parameters", "<dt><code>", "</code>"},
	};
	struct rendered r = render(TEMPLATES, NULL);
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(kinds); i++) {
		json_object_object_foreach(get(get(r.document, "components"),
					       kinds[i][0]),
					   name, component)
		{
			(void)component;
			assert_shown(r.html.data, kinds[i][1], name,
				     kinds[i][2]);
		}
	}
	release(&r);
}

static void the_page_names_every_member_of_every_shape(void **state)
{
	struct rendered r = render(TEMPLATES, NULL);
	struct json_object *properties;
	size_t members = 0;

	(void)state;
	json_object_object_foreach(
		get(get(r.document, "components"), "schemas"), shape, schema)
	{
		(void)shape;
		if (!json_object_object_get_ex(schema, "properties",
					       &properties))
			continue;
		json_object_object_foreach(properties, name, property)
		{
			(void)property;
			members++;
			assert_shown(r.html.data, "<dt><code>", name,
				     "</code>");
		}
	}
	assert_true(members > 30);
	release(&r);
}

static void the_page_is_well_nested_without_script_and_style(void **state)
{
	struct rendered r = render(TEMPLATES, "https://films.example");
	struct html_judge judge;
	const char *verdict = html_verdict(&judge, r.html.data);

	(void)state;
	if (verdict != NULL)
		fail_msg("%s", verdict);
	assert_lacks(r.html.data, "<script");
	assert_lacks(r.html.data, " style=");
	release(&r);
}

static void the_page_has_what_other_pages_have(void **state)
{
	struct rendered r = render(TEMPLATES, NULL);

	(void)state;
	assert_holds(r.html.data,
		     "<link rel=\"stylesheet\" href=\"" STYLE_URL "\">");
	assert_holds(r.html.data, "<a class=\"skip\" href=\"#main\">");
	assert_holds(r.html.data, "<main id=\"main\"");
	assert_holds(r.html.data, "<header class=\"marquee\">");
	assert_holds(r.html.data, "<footer class=\"foot\">");
	release(&r);
}

static void every_link_within_the_page_leads_somewhere(void **state)
{
	struct rendered r = render(TEMPLATES, NULL);
	struct buffer id = BUFFER_EMPTY;
	const char *at = r.html.data;
	size_t links = 0;

	(void)state;
	for (; (at = strstr(at, " href=\"#")) != NULL; links++) {
		at += strlen(" href=\"#");
		buffer_clear(&id);
		buffer_text(&id, " id=\"");
		buffer_append(&id, at, strcspn(at, "\""));
		buffer_text(&id, "\"");
		assert_holds(r.html.data, id.data);
	}
	assert_true(links > 100);
	buffer_free(&id);
	release(&r);
}

static void the_document_has_this_version_and_no_placeholder(void **state)
{
	struct rendered r = render(TEMPLATES, NULL);

	(void)state;
	assert_string_equal(
		json_object_get_string(get(get(r.document, "info"), "version")),
		MARQUEE_VERSION);
	assert_lacks(r.openapi.data, "{{");
	assert_lacks(r.html.data, "{{");
	assert_holds(r.html.data, "Version " MARQUEE_VERSION);
	release(&r);
}

/* Counts the references; each leads to an object. */
static size_t follow_all(struct json_object *document, struct json_object *node)
{
	struct json_object *ref, *found = document;
	size_t i, count = 0;
	char *copied, *rest, *part;

	if (json_object_is_type(node, json_type_array))
		for (i = 0; i < json_object_array_length(node); i++)
			count += follow_all(document,
					    json_object_array_get_idx(node, i));
	if (!json_object_is_type(node, json_type_object))
		return count;
	json_object_object_foreach(node, key, member)
	{
		(void)key;
		count += follow_all(document, member);
	}
	if (!json_object_object_get_ex(node, "$ref", &ref))
		return count;
	copied = rest = strdup(json_object_get_string(ref));
	assert_string_equal(strsep(&rest, "/"), "#");
	while ((part = strsep(&rest, "/")) != NULL)
		found = get(found, part);
	assert_true(json_object_is_type(found, json_type_object));
	free(copied);
	return count + 1;
}

static void every_ref_of_the_document_resolves(void **state)
{
	struct rendered r = render(TEMPLATES, NULL);

	(void)state;
	assert_true(follow_all(r.document, r.document) > 100);
	release(&r);
}

static void the_canonical_link_needs_a_public_url(void **state)
{
	static const struct {
		const char *public_url;
		const char *canonical;
	} cases[] = {
		{NULL, NULL},
		{"", NULL},
		{"/", NULL},
		{"https://films.example", "https://films.example/docs"},
		{"https://films.example/", "https://films.example/docs"},
		{"https://example/films//", "https://example/films/docs"},
	};
	struct rendered r;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		r = render(".", cases[i].public_url);
		if (cases[i].canonical == NULL)
			assert_lacks(r.html.data, "canonical");
		else
			assert_shown(r.html.data,
				     "<link rel=\"canonical\" href=\"",
				     cases[i].canonical, "\">");
		release(&r);
	}
}

static void texts_of_the_document_are_escaped(void **state)
{
	struct rendered r = render(".", NULL);

	(void)state;
	assert_holds(r.html.data, "&lt;script&gt;alert(1)&lt;/script&gt; "
				  "&amp; &quot;quotes&quot;");
	assert_lacks(r.html.data, "<script");
	release(&r);
}

static void types_are_told_in_words_and_links(void **state)
{
	static const char *const parts[] = {
		"<h3 id=\"shape-Things\">Things <small>array of <a "
		"href=\"#shape-Thing\">Thing</a></small></h3>",
		"<code>size</code> <small>integer or null, required</small>",
		"<code>parts</code> <small>object of array of <a "
		"href=\"#shape-Thing\">Thing</a></small>",
		"Allowed: <code>red, blue</code>",
		"<code>id</code> <small>string, required</small>",
		"<span class=\"verb\">PUT</span> <code>/things/{id}</code>",
		"<a href=\"#other-things\">Other things</a>",
	};
	struct rendered r = render(".", NULL);
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(parts); i++)
		assert_holds(r.html.data, parts[i]);
	release(&r);
}

static void a_document_that_shares_nothing_is_shown_all_the_same(void **state)
{
	static const char document[] =
		"{\"openapi\": \"3.1.0\", \"components\": {},"
		" \"info\": {\"title\": \"Small\", \"version\": \"1\"},"
		" \"tags\": [{\"name\": \"Things\"}], \"paths\": {\"/things\":"
		" {\"get\": {\"operationId\": \"getThings\", \"tags\":"
		" [\"Things\"], \"summary\": \"All of them\", \"x-curl\":"
		" \"curl /things\", \"responses\": {\"200\":"
		" {\"description\": \"The things.\"}}}}}}";
	struct rendered r;

	(void)state;
	put_file("openapi.json", document);
	r = render(".", NULL);
	assert_holds(r.html.data, "All of them");
	assert_holds(r.html.data, "The things.");
	release(&r);
}

static void what_has_no_name_or_place_is_passed_over(void **state)
{
	static const char document[] =
		"{\"openapi\": \"3.1.0\", \"info\": {\"title\": \"Small\","
		" \"version\": \"1\"}, \"tags\": [{\"name\": \"Things\"}],"
		" \"components\": {\"parameters\": {\"a\": {\"name\": \"Aaa\"},"
		" \"b\": {\"in\": \"header\"}}, \"schemas\": {\"Odd\":"
		" {\"type\": \"object\", \"required\": [null],"
		" \"properties\": {\"c\": {\"type\": [\"string\", null]}}}}},"
		" \"paths\": {\"/things\": {\"head\": {\"operationId\":"
		" \"headThings\", \"tags\": [\"Things\"], \"summary\":"
		" \"Whether\", \"x-curl\": \"curl -I\", \"responses\":"
		" {\"200\": {\"description\": \"Yes.\"}}}}}}";
	struct rendered r;

	(void)state;
	put_file("openapi.json", document);
	r = render(".", NULL);
	assert_holds(r.html.data,
		     "<code>c</code> <small>string or null</small>");
	assert_holds(r.html.data, "<a href=\"#headThings\"><code>/things<");
	assert_lacks(r.html.data, "Aaa");
	release(&r);
}

/* Each of them was a crash. */
static void regress_what_is_no_object_was_looked_into(void **state)
{
	static const char *const components[] = {
		"\"schemas\": 1, \"responses\": \"a\", \"headers\": [],"
		" \"parameters\": true",
		"\"schemas\": {\"Odd\": {\"properties\": [1]}},"
		" \"responses\": {\"200\": {\"content\": \"1\","
		" \"headers\": 2}, \"400\": 3}",
	};
	static const char document[] =
		"{\"openapi\": \"3.1.0\", \"info\": {\"title\": \"Small\","
		" \"version\": \"1\"}, \"tags\": [{\"name\": \"Things\"}],"
		" \"components\": {%s}, \"paths\": {\"/things\": {\"get\":"
		" {\"operationId\": \"getThings\", \"tags\": [\"Things\"],"
		" \"summary\": \"All of them\", \"x-curl\": \"curl /things\","
		" \"responses\": {\"200\": {\"description\": \"Yes.\","
		" \"content\": [], \"headers\": \"b\"}}}}}}";
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(components); i++) {
		char text[1024];
		struct rendered r;

		snprintf(text, sizeof(text), document, components[i]);
		put_file("openapi.json", text);
		r = render(".", NULL);
		assert_holds(r.html.data, "All of them");
		release(&r);
	}
}

/* What each broken document is blamed for. */
static const struct {
	const char *name;
	const char *why;
} broken[] = {
	{"array", "components"},
	{"cut-short", "openapi.json:"},
	{"empty", "openapi.json:1:1"},
	{"no-components", "components"},
	{"no-operationid", "get /things/{id}: no operationId"},
	{"no-responses", "get /things/{id}: there are no responses"},
	{"no-summary", "get /things/{id}: no summary"},
	{"no-tags", "tags: there are none"},
	{"no-title", "no title"},
	{"no-version", "no version"},
	{"no-x-curl", "get /things/{id}: no x-curl"},
	{"not-json", "openapi.json:1:1"},
	{"null", "components"},
	{"operation-null", "get /things/{id}: no operationId"},
	{"operation-without-tag", "get /things/{id}: not one tag"},
	{"operationid-empty", "no operationId"},
	{"operationid-twice", "put /things/{id}: its operationId"},
	{"operationid-with-space", "letters and digits"},
	{"parameter-null", "no name"},
	{"parameter-without-in", "no \"in\""},
	{"parameter-without-name", "no name"},
	{"path-empty", "/things/{id}: it is no path"},
	{"path-number", "/things: it is no path"},
	{"path-parameter-not-in-path", "not in the path"},
	{"path-parameter-optional", "not required"},
	{"path-parameter-undeclared", "not declared"},
	{"path-with-parameters", "something else than methods"},
	{"path-without-slash", "things: it is no path"},
	{"paths-array", "paths"},
	{"paths-empty", "paths"},
	{"ref-dangling-in-a-list",
	 "#/components/parameters/nowhere: the $ref leads nowhere"},
	{"ref-dangling", "#/components/responses/500: the $ref leads nowhere"},
	{"ref-elsewhere", "leads nowhere"},
	{"ref-number", "no text"},
	{"ref-of-unknown-kind", "leads nowhere"},
	{"ref-to-a-ref", "another $ref"},
	{"ref-too-long", "leads nowhere"},
	{"ref-without-name", "leads nowhere"},
	{"response-without-description", "no description"},
	{"responses-empty", "no responses"},
	{"section-left-open", "the section \"version\""},
	{"something-behind", "openapi.json:151:1: unexpected"},
	{"tag-number", "tag"},
	{"tag-undeclared", "tag"},
	{"tag-without-name", "one has no name"},
	{"too-deep", "nesting"},
	{"two-tags", "not one tag"},
	{"version-3-0", "3.1"},
	{"version-number", "3.1"},
};

static void a_broken_document_is_refused_by_name(void **state)
{
	struct docs_frame frame = {STYLE_URL, NULL};
	struct buffer path = BUFFER_EMPTY;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(broken); i++) {
		struct buffer html = BUFFER_EMPTY, openapi = BUFFER_EMPTY;
		struct error err = {0};

		buffer_clear(&path);
		buffer_format(&path, "/proc/self/fd/%d/" CASES "/%s.json", root,
			      broken[i].name);
		copy(path.data, "openapi.json");
		if (docs_render(".", &frame, &html, &openapi, &err) == 0)
			fail_msg("%s is accepted", broken[i].name);
		if (err.code != EX_DATAERR ||
		    strstr(err.message, "./openapi.json") == NULL ||
		    strstr(err.message, broken[i].why) == NULL)
			fail_msg("%s: %d %s", broken[i].name, err.code,
				 err.message);
		assert_int_equal(html.length + openapi.length, 0);
		buffer_free(&html);
		buffer_free(&openapi);
	}
	buffer_free(&path);
}

static void every_broken_document_of_the_directory_is_tried(void **state)
{
	DIR *directory = opendir(CASES);
	const struct dirent *entry;
	size_t found = 0;

	(void)state;
	assert_non_null(directory);
	while ((entry = readdir(directory)) != NULL)
		found += entry->d_name[0] != '.' &&
			 strcmp(entry->d_name, "valid.json") != 0;
	closedir(directory);
	assert_int_equal(found, COUNT(broken));
}

static void a_missing_source_is_told_by_name(void **state)
{
	static const char *const names[] = {"docs.mustache", "openapi.json"};
	struct docs_frame frame = {STYLE_URL, NULL};
	struct buffer html = BUFFER_EMPTY, openapi = BUFFER_EMPTY;
	struct error err;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(names); i++) {
		assert_int_equal(unlink(names[i]), 0);
		assert_int_equal(
			docs_render(".", &frame, &html, &openapi, &err), -1);
		assert_int_equal(err.code, EX_NOINPUT);
		assert_holds(err.message, names[i]);
	}
	buffer_free(&html);
	buffer_free(&openapi);
}

static void digest_of(const char *directory, unsigned char digest[HASH_BYTES])
{
	struct hash *hash = hash_start(NULL);

	assert_int_equal(docs_sources(directory, hash, NULL), 0);
	assert_int_equal(hash_finish(hash, digest, NULL), 0);
}

static void the_sources_digest_changes_with_each_of_its_files(void **state)
{
	static const char *const names[] = {"openapi.json", "docs.mustache",
					    "docs-field.mustache"};
	unsigned char before[HASH_BYTES], after[HASH_BYTES];
	size_t i;

	(void)state;
	digest_of(".", before);
	digest_of(".", after);
	assert_memory_equal(before, after, HASH_BYTES);
	for (i = 0; i < COUNT(names); i++) {
		put_file(names[i], "changed");
		digest_of(".", after);
		assert_memory_not_equal(before, after, HASH_BYTES);
		memcpy(before, after, HASH_BYTES);
	}
}

static void a_missing_source_has_no_digest(void **state)
{
	struct hash *hash = hash_start(NULL);
	struct error err = {0};

	(void)state;
	assert_int_equal(unlink("docs-field.mustache"), 0);
	assert_int_equal(docs_sources(".", hash, &err), -1);
	assert_int_equal(err.code, EX_NOINPUT);
	assert_holds(err.message, "docs-field.mustache");
	hash_discard(hash);
}

int main(void)
{
#define SMALL(name)                                                            \
	cmocka_unit_test_setup_teardown(name, enter_sources, leave_sources)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			the_page_names_every_operation_and_its_curl_line),
		cmocka_unit_test(what_is_to_be_sent_is_shown_with_its_shape),
		cmocka_unit_test(the_page_describes_every_component),
		cmocka_unit_test(the_page_names_every_member_of_every_shape),
		cmocka_unit_test(
			the_page_is_well_nested_without_script_and_style),
		cmocka_unit_test(the_page_has_what_other_pages_have),
		cmocka_unit_test(every_link_within_the_page_leads_somewhere),
		cmocka_unit_test(
			the_document_has_this_version_and_no_placeholder),
		cmocka_unit_test(every_ref_of_the_document_resolves),
		cmocka_unit_test(
			every_broken_document_of_the_directory_is_tried),
		SMALL(the_canonical_link_needs_a_public_url),
		SMALL(texts_of_the_document_are_escaped),
		SMALL(types_are_told_in_words_and_links),
		SMALL(a_document_that_shares_nothing_is_shown_all_the_same),
		SMALL(what_has_no_name_or_place_is_passed_over),
		SMALL(regress_what_is_no_object_was_looked_into),
		SMALL(a_broken_document_is_refused_by_name),
		SMALL(a_missing_source_is_told_by_name),
		SMALL(the_sources_digest_changes_with_each_of_its_files),
		SMALL(a_missing_source_has_no_digest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
