/* template_parse: what is refused, where it says the fault is, and that a
 * hostile text costs no more than its length. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "template/template.h"

struct fault {
	const char *text;
	const char *message; /* behind "page.mustache:" */
};

static const struct fault faults[] = {
	{"{{#a}}", "1:1: the section \"a\" opened here is not closed"},
	{"x\n {{^ b.c }}\n", "2:2: the section \"b.c\" opened here is not "
			     "closed"},
	{"{{#a}}{{#b}}{{/b}}", "1:1: the section \"a\" opened here is not "
			       "closed"},
	{"{{#a}}{{#b}}", "1:7: the section \"b\" opened here is not closed"},
	{"x{{/a}}", "1:2: no section is open for {{/a}}"},
	{"{{#a}}{{/a}}\n{{/a}}", "2:1: no section is open for {{/a}}"},
	{"\n{{#a}}\n\n{{/b}}", "4:1: {{/b}} stands where {{/a}} must close the "
			       "section of line 2"},
	{"{{#a}}{{#b}}{{/a}}{{/b}}", "1:13: {{/a}} stands where {{/b}} must "
				     "close the section of line 1"},
	{"{{#a}}{{/ab}}", "1:7: {{/ab}} stands where {{/a}} must close the "
			  "section of line 1"},
	{"{{#ab}}{{/a}}", "1:8: {{/a}} stands where {{/ab}} must close the "
			  "section of line 1"},
	{"a{{", "1:2: a tag is not closed: \"}}\" is missing"},
	{"a{{b", "1:2: a tag is not closed: \"}}\" is missing"},
	{"a{{b}", "1:2: a tag is not closed: \"}}\" is missing"},
	{"{{! never ends", "1:1: a tag is not closed: \"}}\" is missing"},
	{"{{{a}}", "1:1: a tag is not closed: \"}}}\" is missing"},
	{"{{=<% %>=}}<%a", "1:12: a tag is not closed: \"%>\" is missing"},
	{"{{=<% %>=}}<%{a%>", "1:12: a tag is not closed: \"}%>\" is missing"},
	{"{{=<% %>}}", "1:1: a tag is not closed: \"=}}\" is missing"},
	{"{{=}}", "1:1: a tag is not closed: \"=}}\" is missing"},
	{"{{a {{b}}", "1:1: a tag is not closed before the next one"},
	{"{{{a}} {{{b}}}", "1:1: a tag is not closed before the next one"},
	{"{{{a}} b}}}", "1:1: a tag is not closed before the next one"},
	{"{{}}", "1:1: a tag has no name"},
	{"{{  \n}}", "1:1: a tag has no name"},
	{"{{#}}{{/}}", "1:1: a tag has no name"},
	{"{{{ }}}", "1:1: a tag has no name"},
	{"{{&}}", "1:1: a tag has no name"},
	{"{{> }}", "1:1: a tag has no name"},
	{"{{#a}}{{/}}", "1:7: a tag has no name"},
	{"{{a b}}", "1:1: a tag's name has a space in it"},
	{"{{# a\nb }}", "1:1: a tag's name has a space in it"},
	{"{{a\033b}}", "1:1: a tag's name has a control character in it"},
	{"{{a..b}}", "1:1: a tag's name has a dot with nothing before or after "
		     "it"},
	{"{{.a}}", "1:1: a tag's name has a dot with nothing before or after "
		   "it"},
	{"{{#a.}}", "1:1: a tag's name has a dot with nothing before or after "
		    "it"},
	{"{{..}}", "1:1: a tag's name has a dot with nothing before or after "
		   "it"},
	{"été: {{}}", "1:6: a tag has no name"},
	{"\r\n\r\n\t{{}}", "3:2: a tag has no name"},
	{"ok\nbad \xff", "2:5: this is not UTF-8 text"},
	{"\xc0\x80", "1:1: this is not UTF-8 text"},
	{"{{=| =}}",
	 "1:1: delimiters are two words of at most 16 bytes without "
	 "\"=\", as in {{=<% %>=}}"},
	{"{{==}}", "1:1: delimiters are two words of at most 16 bytes without "
		   "\"=\", as in {{=<% %>=}}"},
	{"{{=a b c=}}", "1:1: delimiters are two words of at most 16 bytes "
			"without \"=\", as in {{=<% %>=}}"},
	{"{{=a= =b=}}", "1:1: delimiters are two words of at most 16 bytes "
			"without \"=\", as in {{=<% %>=}}"},
	{"\n {{=a\001 b=}}", "2:2: delimiters are two words of at most 16 "
			     "bytes without \"=\", as in {{=<% %>=}}"},
	{"{{=12345678901234567 b=}}",
	 "1:1: delimiters are two words of at most 16 bytes without \"=\", as "
	 "in {{=<% %>=}}"},
};

