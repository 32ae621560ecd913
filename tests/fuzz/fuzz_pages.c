/* catalogue/catalogue_render.h with the templates that are installed: whatever
 * the films are called, no page has a tag or an attribute that the pages of
 * harmless films do not have, and no link leads elsewhere. The input: see
 * catalogue_input.h. Runs where templates/ is. */
#include "catalogue/catalogue_render.h"

#include "base/buffer.h"
#include "catalogue_input.h"
#include "fuzz.h"
#include "json_oracle.h"

#define NAME_MAX_BYTES 32
#define NAMES_MAX 256

/* Names of tags and attributes, where the hash of each leads or beyond. */
static struct name {
	char text[NAME_MAX_BYTES];
	size_t length;
} known[NAMES_MAX];

static const char harmless[] =
	"[{\"id\":\"1\",\"title\":\"A\",\"original_title\":\"B\","
	"\"original_title_romanised\":\"C\",\"description\":\"D\","
	"\"director\":\"E\",\"producer\":\"F\",\"release_date\":\"1986\","
	"\"running_time\":\"124\",\"rt_score\":\"95\","
	"\"image\":\"https://image.tmdb.org/a.jpg\","
	"\"movie_banner\":\"https://www.themoviedb.org/b.jpg\","
	"\"people\":[\"/people/p\"]},{\"id\":\"2\",\"title\":\"A\","
	"\"director\":\"G\",\"people\":[\"p\"]},{\"id\":\"3\","
	"\"title\":\"H\",\"director\":\"E\",\"release_date\":\"1990\"}]\n"
	"[{\"id\":\"p\",\"name\":\"I\",\"gender\":\"J\",\"age\":\"1\","
	"\"eye_color\":\"K\",\"hair_color\":\"L\",\"species\":\"/s\"},"
	"{\"id\":\"q\",\"name\":\"M\",\"films\":[\"1\"]}]\n"
	"[{\"id\":\"s\",\"name\":\"N\"}]\n";

/* Learns a name, or checks that it is known. */
static void meet(const char *name, size_t length, bool is_learning)
{
	size_t at = fuzz_seed((const uint8_t *)name, length) % NAMES_MAX;
	size_t steps = 0;

	FUZZ_CHECK(length > 0 && length <= NAME_MAX_BYTES);
	while (known[at].length > 0 &&
	       (known[at].length != length ||
		memcmp(known[at].text, name, length) != 0)) {
		at = (at + 1) % NAMES_MAX;
		FUZZ_CHECK(++steps < NAMES_MAX);
	}
	FUZZ_CHECK(is_learning || known[at].length > 0);
	memcpy(known[at].text, name, length);
	known[at].length = length;
}

static void check_link(const char *value, const char *end)
{
	static const char *const starts[] = {"/", "#",
					     "https://image.tmdb.org/",
					     "https://www.themoviedb.org/"};
	size_t i;

	for (i = 0; i < 4; i++)
		if ((size_t)(end - value) >= strlen(starts[i]) &&
		    memcmp(value, starts[i], strlen(starts[i])) == 0)
			break;
	FUZZ_CHECK(i < 4);
	FUZZ_CHECK(i > 0 || end - value < 2 || value[1] != '/');
}

/* Steps over one attribute. */
static const char *read_attribute(const char *at, bool is_learning)
{
	size_t length = strcspn(at, "= \t\n>");
	bool is_link = (length == 4 && memcmp(at, "href", 4) == 0) ||
		       (length == 3 && memcmp(at, "src", 3) == 0);
	const char *end;

	meet(at, length, is_learning);
	at += length;
	if (*at != '=')
		return at;
	FUZZ_CHECK(at[1] == '"');
	end = strchr(at + 2, '"');
	FUZZ_CHECK(end != NULL);
	FUZZ_CHECK(memchr(at + 2, '<', (size_t)(end - at - 2)) == NULL);
	if (is_link)
		check_link(at + 2, end);
	return end + 1;
}

static void read_html(const char *html, bool is_learning)
{
	const char *at = html;

	while ((at = strpbrk(at, "<>")) != NULL) {
		size_t length;

		FUZZ_CHECK(*at == '<');
		at++;
		at += *at == '/' || *at == '!';
		length = strcspn(at, " \t\n>");
		meet(at, length, is_learning);
		at += length;
		at += strspn(at, " \t\n");
		while (*at != '>') {
			FUZZ_CHECK(*at != '\0');
			at = read_attribute(at, is_learning);
			at += strspn(at, " \t\n");
		}
		at++;
	}
}

static int put(void *context, const struct catalogue_rendered *rendered,
	       struct error *err)
{
	static struct buffer body;
	const bool *is_learning = context;

	(void)err;
	FUZZ_CHECK(strstr(rendered->name, "..") == NULL ||
		   strstr(rendered->name, "/../") == NULL);
	buffer_clear(&body);
	buffer_append(&body, rendered->body, rendered->body_bytes);
	if (strncmp(rendered->media_type, "text/html", 9) == 0) {
		FUZZ_CHECK(strlen(body.data) == body.length);
		read_html(body.data, *is_learning);
	} else if (strcmp(rendered->media_type, "application/json") == 0) {
		FUZZ_CHECK(json_oracle_is_json(body.data, body.length));
	}
	return 0;
}

static void render(const uint8_t *data, size_t size, bool is_learning)
{
	static struct catalogue_templates *templates;
	static struct catalogue_input input;
	struct catalogue_render_options options = {.has_posters = true};
	struct catalogue *catalogue;
	struct error err = {0};

	if (templates == NULL)
		templates = catalogue_templates_open("templates", &err);
	FUZZ_CHECK(templates != NULL);
	options.templates = templates;
	catalogue_input_read(&input, data, size);
	catalogue = catalogue_input_join(&input, false);
	if (catalogue_counts(catalogue)->films > 0)
		FUZZ_CHECK(catalogue_render(catalogue, &options, put,
					    &is_learning, &err) == 0);
	catalogue_free(catalogue);
}

FUZZ_TARGET(pages, CATALOGUE_INPUT_MAX_BYTES)
{
	static bool has_learnt;

	if (!has_learnt)
		render((const uint8_t *)harmless, sizeof(harmless) - 1, true);
	has_learnt = true;
	render(data, size, false);
}
