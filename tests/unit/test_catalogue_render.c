/* catalogue_render: everything, through the real templates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/compress.h"
#include "base/hex.h"
#include "base/text.h"
#include "catalogue_fixture.h"
#include "html_nesting.h"
#include "template/template_json.h"

/* Takes the catalogue. */
static struct shelf render(struct catalogue *catalogue,
			   struct catalogue_render_options options)
{
	struct error err = {0};
	struct shelf shelf = {0};
	struct catalogue_templates *templates =
		catalogue_templates_open("templates", &err);

	if (templates == NULL)
		fail_msg("%s", err.message);
	options.templates = templates;
	if (catalogue_render(catalogue, &options, shelve, &shelf, &err) != 0)
		fail_msg("%s", err.message);
	catalogue_templates_free(templates);
	catalogue_free(catalogue);
	return shelf;
}

static const struct catalogue_render_options plain = {.has_posters = true};

static struct catalogue *join_many(size_t films)
{
	struct catalogue *catalogue = catalogue_new(NULL);
	struct buffer text = BUFFER_EMPTY;
	size_t i;

	for (i = 0; i < films; i++) {
		buffer_clear(&text);
		buffer_format(&text,
			      "{'films': [{'id': 'f%zu', 'title': 'Film %zu',"
			      " 'release_date': %zu, 'director': 'D%zu'}]}",
			      i, i, 2999 - i, i % 3);
		add_text(catalogue, text.data);
	}
	assert_int_equal(catalogue_join(catalogue, NULL, NULL), 0);
	buffer_free(&text);
	return catalogue;
}

#define FIRST_FILM "movies/2baf70d1-42bb-4437-b551-e5fed5a87abe"

static const struct {
	const char *name;
	const char *media_type;
	bool is_file;
} expected[] = {
	{"style.css", "text/css; charset=utf-8", true},
	{"favicon.svg", "image/svg+xml", true},
	{"script.js", "text/javascript; charset=utf-8", true},
	{"index.html", "text/html; charset=utf-8", true},
	{"movies.html", "text/html; charset=utf-8", true},
	{"movies-by-year.html", "text/html; charset=utf-8", true},
	{"movies.json", "application/json", true},
	{"movies.atom", "application/atom+xml", true},
	{FIRST_FILM ".html", "text/html; charset=utf-8", false},
	{FIRST_FILM ".json", "application/json", false},
	{"error/400.html", "text/html; charset=utf-8", false},
	{"error/404.html", "text/html; charset=utf-8", false},
	{"error/405.html", "text/html; charset=utf-8", false},
	{"error/500.html", "text/html; charset=utf-8", false},
	{"error/503.html", "text/html; charset=utf-8", false},
};

static void every_representation_has_its_name_type_and_place(void **state)
{
	struct shelf shelf = render(join_real(NULL), plain);
	size_t i;

	(void)state;
	/* Style, icon, script, index, two lists, JSON, feed; two per film;
	 * five errors. */
	assert_int_equal(shelf.count, 8 + 2 * 22 + 5);
	for (i = 0; i < COUNT(expected); i++) {
		const struct kept *kept = shelf_find(&shelf, expected[i].name);

		if (kept == NULL)
			fail_msg("no %s", expected[i].name);
		assert_string_equal(kept->media_type, expected[i].media_type);
		assert_int_equal(kept->is_file, expected[i].is_file);
	}
	shelf_free(&shelf);
}

static void names_are_unique(void **state)
{
	struct shelf shelf = render(join_many(450), plain);
	size_t i;

	(void)state;
	for (i = 0; i < shelf.count; i++)
		if (shelf_find(&shelf, shelf.items[i].name) != &shelf.items[i])
			fail_msg("%s twice", shelf.items[i].name);
	shelf_free(&shelf);
}

static void the_same_catalogue_gives_the_same_bytes(void **state)
{
	struct shelf first = render(join_real(NULL), plain);
	struct shelf second = render(join_real(NULL), plain);
	size_t i;

	(void)state;
	assert_int_equal(first.count, second.count);
	for (i = 0; i < first.count; i++) {
		assert_string_equal(first.items[i].name, second.items[i].name);
		assert_int_equal(first.items[i].body_bytes,
				 second.items[i].body_bytes);
		assert_memory_equal(first.items[i].body, second.items[i].body,
				    first.items[i].body_bytes);
	}
	shelf_free(&first);
	shelf_free(&second);
}

