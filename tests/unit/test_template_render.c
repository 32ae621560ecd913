/* template_render: the cases of tests/data/mustache, and what they cannot
 * say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "template/template.h"
#include "template/template_json.h"

static const char *text_of(struct json_object *test, const char *key,
			   size_t *length)
{
	struct json_object *text = json_object_object_get(test, key);

	assert_non_null(text);
	*length = (size_t)json_object_get_string_len(text);
	return json_object_get_string(text);
}

/* Partials are members of the JSON object `context`. */
static int load_member(void *context, const char *name, struct buffer *text,
		       struct error *err)
{
	struct json_object *partial;

	(void)err;
	if (!json_object_object_get_ex(context, name, &partial))
		return 1;
	buffer_text(text, json_object_get_string(partial));
	return 0;
}

static void check_case(const char *file, struct json_object *test)
{
	struct template_partials partials = {
		load_member, json_object_object_get(test, "partials")};
	struct template_value root =
		template_json_value(json_object_object_get(test, "data"));
	struct buffer out = BUFFER_EMPTY;
	struct error err = {0};
	struct template *tmpl;
	size_t length, wanted_length;
	const char *text = text_of(test, "template", &length);
	const char *wanted = text_of(test, "expected", &wanted_length);
	size_t name_length;

	tmpl = template_parse("case", text, length, &partials, &err);
	if (tmpl == NULL || template_render(tmpl, &root, &out, &err) != 0)
		print_error("%s\n", err.message);
	if (tmpl == NULL || out.length != wanted_length ||
	    (wanted_length > 0 && memcmp(out.data, wanted, wanted_length) != 0))
		fail_msg("%s: %s: got <%s>, wanted <%s>", file,
			 text_of(test, "name", &name_length),
			 out.data != NULL ? out.data : "", wanted);
	buffer_free(&out);
	template_free(tmpl);
}

/* `state` is the file's name. */
static void cases_render_as_they_say(void **state)
{
	struct json_object *cases, *tests;
	char path[64];
	size_t i;

	snprintf(path, sizeof(path), "tests/data/mustache/%s.json",
		 (const char *)*state);
	cases = json_object_from_file(path);
	assert_non_null(cases);
	tests = json_object_object_get(cases, "tests");
	assert_true(json_object_array_length(tests) > 0);
	for (i = 0; i < json_object_array_length(tests); i++)
		check_case(path, json_object_array_get_idx(tests, i));
	json_object_put(cases);
}

/* A film has a `name`, and `twice` is a list of two films. */
static void name_of_film(const struct template_value *object, const char *name,
			 size_t name_length, struct template_value *value)
{
	if (name_length == 5 && memcmp(name, "twice", 5) == 0) {
		value->kind = TEMPLATE_LIST;
		value->source = object->source;
		value->length = 2;
	}
	if (name_length == 4 && memcmp(name, "name", 4) == 0) {
		value->kind = TEMPLATE_TEXT;
		value->text = "Ponyo and more";
		value->length = 5;
	}
}

static void film_of_list(const struct template_value *list, size_t index,
			 struct template_value *value)
{
	value->kind = TEMPLATE_OBJECT;
	value->source = list->source;
	value->index = index;
}

static const struct template_source films = {name_of_film, film_of_list};

/* Renders `text` with a list of `count` films; the caller frees. */
static int render_films(const char *text, size_t count,
			const struct template_partials *partials,
			struct buffer *out, struct error *err)
{
	const struct template_value root = {
		.kind = TEMPLATE_LIST, .length = count, .source = &films};
	struct template *tmpl =
		template_parse("page.html", text, strlen(text), partials, err);
	int status;

	assert_non_null(tmpl);
	status = template_render(tmpl, &root, out, err);
	template_free(tmpl);
	return status;
}

