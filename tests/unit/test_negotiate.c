/* negotiate: Accept and Accept-Encoding, case by case. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "web/negotiate.h"
#include "web_fixture.h"

static void accept_chooses_between_html_and_json(void **state)
{
	static const char *const types[] = {"text/html", "application/json"};
	static const struct {
		const char *accept;
		size_t chosen; /* 0 HTML, 1 JSON */
	} cases[] = {
		{NULL, 0},
		{"", 0},
		{" , ", 0},
		{"*/*", 0},
		{"text/html", 0},
		{"application/json", 1},
		{"APPLICATION/JSON", 1},
		{"application/*", 1},
		{"text/*", 0},
		{"application/json, text/html", 0},
		{"text/html,application/json", 0},
		{"application/json, */*", 0},
		{"application/json, */*;q=0.5", 1},
		{"application/json, text/*;q=0.9", 1},
		{"text/html;q=0.9, application/json", 1},
		{"text/html;q=0.900,application/json;q=0.901", 1},
		{"text/html; q=0.8 , application/json ;q=0.9", 1},
		{"text/html;Q=0.1,application/json;Q=0.2", 1},
		{"text/html;q=0, */*", 1},
		{"text/html;q=0, */*;q=0.001", 1},
		{"text/html;q=0,application/json;q=0", 0},
		{"image/png", 0},
		{"application/xml", 0},
		{"application/json;q=0", 0},
		{"application/json;charset=utf-8", 1},
		{"application/json; charset=\"UTF-8\"", 1},
		{"application/json;charset=latin1", 0},
		{"application/json;version=2, text/html;q=0.1", 0},
		{"application/json;q=0.5;ext=1, text/html;q=0.4", 0},
		/* A quoted comma does not end an element. */
		{"text/html;a=\"x,application/json\"", 0},
		{"text/plain;a=\"\\\",\", application/json", 1},
		{"text/plain;a=\"unclosed, application/json", 0},
		/* What does not parse is passed over. */
		{"application/json;q=2", 0},
		{"application/json;q=abc", 0},
		{"application/json;q=0.x", 0},
		{"application/json;q=-1", 0},
		{"application/json;q=0.1234, text/html;q=0.1", 0},
		{"application/json;q=1.001", 0},
		{"application/json;q=", 0},
		{"application/json;q=1., text/html;q=0.9", 1},
		{";q=1, application/json", 1},
		{"application/json;;q=0.5, text/html;q=0.4", 1},
		{"jsonapplication/json", 0},
		{"application/jsonx", 0},
		{"*", 0},
		{"*/json", 0},
		{"font/*, application/json;q=0.1", 1},
		{"text/html;\tq=0.5,\tapplication/json", 1},
		{"application/json;q=0./", 0},
		{"application/json;q=0x", 0},
		/* Said twice, the larger weight holds. */
		{"application/json;q=0.1, application/json, text/html;q=0.5",
		 1},
		{"application/json, application/json;q=0.1, text/html;q=0.5",
		 1},
		/* What browsers and tools send. */
		{"text/html,application/xhtml+xml,application/xml;q=0.9,"
		 "image/avif,image/webp,*/*;q=0.8",
		 0},
		{"application/json, text/plain, */*", 0},
		{"application/json, text/javascript, */*; q=0.01", 1},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++)
		if (negotiate_media_type(cases[i].accept, types, 2) !=
		    cases[i].chosen)
			fail_msg("Accept: %s", cases[i].accept);
}

static void the_most_specific_range_gives_the_weight(void **state)
{
	static const char accept[] = "*/*;q=0.1, text/*;q=0.2, text/html;q=0.3,"
				     "text/html;charset=utf-8;q=0.4";

	(void)state;
	assert_int_equal(negotiate_weight(accept, "text/html"), 400);
	assert_int_equal(negotiate_weight(accept, "text/css"), 200);
	assert_int_equal(negotiate_weight(accept, "image/png"), 100);
	assert_int_equal(negotiate_weight("image/*", "text/html"), 0);
	assert_int_equal(negotiate_weight(NULL, "text/html"), 1000);
}