/* Names, titles and texts made to break out of wherever they are put. */
static const char hostile[] =
	"{\"films\": [{\"id\": \"<script>\\\"'&\","
	" \"title\": \"<script>alert(1)</script>\","
	" \"original_title\": \"\\\" onload=\\\"x\","
	" \"description\": \"</p><style>*{}</style>{{title}}{{{title}}}\","
	" \"director\": \"<b>D\", \"producer\": \"'><i>\","
	" \"release_date\": \"<1986>\", \"running_time\": \"<x>\","
	" \"rt_score\": \"<y>\", \"people\": [\"<p>\"],"
	" \"image\": \"https://image.tmdb.org/a'&b\"},"
	" {\"id\": \"g\", \"title\": \"&amp;<\", \"director\": \"E\\\"\","
	" \"people\": [\"<p>\"]}],"
	" \"people\": [{\"id\": \"<p>\", \"name\": \"<script>alert(2)\","
	" \"age\": \"<\", \"gender\": \"\\\"\", \"species\": \"s\"}],"
	" \"species\": [{\"id\": \"s\", \"name\": \"</li>\"}]}";

static void assert_pages_nest(struct shelf *shelf)
{
	struct html_judge judge;
	size_t i, pages = 0;

	for (i = 0; i < shelf->count; i++) {
		const char *verdict;

		if (strcmp(shelf->items[i].media_type,
			   "text/html; charset=utf-8") != 0)
			continue;
		verdict = html_verdict(&judge, shelf->items[i].body);
		if (verdict != NULL)
			fail_msg("%s: %s", shelf->items[i].name, verdict);
		pages++;
	}
	assert_true(pages >= 8);
	shelf_free(shelf);
}

static void every_page_nests_and_holds_nothing_inline(void **state)
{
	static const struct catalogue_render_options all = {
		.has_posters = true,
		.is_bundled = true,
		.public_url = "https://x.example/"};
	struct shelf shelf = render(join_real(NULL), all);

	(void)state;
	assert_pages_nest(&shelf);
	shelf = render(join_real("cat"), (struct catalogue_render_options){0});
	assert_pages_nest(&shelf);
	shelf = render(join_text(hostile, NULL), all);
	assert_pages_nest(&shelf);
	shelf = render(join_text("{}", NULL), all);
	assert_pages_nest(&shelf);
	shelf = render(join_many(450), all);
	assert_pages_nest(&shelf);
}

static void the_judge_of_html_condemns_what_is_wrong(void **state)
{
	static const char *const wrong[] = {
		"<p></p>",
		"<!DOCTYPE html>\n<h1></h1><p>",
		"<!DOCTYPE html>\n<h1></h1></p>",
		"<!DOCTYPE html>\n<h1><b></h1></b>",
		"<!DOCTYPE html>\n<h1></h1><h1></h1>",
		"<!DOCTYPE html>\n<p></p>",
		"<!DOCTYPE html>\n<h1 style=\"\"></h1>",
		"<!DOCTYPE html>\n<h1 onclick=\"\"></h1>",
		"<!DOCTYPE html>\n<h1 class=x></h1>",
		"<!DOCTYPE html>\n<h1></h1><script></script>",
		"<!DOCTYPE html>\n<h1></h1>"
		"<script type=\"module\" src=\"//x/script.js?v=1\"></script>",
		"<!DOCTYPE html>\n<h1></h1>"
		"<script type=\"module\" src=\"/script.js?v=1\">x</script>",
		"<!DOCTYPE html>\n<h1 id=\"a\"></h1><p id=\"a\"></p>",
		"<!DOCTYPE html>\n<h1></h1>a > b",
		"<!DOCTYPE html>\n<h1><a href=\"javascript:x\"></a></h1>",
	};
	struct html_judge judge;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(wrong); i++)
		if (html_verdict(&judge, wrong[i]) == NULL)
			fail_msg("let pass: %s", wrong[i]);
	assert_null(html_verdict(&judge, "<!DOCTYPE html>\n<h1>a &lt;</h1>"));
}