static void a_source_of_its_own_needs_no_json(void **state)
{
	struct buffer out = BUFFER_EMPTY;

	(void)state;
	assert_int_equal(render_films("{{#.}}{{name}}{{other}},{{/.}}", 2, NULL,
				      &out, NULL),
			 0);
	assert_string_equal(out.data, "Ponyo,Ponyo,");
	buffer_free(&out);
}

static void rendering_appends_to_what_is_there(void **state)
{
	struct buffer out = BUFFER_EMPTY;

	(void)state;
	buffer_text(&out, "before ");
	assert_int_equal(render_films("after", 0, NULL, &out, NULL), 0);
	assert_string_equal(out.data, "before after");
	buffer_free(&out);
}

static void a_template_renders_again_and_again(void **state)
{
	const struct template_value root = {.kind = TEMPLATE_TRUE};
	struct buffer out = BUFFER_EMPTY;
	struct template *tmpl;
	int i;

	(void)state;
	tmpl = template_parse("t", "{{#.}}{{.}} {{/.}}", 18, NULL, NULL);
	assert_non_null(tmpl);
	for (i = 0; i < 3; i++)
		assert_int_equal(template_render(tmpl, &root, &out, NULL), 0);
	assert_string_equal(out.data, "true true true ");
	template_free(tmpl);
	buffer_free(&out);
}

static int load_itself(void *context, const char *name, struct buffer *text,
		       struct error *err)
{
	(void)name;
	(void)err;
	buffer_text(text, context);
	return 0;
}

static void a_partial_without_end_is_found(void **state)
{
	char self[] = "{{! }}\n x {{> self}}";
	const struct template_partials partials = {load_itself, self};
	struct buffer out = BUFFER_EMPTY;
	struct error err = {0};

	(void)state;
	assert_int_equal(render_films("{{> self}}", 1, &partials, &out, &err),
			 -1);
	assert_int_equal(err.code, EX_DATAERR);
	assert_string_equal(err.message,
			    "self.html:2:4: sections and partials nest deeper "
			    "than 64 at \"self\"");
	buffer_free(&out);
}

static void append_times(struct buffer *out, const char *text, int times)
{
	while (times-- > 0)
		buffer_text(out, text);
}

static void a_section_in_a_partial_past_the_limit_is_refused(void **state)
{
	char partial[] = "{{#.}}deep{{/.}}";
	const struct template_partials partials = {load_itself, partial};
	struct buffer text = BUFFER_EMPTY, out = BUFFER_EMPTY;
	struct error err = {0};

	(void)state;
	append_times(&text, "{{#.}}", TEMPLATE_MAX_DEPTH - 1);
	buffer_text(&text, "{{> p}}");
	append_times(&text, "{{/.}}", TEMPLATE_MAX_DEPTH - 1);
	assert_int_equal(render_films(text.data, 1, &partials, &out, &err), -1);
	assert_non_null(strstr(err.message, "nest deeper than 64"));
	buffer_free(&text);
	buffer_free(&out);
}

/* Sections down to the limit, and one more by way of a partial. */
static void depth_is_counted_over_sections_and_partials(void **state)
{
	char partial[] = "deep";
	const struct template_partials partials = {load_itself, partial};
	struct buffer text = BUFFER_EMPTY, out = BUFFER_EMPTY;
	struct error err = {0};

	(void)state;
	append_times(&text, "{{#.}}", TEMPLATE_MAX_DEPTH - 1);
	buffer_text(&text, "{{> p}}");
	append_times(&text, "{{/.}}", TEMPLATE_MAX_DEPTH - 1);
	assert_int_equal(render_films(text.data, 1, &partials, &out, &err), 0);
	assert_string_equal(out.data, "deep");

	buffer_clear(&text);
	append_times(&text, "{{#.}}", TEMPLATE_MAX_DEPTH);
	buffer_text(&text, "{{> p}}");
	append_times(&text, "{{/.}}", TEMPLATE_MAX_DEPTH);
	assert_int_equal(render_films(text.data, 1, &partials, &out, &err), -1);
	assert_non_null(strstr(err.message, "nest deeper than 64"));
	buffer_free(&text);
	buffer_free(&out);
}