static void every_fault_is_named_with_line_and_column(void **state)
{
	static const char name[] = "page.mustache:";
	struct error err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		err = (struct error){0};
		if (template_parse("page.mustache", faults[i].text,
				   strlen(faults[i].text), NULL, &err) != NULL)
			fail_msg("accepted: %s", faults[i].text);
		assert_int_equal(err.code, EX_DATAERR);
		if (strncmp(err.message, name, strlen(name)) != 0 ||
		    strcmp(err.message + strlen(name), faults[i].message) != 0)
			fail_msg("<%s>: got \"%s\", wanted \"%s\"",
				 faults[i].text, err.message,
				 faults[i].message);
	}
}

static void a_caller_may_want_no_reason(void **state)
{
	(void)state;
	assert_null(template_parse("t", "{{#a}}", 6, NULL, NULL));
	template_free(NULL);
}

static void a_nul_byte_is_refused(void **state)
{
	struct error err = {0};

	(void)state;
	assert_null(template_parse("t", "a\0b", 3, NULL, &err));
	assert_string_equal(err.message, "t:1:2: this is not UTF-8 text");
}

static void nothing_of_the_text_is_kept(void **state)
{
	const struct template_value root = {.kind = TEMPLATE_TRUE};
	struct buffer out = BUFFER_EMPTY;
	struct template *tmpl;
	char name[] = "t", text[] = "<{{.}}>";

	(void)state;
	tmpl = template_parse(name, text, strlen(text), NULL, NULL);
	assert_non_null(tmpl);
	memset(text, 'x', sizeof(text));
	memset(name, 'x', sizeof(name));
	assert_int_equal(template_render(tmpl, &root, &out, NULL), 0);
	assert_string_equal(out.data, "<true>");
	template_free(tmpl);
	buffer_free(&out);
}

static void append_times(struct buffer *out, const char *text, size_t times)
{
	while (times-- > 0)
		buffer_text(out, text);
}

/* Builds `before`, `count` times `text`, `after`. */
static struct buffer repeated(const char *before, const char *text,
			      size_t count, const char *after)
{
	struct buffer out = BUFFER_EMPTY;

	buffer_text(&out, before);
	append_times(&out, text, count);
	buffer_text(&out, after);
	assert_int_equal(buffer_check(&out, NULL), 0);
	return out;
}

/* Whether the text is a template; `fault` is part of the message if not. */
static bool is_template(struct buffer text, const char *fault)
{
	struct error err = {0};
	struct template *tmpl =
		template_parse("t", text.data, text.length, NULL, &err);

	buffer_free(&text);
	if (tmpl == NULL && strstr(err.message, fault) == NULL)
		fail_msg("got \"%s\", wanted \"%s\"", err.message, fault);
	template_free(tmpl);
	return tmpl != NULL;
}

static void a_name_has_at_most_255_bytes(void **state)
{
	(void)state;
	assert_true(is_template(repeated("{{", "n", 255, "}}"), ""));
	assert_false(is_template(repeated("{{", "n", 256, "}}"),
				 "t:1:1: a tag's name is too long"));
}

static void a_message_that_is_cut_says_so(void **state)
{
	struct buffer text = repeated("{{#", "a", 255, "}}{{/");

	(void)state;
	append_times(&text, "b", 255);
	buffer_text(&text, "}}");
	assert_false(is_template(text, "\xe2\x80\xa6"));
}

static void a_template_has_at_most_4_mib(void **state)
{
	(void)state;
	assert_true(is_template(repeated("", "1234567\n", 524288, ""), ""));
	assert_false(is_template(repeated("", "1234567\n", 524288, "x"),
				 "t: a template has at most 4194304 bytes"));
}

static void sections_nest_at_most_64_deep(void **state)
{
	(void)state;
	assert_false(is_template(repeated("", "{{#a}}", 64, ""),
				 "t:1:379: the section"));
	assert_false(is_template(repeated("", "{{#a}}", 65, ""),
				 "t:1:385: sections nest too deep"));
}

/* A parser that looks back or ahead for each tag takes minutes for these. */
static void hostile_texts_of_4_mib_are_read_in_one_go(void **state)
{
	(void)state;
	assert_true(is_template(repeated("", "{{a}}", 800000, ""), ""));
	assert_true(is_template(repeated("", "{{!}} ", 690000, ""), ""));
	assert_true(is_template(repeated("", " ", 4000000, "{{!}}"), ""));
	assert_true(is_template(repeated("{{!}}", " ", 4000000, "x"), ""));
	assert_true(is_template(repeated("", "{{#a}}{{/a}}", 340000, ""), ""));
	assert_true(is_template(repeated("", "{{> p}}", 590000, ""), ""));
	assert_true(is_template(repeated("", "{{=@ @=}}@={{ }}=@", 230000, ""),
				""));
	assert_false(is_template(repeated("{{{", "a}}", 1300000, ""),
				 "is not closed: \"}}}\" is missing"));
	assert_false(is_template(repeated("{{=", "}}", 2000000, ""),
				 "is not closed: \"=}}\" is missing"));
	assert_false(is_template(repeated("", "{{!", 1300000, ""),
				 "is not closed: \"}}\" is missing"));
}