static void hostile_names_are_escaped_for_html_and_for_json(void **state)
{
	struct shelf shelf = render(join_text(hostile, NULL), plain);
	const char *page = shelf_body(&shelf, "movies.html");
	const struct kept *json = shelf_find(&shelf, "movies.json");
	struct json_object *parsed, *film, *title;
	struct error err = {0};

	(void)state;
	assert_holds(page, "&lt;script&gt;alert(1)&lt;/script&gt;");
	assert_holds(page, "&lt;script&gt;alert(2)");
	assert_lacks(page, "<script>");
	assert_holds(page, "href=\"/movies/%3Cscript%3E%22%27%26\"");
	if (template_json_parse("json", json->body, json->body_bytes, &parsed,
				&err) != 0)
		fail_msg("%s", err.message);
	assert_true(json_object_object_get_ex(parsed, "<script>\"'&", &film));
	assert_true(json_object_object_get_ex(film, "film_title", &title));
	assert_string_equal(json_object_get_string(title),
			    "<script>alert(1)</script>");
	json_object_put(parsed);
	/* A template's tags in a text are text. */
	page = shelf_body(&shelf, "movies/%3Cscript%3E%22%27%26.html");
	assert_holds(page, "{{title}}{{{title}}}");
	shelf_free(&shelf);
}

static void past_200_films_the_list_comes_in_pages(void **state)
{
	struct shelf shelf = render(join_many(450), plain);
	const char *first = shelf_body(&shelf, "movies.html");
	const char *second = shelf_body(&shelf, "movies/page/2.html");
	const char *third = shelf_body(&shelf, "movies/page/3.html");
	const char *by_year = shelf_body(&shelf, "movies-by-year.html");
	const char *last = shelf_body(&shelf, "movies-by-year/page/3.html");

	(void)state;
	assert_null(shelf_find(&shelf, "movies/page/1.html"));
	assert_null(shelf_find(&shelf, "movies/page/4.html"));
	assert_int_equal(occurrences(first, "<article>"), 200);
	assert_int_equal(occurrences(second, "<article>"), 200);
	assert_int_equal(occurrences(third, "<article>"), 50);
	assert_holds(first, "\"/movies/f0\"");
	assert_holds(second, "\"/movies/f200\"");
	assert_holds(third, "\"/movies/f449\"");
	assert_lacks(first, "rel=\"prev\"");
	assert_holds(first, "<a rel=\"next\" href=\"/movies/page/2\">");
	assert_holds(second, "<link rel=\"prev\" href=\"/movies\">");
	assert_holds(second, "<link rel=\"next\" href=\"/movies/page/3\">");
	assert_holds(second, "start=\"201\"");
	assert_lacks(third, "rel=\"next\"");
	/* The years fall from film to film. */
	assert_holds(by_year, "\"/movies/f449\"");
	assert_holds(by_year, "href=\"/movies/page/2?order=year\"");
	assert_holds(last, "\"/movies/f0\"");
	assert_false(shelf_find(&shelf, "movies/page/2.html")->is_file);
	shelf_free(&shelf);
}

static void exactly_200_films_are_one_page(void **state)
{
	struct shelf shelf = render(join_many(200), plain);

	(void)state;
	assert_null(shelf_find(&shelf, "movies/page/2.html"));
	assert_lacks(shelf_body(&shelf, "movies.html"), "rel=\"next\"");
	shelf_free(&shelf);
}

/* A digest of the style sheet itself: browsers fetch it anew when it changes. */
static void the_style_has_its_digest_in_its_address(void **state)
{
	struct shelf shelf = render(join_real(NULL), plain);
	struct shelf other = render(join_many(3), plain);
	static const char link[] = "rel=\"stylesheet\" href=\"/style.css?v=";
	const char *one = strstr(shelf_body(&shelf, "movies.html"), link);
	const char *two = strstr(shelf_body(&other, "movies.html"), link);

	(void)state;
	assert_non_null(one);
	assert_non_null(two);
	one += strlen(link);
	two += strlen(link);
	assert_int_equal(strspn(one, "0123456789abcdef"), 8);
	/* Seven directors make another sheet than three. */
	assert_memory_not_equal(one, two, 8);
	shelf_free(&shelf);
	shelf_free(&other);
}