static void accept_encoding_chooses_among_what_is_there(void **state)
{
	enum {
		I = 1 << CACHE_IDENTITY,
		G = 1 << CACHE_GZIP,
		B = 1 << CACHE_BROTLI
	};
	static const struct {
		const char *accept;
		int present;
		enum cache_coding chosen;
	} cases[] = {
		{NULL, I | G | B, CACHE_IDENTITY},
		{"", I | G | B, CACHE_IDENTITY},
		{"gzip", I | G | B, CACHE_GZIP},
		{"x-gzip", I | G | B, CACHE_GZIP},
		{"GZIP", I | G | B, CACHE_GZIP},
		{"br", I | G | B, CACHE_BROTLI},
		{"br", I | G, CACHE_IDENTITY},
		{"gzip, br", I | G | B, CACHE_BROTLI},
		{"gzip, deflate, br, zstd", I | G | B, CACHE_BROTLI},
		{"gzip, br", I | G, CACHE_GZIP},
		{"gzip, br", I, CACHE_IDENTITY},
		{"gzip;q=1.0, br;q=0.9", I | G | B, CACHE_GZIP},
		{"gzip;q=0.5, identity", I | G | B, CACHE_IDENTITY},
		{"gzip;q=0.5, identity;q=0.5", I | G | B, CACHE_GZIP},
		{"gzip;q=0.001", I | G | B, CACHE_GZIP},
		{"gzip;q=0", I | G | B, CACHE_IDENTITY},
		{"gzip;q=0, br;q=0", I | G | B, CACHE_IDENTITY},
		{"*", I | G | B, CACHE_BROTLI},
		{"*", I | G, CACHE_GZIP},
		{"*;q=0", I | G | B, CACHE_IDENTITY},
		{"gzip, *;q=0", I | G | B, CACHE_GZIP},
		{"br;q=0, *", I | G | B, CACHE_GZIP},
		{"identity;q=0", I | G | B, CACHE_IDENTITY},
		{"identity;q=0, gzip", I | G | B, CACHE_GZIP},
		{"identity;q=0, gzip", I, CACHE_IDENTITY},
		{"identity;q=0, *;q=0.1", I | G, CACHE_GZIP},
		{"deflate", I | G | B, CACHE_IDENTITY},
		{"gzip;q=5, br;q=0.1", I | G | B, CACHE_BROTLI},
		{"brr, gzi", I | G | B, CACHE_IDENTITY},
		{"gzip;q=0.8;x=1", I | G, CACHE_GZIP},
	};
	struct cache_entry_body bodies[CACHE_CODINGS];
	size_t i, coding;

	(void)state;
	memset(bodies, 0, sizeof(bodies));
	for (i = 0; i < COUNT(cases); i++) {
		for (coding = 0; coding < CACHE_CODINGS; coding++)
			bodies[coding].is_present =
				(cases[i].present >> coding) & 1;
		if (negotiate_coding(cases[i].accept, bodies) !=
		    cases[i].chosen)
			fail_msg("Accept-Encoding: %s (present %d)",
				 cases[i].accept, cases[i].present);
	}
}

static void identity_has_no_name_in_content_encoding(void **state)
{
	(void)state;
	assert_null(negotiate_coding_name(CACHE_IDENTITY));
	assert_string_equal(negotiate_coding_name(CACHE_GZIP), "gzip");
	assert_string_equal(negotiate_coding_name(CACHE_BROTLI), "br");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accept_chooses_between_html_and_json),
		cmocka_unit_test(the_most_specific_range_gives_the_weight),
		cmocka_unit_test(accept_encoding_chooses_among_what_is_there),
		cmocka_unit_test(identity_has_no_name_in_content_encoding),
	};

	return cmocka_run_group_tests_name("negotiate", tests, NULL, NULL);
}