/* Thirty sections over two items each would go round 2^30 times. */
static void sections_that_multiply_come_to_an_end(void **state)
{
	struct buffer text = BUFFER_EMPTY, out = BUFFER_EMPTY;
	struct error err = {0};

	(void)state;
	buffer_text(&text, "{{#.}}");
	append_times(&text, "{{#twice}}", 30);
	append_times(&text, "{{/twice}}", 30);
	buffer_text(&text, "{{/.}}");
	assert_int_equal(render_films(text.data, 2, NULL, &out, &err), -1);
	assert_int_equal(err.code, EX_DATAERR);
	assert_string_equal(err.message, "page.html: the rendering takes more "
					 "than 20000000 rounds");
	buffer_free(&text);
	buffer_free(&out);
}

static void the_output_has_a_limit(void **state)
{
	struct buffer text = BUFFER_EMPTY, out = BUFFER_EMPTY;
	struct error err = {0};

	(void)state;
	buffer_text(&text, "{{#.}}");
	append_times(&text, "0123456789abcdef", 65536);
	buffer_text(&text, "{{/.}}");
	assert_int_equal(render_films(text.data, 64, NULL, &out, &err), 0);
	buffer_clear(&out);
	assert_int_equal(render_films(text.data, 300, NULL, &out, &err), -1);
	assert_string_equal(err.message, "page.html: the rendering has more "
					 "than 67108864 bytes");
	assert_true(out.length < TEMPLATE_MAX_OUTPUT_BYTES + 2 * text.length);
	buffer_free(&text);
	buffer_free(&out);
}

/* An indentation of half the text before each line of the other half. */
static void an_indentation_counts_as_output(void **state)
{
	struct buffer text = BUFFER_EMPTY, lines = BUFFER_EMPTY,
		      out = BUFFER_EMPTY;
	struct error err = {0};

	(void)state;
	append_times(&text, "\t", 1000000);
	buffer_text(&text, "{{> lines}}");
	append_times(&lines, "\n", 4000000);
	const struct template_partials partials = {load_itself, lines.data};
	assert_int_equal(render_films(text.data, 1, &partials, &out, &err), -1);
	assert_non_null(strstr(err.message, "more than 67108864 bytes"));
	buffer_free(&text);
	buffer_free(&lines);
	buffer_free(&out);
}

static void lack_of_memory_is_reported(void **state)
{
	struct buffer out = BUFFER_EMPTY;
	struct error err = {0};

	(void)state;
	out.has_failed = true;
	assert_int_equal(render_films("x", 1, NULL, &out, &err), -1);
	assert_int_equal(err.code, EX_OSERR);
	buffer_free(&out);
}

#define CASES(file)                                                            \
	{                                                                      \
		file "_render_as_their_cases_say", cases_render_as_they_say,   \
			NULL, NULL, (char[])                                   \
		{                                                              \
			file                                                   \
		}                                                              \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASES("values"),
		CASES("escaping"),
		CASES("dotted_names"),
		CASES("sections"),
		CASES("inverted"),
		CASES("comments"),
		CASES("lines"),
		CASES("delimiters"),
		CASES("partials"),
		cmocka_unit_test(a_source_of_its_own_needs_no_json),
		cmocka_unit_test(rendering_appends_to_what_is_there),
		cmocka_unit_test(a_template_renders_again_and_again),
		cmocka_unit_test(a_partial_without_end_is_found),
		cmocka_unit_test(depth_is_counted_over_sections_and_partials),
		cmocka_unit_test(
			a_section_in_a_partial_past_the_limit_is_refused),
		cmocka_unit_test(sections_that_multiply_come_to_an_end),
		cmocka_unit_test(the_output_has_a_limit),
		cmocka_unit_test(an_indentation_counts_as_output),
		cmocka_unit_test(lack_of_memory_is_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