static void the_filter_has_a_rule_for_each_director(void **state)
{
	struct shelf shelf = render(join_real(NULL), plain);
	const char *css = shelf_body(&shelf, "style.css");
	const char *page = shelf_body(&shelf, "movies.html");
	char part[96];
	int i;

	(void)state;
	for (i = 0; i < 7; i++) {
		snprintf(part, sizeof(part),
			 ":has(#d%d:checked) .film:not(.d%d)", i, i);
		assert_int_equal(occurrences(css, part), 1);
		snprintf(part, sizeof(part), "id=\"d%d\"", i);
		assert_int_equal(occurrences(page, part), 1);
	}
	assert_int_equal(occurrences(page, "class=\"film d0\""), 9);
	assert_int_equal(occurrences(page, "class=\"film d1\""), 5);
	assert_lacks(css, "#d7:");
	shelf_free(&shelf);
}

static void images_come_from_the_two_hosts_without_referrer(void **state)
{
	struct shelf shelf = render(join_real(NULL), plain);
	const char *page = shelf_body(&shelf, "movies.html");

	(void)state;
	assert_int_equal(occurrences(page, "<img "), 22);
	assert_int_equal(occurrences(page, "referrerpolicy=\"no-referrer\""),
			 22);
	assert_int_equal(
		occurrences(page, "src=\"https://image.tmdb.org/") +
			occurrences(page, "src=\"https://www.themoviedb.org/"),
		22);
	assert_int_equal(occurrences(page, "alt=\"Poster of "), 22);
	assert_int_equal(occurrences(page, "loading=\"lazy\""), 22);
	/* On a film's own page it is what is looked at first. */
	page = shelf_body(&shelf, FIRST_FILM ".html");
	assert_int_equal(occurrences(page, "<img "), 1);
	assert_int_equal(occurrences(page, "fetchpriority=\"high\""), 1);
	assert_lacks(page, "loading=");
	shelf_free(&shelf);
}

static void without_posters_no_page_names_another_host(void **state)
{
	struct shelf shelf =
		render(join_real(NULL), (struct catalogue_render_options){0});
	size_t i;

	(void)state;
	for (i = 0; i < shelf.count; i++) {
		/* Microdata and SVG name vocabularies, which nobody fetches. */
		assert_lacks(shelf.items[i].body, "tmdb.org");
		assert_lacks(shelf.items[i].body, "themoviedb");
		assert_lacks(shelf.items[i].body, "<img");
	}
	shelf_free(&shelf);
}

static void the_feed_has_the_newest_films_and_no_more_than_a_hundred(
	void **state)
{
	struct shelf shelf = render(join_many(450), plain);
	const char *feed = shelf_body(&shelf, "movies.atom");

	(void)state;
	assert_int_equal(occurrences(feed, "<entry>"), 100);
	/* The years fall from 2999 on, film by film. */
	assert_holds(feed, "<title>Film 0 (2999)</title>");
	assert_holds(feed, "<title>Film 99 (2900)</title>");
	assert_int_equal(occurrences(feed, "2999-01-01T00:00:00Z"), 2);
	assert_true(strstr(feed, "\"/movies/f0\"") <
		    strstr(feed, "\"/movies/f1\""));
	shelf_free(&shelf);
}

static void a_feed_without_years_is_of_the_first_day_of_all(void **state)
{
	struct shelf shelf = render(
		join_text("{'films': [{'id': 'f', 'title': 'F'}]}", NULL),
		plain);
	const char *feed = shelf_body(&shelf, "movies.atom");

	(void)state;
	assert_int_equal(occurrences(feed,
				     "<updated>1970-01-01T00:00:00Z</updated>"),
			 2);
	assert_holds(feed, "<title>F</title>");
	shelf_free(&shelf);
}

/* U+FFFE and U+FFFF are text in JSON and in HTML. */
static void nothing_in_the_feed_is_forbidden_in_xml(void **state)
{
	struct shelf shelf =
		render(join_text("{'films': [{'id': 'f', 'title': "
				 "'a\xef\xbf\xbe\xef\xbf\xbf\xef\xbf\xbc<z'}]}",
				 NULL),
		       plain);

	(void)state;
	assert_holds(shelf_body(&shelf, "movies.atom"),
		     "<title>a" TEXT_REPLACEMENT TEXT_REPLACEMENT
		     "\xef\xbf\xbc&lt;z</title>");
	assert_holds(shelf_body(&shelf, "movies.html"),
		     "a\xef\xbf\xbe\xef\xbf\xbf\xef\xbf\xbc&lt;z");
	shelf_free(&shelf);
}

