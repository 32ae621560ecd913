/* template/template.h: templates and what is put into them. Without a tag that
 * asks for it nothing of the data comes out unescaped. The input: a template,
 * a NUL, a partial. */
#include "base/text.h"
#include "fuzz.h"
#include "template/template.h"

#define MAX_BYTES 384

/* What a value's text begins with; a template with it is not looked at. */
#define MARK "\x01"
#define TEXT MARK "<" MARK "\"" MARK "'" MARK ">" MARK "&lt;"

/* The longest rendering there is time for: so many questions are answered. */
#define QUESTIONS 500

static unsigned questions;

static void find_member(const struct template_value *object, const char *name,
			size_t length, struct template_value *value);

static void find_item(const struct template_value *list, size_t index,
		      struct template_value *value)
{
	FUZZ_CHECK(index < list->length);
	*value = *list;
	value->kind = index % 2 == 0 ? TEMPLATE_OBJECT : TEMPLATE_TRUE;
}

static const struct template_source source = {find_member, find_item};

/* Letters are values: a text, b list, o object, t true, f false, e "". */
static void find_member(const struct template_value *object, const char *name,
			size_t length, struct template_value *value)
{
	FUZZ_CHECK(object->kind == TEMPLATE_OBJECT);
	if (length != 1 || questions == 0)
		return;
	questions--;
	value->source = &source;
	switch (name[0]) {
	case 'a':
		value->kind = TEMPLATE_TEXT;
		value->text = TEXT;
		value->length = sizeof(TEXT) - 1;
		break;
	case 'b':
		value->kind = TEMPLATE_LIST;
		value->length = 3;
		break;
	case 'o':
		value->kind = TEMPLATE_OBJECT;
		break;
	case 't':
		value->kind = TEMPLATE_TRUE;
		break;
	case 'f':
		value->kind = TEMPLATE_FALSE;
		break;
	case 'e':
		value->kind = TEMPLATE_TEXT;
		break;
	default:
		break;
	}
}

/* {{> p}} is the second part, {{> q}} is not there, any other fails. */
static int load(void *context, const char *name, struct buffer *text,
		struct error *err)
{
	const struct fuzz_span *partial = context;

	if (strcmp(name, "p") == 0)
		buffer_append(text, partial->data, partial->size);
	else if (strcmp(name, "q") != 0)
		return error_set(err, EX_NOINPUT, "cannot be read");
	return strcmp(name, "p") == 0 ? 0 : 1;
}

static int render(const struct template *tmpl, struct buffer *out)
{
	const struct template_value root = {.kind = TEMPLATE_OBJECT,
					    .source = &source};

	questions = QUESTIONS;
	buffer_clear(out);
	return template_render(tmpl, &root, out, NULL);
}

/* Whether every `{` is one of exactly two that begin a tag: a third one, also
 * behind white space or behind other delimiters, asks for a value as it is. */
static bool has_plain_tags_only(const uint8_t *data, size_t size)
{
	size_t i, run;

	for (i = 0; i < size; i += run + 1) {
		for (run = 0; i + run < size && data[i + run] == '{'; run++)
			;
		if (run != 0 && run != 2)
			return false;
		while (run != 0 && i + run < size && data[i + run] != '\0' &&
		       strchr(" \t\r\n\f\v", data[i + run]) != NULL)
			run++;
		if (run != 0 && i + run < size && data[i + run] == '{')
			return false;
	}
	return true;
}

/* Whether all values are escaped, and the marks in what comes out are theirs. */
static bool is_escaping(const uint8_t *data, size_t size)
{
	return memchr(data, '&', size) == NULL &&
	       has_plain_tags_only(data, size) &&
	       memchr(data, MARK[0], size) == NULL;
}

static void check_escaped(const struct buffer *out)
{
	static const char *const escaped[] = {"&lt;", "&quot;", "&#39;", "&gt;",
					      "&amp;lt;"};
	const char *at = out->data, *end = at + out->length;
	size_t turn = 0;

	while ((at = memchr(at, MARK[0], (size_t)(end - at))) != NULL) {
		const char *wanted = escaped[turn++ % 5];

		at++;
		FUZZ_CHECK((size_t)(end - at) >= strlen(wanted));
		FUZZ_CHECK(memcmp(at, wanted, strlen(wanted)) == 0);
	}
	FUZZ_CHECK(turn % 5 == 0);
}

static void check_rendering(const struct template *tmpl, const uint8_t *data,
			    size_t size)
{
	static struct buffer out, again;
	int status = render(tmpl, &out);

	FUZZ_CHECK(render(tmpl, &again) == status);
	FUZZ_CHECK(again.length == out.length);
	FUZZ_CHECK(out.length == 0 ||
		   memcmp(out.data, again.data, out.length) == 0);
	if (status != 0)
		return;
	FUZZ_CHECK(text_is_utf8(out.data, out.length));
	if (memmem(data, size, "{{", 2) == NULL &&
	    memchr(data, '\0', size) == NULL)
		FUZZ_CHECK(out.length == size &&
			   (size == 0 || memcmp(out.data, data, size) == 0));
	if (out.length > 0 && size > 0 && is_escaping(data, size))
		check_escaped(&out);
}

FUZZ_TARGET(template, MAX_BYTES)
{
	static char room[MAX_BYTES];
	struct fuzz_span rest = {data, size};
	struct fuzz_span text = fuzz_take(&rest, '\0');
	const struct template_partials partials = {load, &rest};
	struct error err = {0};
	struct template *tmpl = template_parse("page.mustache",
					       fuzz_bytes(room, sizeof(room),
							  text.data, text.size),
					       text.size, &partials, &err);

	if (tmpl == NULL) {
		FUZZ_CHECK(err.code == EX_DATAERR || err.code == EX_NOINPUT);
		FUZZ_CHECK(strchr(err.message, ':') != NULL);
		return;
	}
	FUZZ_CHECK(text_is_utf8((const char *)text.data, text.size));
	check_rendering(tmpl, data, size);
	template_free(tmpl);
}
