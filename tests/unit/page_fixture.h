/*
 * Renders a line of template over one page of a catalogue. Include it after
 * cmocka.h.
 */
#ifndef MARQUEE_TESTS_PAGE_FIXTURE_H
#define MARQUEE_TESTS_PAGE_FIXTURE_H

#include "catalogue/site.h"
#include "catalogue_fixture.h"

struct page_fixture {
	struct catalogue *catalogue;
	struct catalogue_render_options options;
	struct site site;
	struct scratch scratch;
	struct page page;
};

/* Takes the catalogue; `path` as page_start has it. */
static inline void page_open(struct page_fixture *fixture,
			     struct catalogue *catalogue,
			     struct catalogue_render_options options,
			     const char *path)
{
	*fixture = (struct page_fixture){.catalogue = catalogue,
					 .options = options};
	assert_int_equal(site_prepare(&fixture->site, catalogue,
				      &fixture->options, NULL),
			 0);
	strcpy(fixture->site.style_url, "/style.css?v=01234567");
	strcpy(fixture->site.script_url, "/script.js?v=01234567");
	page_start(&fixture->page, &fixture->site, &fixture->scratch, path);
}

static inline void page_close(struct page_fixture *fixture)
{
	assert_false(fixture->scratch.has_failed);
	arena_clear(&fixture->scratch.arena);
	site_free(&fixture->site);
	catalogue_free(fixture->catalogue);
}

static inline void assert_renders(const struct page_fixture *fixture,
				  const char *text, const char *expected)
{
	struct template_value root = page_root(&fixture->page);
	struct buffer out = BUFFER_EMPTY;
	struct error err = {0};
	struct template *tmpl =
		template_parse("test", text, strlen(text), NULL, &err);

	if (tmpl == NULL || template_render(tmpl, &root, &out, &err) != 0)
		fail_msg("%s", err.message);
	assert_string_equal(out.data != NULL ? out.data : "", expected);
	template_free(tmpl);
	buffer_free(&out);
}

#endif