static void links_of_the_feed_have_a_host_where_one_is_known(void **state)
{
	struct shelf without = render(join_real(NULL), plain);
	struct shelf with = render(join_real(NULL),
				   (struct catalogue_render_options){
					   .public_url = "https://x.example/"});
	const char *feed = shelf_body(&with, "movies.atom");

	(void)state;
	assert_holds(shelf_body(&without, "movies.atom"),
		     "rel=\"self\" type=\"application/atom+xml\" "
		     "href=\"/movies.atom\"");
	assert_holds(feed, "href=\"https://x.example/movies.atom\"");
	assert_holds(feed, "href=\"https://x.example/" FIRST_FILM "\"");
	assert_lacks(feed, "href=\"/");
	shelf_free(&without);
	shelf_free(&with);
}

/* A browser fetches the script anew when it changes, and the list alone has
 * it. */
static void the_script_has_its_digest_in_its_address(void **state)
{
	struct shelf shelf = render(join_real(NULL), plain);
	static const char link[] =
		"<script type=\"module\" src=\"/script.js?v=";
	const char *at = strstr(shelf_body(&shelf, "movies.html"), link);
	const struct kept *script = shelf_find(&shelf, "script.js");
	unsigned char digest[HASH_BYTES];
	char hex[HASH_HEX_BYTES];

	(void)state;
	assert_non_null(at);
	assert_int_equal(
		hash_bytes(script->body, script->body_bytes, digest, NULL), 0);
	hex_encode(digest, sizeof(digest), hex);
	assert_memory_equal(at + strlen(link), hex, 8);
	assert_holds(shelf_body(&shelf, "movies-by-year.html"), link);
	assert_lacks(shelf_body(&shelf, "index.html"), "<script");
	assert_lacks(shelf_body(&shelf, FIRST_FILM ".html"), "<script");
	shelf_free(&shelf);
}

static void share_previews_need_a_public_url(void **state)
{
	struct shelf without = render(join_real(NULL), plain);
	struct shelf with = render(join_real(NULL),
				   (struct catalogue_render_options){
					   .has_posters = true,
					   .public_url = "https://x.example"});
	size_t i;

	(void)state;
	for (i = 0; i < without.count; i++) {
		assert_lacks(without.items[i].body, "canonical");
		assert_lacks(without.items[i].body, "og:");
	}
	assert_holds(shelf_body(&with, "movies-by-year.html"),
		     "rel=\"canonical\" "
		     "href=\"https://x.example/movies?order=year\"");
	assert_holds(shelf_body(&with, FIRST_FILM ".html"),
		     "og:url\" content=\"https://x.example/" FIRST_FILM "\"");
	assert_holds(shelf_body(&with, "index.html"),
		     "rel=\"canonical\" href=\"https://x.example/\"");
	assert_lacks(shelf_body(&with, "error/404.html"), "canonical");
	shelf_free(&without);
	shelf_free(&with);
}

static void pages_say_when_they_show_the_bundled_catalogue(void **state)
{
	static const char *const pages[] = {"index.html", "movies.html",
					    "movies-by-year.html",
					    FIRST_FILM ".html"};
	static const char notice[] =
		"Shown from the catalogue that comes with Marquee";
	struct shelf live = render(join_real(NULL), plain);
	struct shelf bundled =
		render(join_real(NULL),
		       (struct catalogue_render_options){.is_bundled = true});
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(pages); i++) {
		assert_holds(shelf_body(&bundled, pages[i]), notice);
		assert_lacks(shelf_body(&live, pages[i]), notice);
	}
	shelf_free(&live);
	shelf_free(&bundled);
}

static void films_without_people_say_so(void **state)
{
	struct shelf shelf = render(join_real(NULL), plain);

	(void)state;
	assert_int_equal(occurrences(shelf_body(&shelf, "movies.html"),
				     "No people recorded"),
			 11);
	assert_lacks(shelf_body(&shelf, FIRST_FILM ".html"),
		     "No people recorded");
	shelf_free(&shelf);
}

static void a_film_links_to_the_other_films_of_its_people(void **state)
{
	struct shelf shelf = render(join_real(NULL), plain);
	/* Whisper of the Heart, whose Baron is in The Cat Returns too. */
	const char *page = shelf_body(
		&shelf, "movies/ff24da26-a969-4f0e-ba1e-a122ead6c6e3.html");

	(void)state;
	assert_int_equal(
		occurrences(page, "<a href=\"/movies/90b72513-afd4-4570-84de-"
				  "a56c312fdf81\">The Cat Returns</a>"),
		2);
	assert_lacks(page, "<a href=\"/movies/ff24da26-a969-4f0e-ba1e-"
			   "a122ead6c6e3\">");
	shelf_free(&shelf);
}

