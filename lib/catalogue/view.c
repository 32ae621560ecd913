#include "catalogue/view.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/hex.h"

const struct view_member *view_find(const struct view_member *table,
				    size_t count, const char *name,
				    size_t name_length)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (table[i].name[0] == name[0] &&
		    strncmp(table[i].name, name, name_length) == 0 &&
		    table[i].name[name_length] == '\0')
			return &table[i];
	return NULL;
}

void view_text(struct template_value *value, const char *text)
{
	if (text == NULL || text[0] == '\0' || strcmp(text, "NA") == 0) {
		value->kind = TEMPLATE_FALSE;
		return;
	}
	value->kind = TEMPLATE_TEXT;
	value->text = text;
	value->length = strlen(text);
}

void view_flag(struct template_value *value, bool is_true)
{
	value->kind = is_true ? TEMPLATE_TRUE : TEMPLATE_FALSE;
}

void view_format(const struct page *page, struct template_value *value,
		 const char *format, ...)
{
	va_list args, again;
	char most[64]; /* of the texts fit */
	char *text = NULL;
	int length;

	va_start(args, format);
	va_copy(again, args);
	length = vsnprintf(most, sizeof(most), format, args);
	va_end(args);
	if (length >= 0)
		text = arena_take(&page->scratch->arena, (size_t)length + 1);
	if (text != NULL) {
		if ((size_t)length < sizeof(most))
			memcpy(text, most, (size_t)length + 1);
		else
			vsnprintf(text, (size_t)length + 1, format, again);
		value->kind = TEMPLATE_TEXT;
		value->text = text;
		value->length = (size_t)length;
	} else {
		page->scratch->has_failed = true;
		value->kind = TEMPLATE_FALSE;
	}
	va_end(again);
}

void view_list_path(const struct page *page, struct template_value *value,
		    bool is_by_year, size_t number)
{
	const char *query = is_by_year ? "?order=year" : "";

	if (number == 1)
		view_format(page, value, "/movies%s", query);
	else
		view_format(page, value, "/movies/page/%zu%s", number, query);
}

void view_urn(const struct page *page, struct template_value *value,
	      const char *id)
{
	/* Whatever else is hashed somewhere, this is a film's. */
	static const char space[] = "marquee film ";
	struct buffer name = BUFFER_EMPTY;
	unsigned char digest[HASH_BYTES];
	char hex[HASH_HEX_BYTES];

	buffer_text(&name, space);
	buffer_text(&name, id);
	if (buffer_check(&name, NULL) == 0 &&
	    hash_bytes(name.data, name.length, digest, NULL) == 0) {
		digest[6] = (unsigned char)((digest[6] & 0x0f) | 0x80);
		digest[8] = (unsigned char)((digest[8] & 0x3f) | 0x80);
		hex_encode(digest, sizeof(digest), hex);
		view_format(page, value, "urn:uuid:%.8s-%.4s-%.4s-%.4s-%.12s",
			    hex, hex + 8, hex + 12, hex + 16, hex + 20);
	} else {
		page->scratch->has_failed = true;
	}
	buffer_free(&name);
}

unsigned view_year(const struct catalogue *catalogue, size_t film)
{
	const char *date = film_text(catalogue, film, FILM_RELEASE_DATE);
	unsigned year = 0;
	size_t i;

	if (date == NULL)
		return 0;
	for (i = 0; i < 4; i++) {
		if (date[i] < '0' || date[i] > '9')
			return 0;
		year = year * 10 + (unsigned)(date[i] - '0');
	}
	return date[4] >= '0' && date[4] <= '9' ? 0 : year;
}