struct loads {
	int count;
	const char *text;
	int result;
};

static int count_load(void *context, const char *name, struct buffer *text,
		      struct error *err)
{
	struct loads *loads = context;

	loads->count++;
	if (loads->result < 0)
		return error_set(err, EX_IOERR, "cannot read %s", name);
	buffer_text(text, loads->text);
	return loads->result;
}

static struct template *parse_with(struct loads *loads, const char *text,
				   struct error *err)
{
	const struct template_partials partials = {count_load, loads};

	return template_parse("pages/list.mustache", text, strlen(text),
			      &partials, err);
}

static void each_partial_is_loaded_once(void **state)
{
	struct loads loads = {0, "{{> p}}{{> q}}", 0};
	struct template *tmpl;

	(void)state;
	tmpl = parse_with(&loads, "{{> p}}{{> p}}{{#a}}{{> q}}{{/a}}", NULL);
	assert_non_null(tmpl);
	assert_int_equal(loads.count, 2);
	template_free(tmpl);
}

static void a_missing_partial_is_asked_for_once(void **state)
{
	struct loads loads = {0, "", 1};
	struct template *tmpl = parse_with(&loads, "{{> p}}{{> p}}", NULL);

	(void)state;
	assert_non_null(tmpl);
	assert_int_equal(loads.count, 1);
	template_free(tmpl);
}

static void a_fault_in_a_partial_names_the_partial(void **state)
{
	struct loads loads = {0, "\n {{#open}}", 0};
	struct error err = {0};

	(void)state;
	assert_null(parse_with(&loads, "{{> film}}", &err));
	assert_string_equal(err.message,
			    "pages/film.mustache:2:2: the section \"open\" "
			    "opened here is not closed");
}

static void a_section_does_not_end_in_a_partial(void **state)
{
	struct loads loads = {0, "{{/a}}", 0};
	struct error err = {0};

	(void)state;
	assert_null(parse_with(&loads, "{{#a}}{{> p}}{{/a}}", &err));
	assert_string_equal(err.message, "pages/p.mustache:1:1: no section is "
					 "open for {{/a}}");
}

static void a_partial_that_cannot_be_loaded_names_its_tag(void **state)
{
	struct loads loads = {0, "", -1};
	struct error err = {0};

	(void)state;
	assert_null(parse_with(&loads, "\n  {{> film}}", &err));
	assert_int_equal(err.code, EX_IOERR);
	assert_string_equal(err.message, "pages/list.mustache:2:3: partial "
					 "film: cannot read film");
	assert_null(parse_with(&loads, "{{> film}}", NULL));
}

/* Each partial names a new one, without end. */
static int load_longer(void *context, const char *name, struct buffer *text,
		       struct error *err)
{
	int *number = context;

	(void)name;
	(void)err;
	buffer_format(text, "{{> p%d}}", ++*number);
	return 0;
}

static void a_template_has_at_most_256_partials(void **state)
{
	int number = 0;
	const struct template_partials partials = {load_longer, &number};
	struct error err = {0};

	(void)state;
	assert_null(template_parse("t", "{{> p}}", 7, &partials, &err));
	assert_string_equal(err.message,
			    "p255:1:1: too many different partials");
	assert_int_equal(number, 256);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_fault_is_named_with_line_and_column),
		cmocka_unit_test(a_caller_may_want_no_reason),
		cmocka_unit_test(a_nul_byte_is_refused),
		cmocka_unit_test(nothing_of_the_text_is_kept),
		cmocka_unit_test(a_name_has_at_most_255_bytes),
		cmocka_unit_test(a_message_that_is_cut_says_so),
		cmocka_unit_test(a_template_has_at_most_4_mib),
		cmocka_unit_test(sections_nest_at_most_64_deep),
		cmocka_unit_test(hostile_texts_of_4_mib_are_read_in_one_go),
		cmocka_unit_test(each_partial_is_loaded_once),
		cmocka_unit_test(a_missing_partial_is_asked_for_once),
		cmocka_unit_test(a_fault_in_a_partial_names_the_partial),
		cmocka_unit_test(a_section_does_not_end_in_a_partial),
		cmocka_unit_test(a_partial_that_cannot_be_loaded_names_its_tag),
		cmocka_unit_test(a_template_has_at_most_256_partials),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