static void the_current_order_is_marked(void **state)
{
	struct shelf shelf = render(join_real(NULL), plain);

	(void)state;
	assert_holds(shelf_body(&shelf, "movies.html"),
		     "<a href=\"/movies\" aria-current=\"page\">");
	assert_holds(shelf_body(&shelf, "movies-by-year.html"),
		     "<a href=\"/movies?order=year\" aria-current=\"page\">");
	shelf_free(&shelf);
}

/* The contract allows 40 kB; what the page takes is far below, and so that it
 * stays there the test is as well. */
static void page_and_style_are_small_with_brotli(void **state)
{
	struct shelf shelf = render(join_real(NULL), plain);
	const struct kept *page = shelf_find(&shelf, "movies.html");
	const struct kept *style = shelf_find(&shelf, "style.css");
	struct buffer out = BUFFER_EMPTY;

	(void)state;
	assert_int_equal(compress_brotli(&out, page->body, page->body_bytes,
					 COMPRESS_WELL, NULL),
			 0);
	assert_in_range(out.length, 1000, 12 * 1024);
	buffer_clear(&out);
	assert_int_equal(compress_brotli(&out, style->body, style->body_bytes,
					 COMPRESS_WELL, NULL),
			 0);
	assert_in_range(out.length, 500, 5 * 1024);
	buffer_free(&out);
	shelf_free(&shelf);
}

static void a_put_that_fails_ends_the_rendering_with_its_reason(void **state)
{
	struct catalogue *catalogue = join_real(NULL);
	struct catalogue_render_options options = plain;
	struct catalogue_templates *templates =
		catalogue_templates_open("templates", NULL);
	size_t at;

	(void)state;
	options.templates = templates;
	for (at = 1; at <= 8 + 2 * 22 + 5; at++) {
		struct shelf shelf = {.fails_at = at};
		struct error err = {0};

		assert_int_equal(catalogue_render(catalogue, &options, shelve,
						  &shelf, &err),
				 -1);
		assert_int_equal(err.code, EX_IOERR);
		assert_string_equal(err.message, "the shelf is full");
		assert_int_equal(shelf.count, at - 1);
		shelf_free(&shelf);
	}
	catalogue_templates_free(templates);
	catalogue_free(catalogue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			every_representation_has_its_name_type_and_place),
		cmocka_unit_test(names_are_unique),
		cmocka_unit_test(the_same_catalogue_gives_the_same_bytes),
		cmocka_unit_test(every_page_nests_and_holds_nothing_inline),
		cmocka_unit_test(the_judge_of_html_condemns_what_is_wrong),
		cmocka_unit_test(
			hostile_names_are_escaped_for_html_and_for_json),
		cmocka_unit_test(past_200_films_the_list_comes_in_pages),
		cmocka_unit_test(exactly_200_films_are_one_page),
		cmocka_unit_test(the_style_has_its_digest_in_its_address),
		cmocka_unit_test(the_filter_has_a_rule_for_each_director),
		cmocka_unit_test(
			images_come_from_the_two_hosts_without_referrer),
		cmocka_unit_test(without_posters_no_page_names_another_host),
		cmocka_unit_test(
			the_feed_has_the_newest_films_and_no_more_than_a_hundred),
		cmocka_unit_test(
			a_feed_without_years_is_of_the_first_day_of_all),
		cmocka_unit_test(nothing_in_the_feed_is_forbidden_in_xml),
		cmocka_unit_test(
			links_of_the_feed_have_a_host_where_one_is_known),
		cmocka_unit_test(the_script_has_its_digest_in_its_address),
		cmocka_unit_test(share_previews_need_a_public_url),
		cmocka_unit_test(
			pages_say_when_they_show_the_bundled_catalogue),
		cmocka_unit_test(films_without_people_say_so),
		cmocka_unit_test(a_film_links_to_the_other_films_of_its_people),
		cmocka_unit_test(the_current_order_is_marked),
		cmocka_unit_test(page_and_style_are_small_with_brotli),
		cmocka_unit_test(
			a_put_that_fails_ends_the_rendering_with_its_reason),
	};

	return cmocka_run_group_tests(tests, silence_the_log, NULL);
}
