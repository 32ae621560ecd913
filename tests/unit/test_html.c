/* html: text stays text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/html.h"

static void text_opens_no_tag_and_closes_no_quote(void **state)
{
	static const struct {
		const char *text, *shown;
	} cases[] = {
		{"", ""},
		{"plain", "plain"},
		{"<b>&amp;</b>", "&lt;b&gt;&amp;amp;&lt;/b&gt;"},
		{"\"a\" 'b'", "&quot;a&quot; &#39;b&#39;"},
		{"\xe3\x81\x82<", "\xe3\x81\x82&lt;"},
		{"\xe3\x81<", "\xef\xbf\xbd\xef\xbf\xbd&lt;"},
		{"\xff", "\xef\xbf\xbd"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct buffer out = BUFFER_EMPTY;

		html_text(&out, cases[i].text, strlen(cases[i].text));
		assert_string_equal(out.data != NULL ? out.data : "",
				    cases[i].shown);
		buffer_free(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_opens_no_tag_and_closes_no_quote),
	};

	return cmocka_run_group_tests_name("html", tests, NULL, NULL);
}
