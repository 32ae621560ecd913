#include "web/negotiate.h"

#include <string.h>
#include <strings.h>

#include "web/request.h"

static bool is_space(char c)
{
	return c == ' ' || c == '\t';
}

static struct web_span trim(const char *text, size_t length)
{
	while (length > 0 && is_space(text[0])) {
		text++;
		length--;
	}
	while (length > 0 && is_space(text[length - 1]))
		length--;
	return (struct web_span){text, length};
}

static bool span_is(struct web_span span, const char *expected)
{
	return span.length == strlen(expected) &&
	       strncasecmp(span.text, expected, span.length) == 0;
}

/* Bytes before the next `separator` that stands outside quotes. */
static size_t until(const char *text, size_t length, char separator)
{
	bool is_quoted = false;
	size_t i;

	for (i = 0; i < length; i++) {
		if (is_quoted && text[i] == '\\')
			i++;
		else if (text[i] == '"')
			is_quoted = !is_quoted;
		else if (text[i] == separator && !is_quoted)
			return i;
	}
	return length;
}

/* Cuts the part before the separator off `rest`. Returns false when there is
 * nothing left. */
static bool next_part(struct web_span *rest, char separator,
		      struct web_span *part)
{
	size_t bytes;

	if (rest->text == NULL)
		return false;
	bytes = until(rest->text, rest->length, separator);
	*part = trim(rest->text, bytes);
	if (bytes == rest->length) {
		rest->text = NULL;
	} else {
		rest->text += bytes + 1;
		rest->length -= bytes + 1;
	}
	return true;
}

/* A qvalue (RFC 9110 §12.4.2) in thousandths, or -1. */
static int read_weight(struct web_span text)
{
	int weight = 0, unit = NEGOTIATE_WEIGHT_MAX / 10;
	size_t i;

	if (text.length < 1 || text.length > 5 ||
	    (text.text[0] != '0' && text.text[0] != '1') ||
	    (text.length > 1 && text.text[1] != '.'))
		return -1;
	for (i = 2; i < text.length; i++, unit /= 10) {
		if (text.text[i] < '0' || text.text[i] > '9')
			return -1;
		weight += (text.text[i] - '0') * unit;
	}
	if (text.text[0] == '1')
		weight += NEGOTIATE_WEIGHT_MAX;
	return weight <= NEGOTIATE_WEIGHT_MAX ? weight : -1;
}

/* One element of a list: a name, its weight and its other parameters. */
struct element {
	struct web_span name;
	int weight; /* 0 to 1000 */
	int parameter_count;
	bool is_foreign; /* has a parameter that none of our types has */
};

static bool read_parameter(struct web_span text, struct element *element)
{
	size_t name_bytes = until(text.text, text.length, '=');
	struct web_span name = trim(text.text, name_bytes), value;

	if (name_bytes == text.length)
		return text.length == 0; /* ";;" is only untidy */
	value = trim(text.text + name_bytes + 1, text.length - name_bytes - 1);
	if (span_is(name, "q")) {
		element->weight = read_weight(value);
		return element->weight >= 0;
	}
	element->parameter_count++;
	if (!span_is(name, "charset") ||
	    (!span_is(value, "utf-8") && !span_is(value, "\"utf-8\"")))
		element->is_foreign = true;
	return true;
}

/* Steps to the next element that parses. */
static bool next_element(struct web_span *rest, struct element *element)
{
	struct web_span text, parameter;
	bool is_valid;

	while (next_part(rest, ',', &text)) {
		*element = (struct element){.weight = NEGOTIATE_WEIGHT_MAX};
		next_part(&text, ';', &element->name);
		is_valid = element->name.length > 0;
		while (is_valid && next_part(&text, ';', &parameter))
			is_valid = read_parameter(parameter, element);
		if (is_valid)
			return true;
	}
	return false;
}

/* How closely a media range fits: 0 not at all, then any, any subtype, the
 * type itself, the type with a parameter. */
static int range_fit(const struct element *element, const char *media_type)
{
	size_t type_bytes = strcspn(media_type, "/") + 1;

	if (element->is_foreign)
		return 0;
	if (span_is(element->name, "*/*"))
		return 1;
	if (element->name.length == type_bytes + 1 &&
	    element->name.text[type_bytes] == '*' &&
	    strncasecmp(element->name.text, media_type, type_bytes) == 0)
		return 2;
	if (span_is(element->name, media_type))
		return element->parameter_count > 0 ? 4 : 3;
	return 0;
}

static bool is_blank(const char *header)
{
	return header == NULL || header[strspn(header, " \t,")] == '\0';
}

int negotiate_weight(const char *accept, const char *media_type)
{
	struct web_span rest;
	struct element element;
	int best_fit = 0, weight = 0;

	if (is_blank(accept))
		return NEGOTIATE_WEIGHT_MAX;
	rest = (struct web_span){accept, strlen(accept)};
	while (next_element(&rest, &element)) {
		int fit = range_fit(&element, media_type);

		if (fit > best_fit ||
		    (fit > 0 && fit == best_fit && element.weight > weight)) {
			best_fit = fit;
			weight = element.weight;
		}
	}
	return weight;
}

size_t negotiate_media_type(const char *accept, const char *const *media_types,
			    size_t count)
{
	size_t i, best = 0;
	int weight, best_weight = 0;

	for (i = 0; i < count; i++) {
		weight = negotiate_weight(accept, media_types[i]);
		if (weight > best_weight) {
			best = i;
			best_weight = weight;
		}
	}
	return best;
}

static const struct {
	const char *name;
	const char *alias; /* RFC 9110 §8.4.1.3 */
} codings[CACHE_CODINGS] = {
	[CACHE_IDENTITY] = {"identity", NULL},
	[CACHE_GZIP] = {"gzip", "x-gzip"},
	[CACHE_BROTLI] = {"br", NULL},
};

const char *negotiate_coding_name(enum cache_coding coding)
{
	return coding == CACHE_IDENTITY ? NULL : codings[coding].name;
}

/* Weight of a coding the header does not speak of. */
#define UNSPOKEN (-1)

static void weigh_codings(const char *accept_encoding,
			  int weights[CACHE_CODINGS])
{
	struct web_span rest = {accept_encoding, strlen(accept_encoding)};
	struct element element;
	int any = UNSPOKEN;
	size_t i;

	for (i = 0; i < CACHE_CODINGS; i++)
		weights[i] = UNSPOKEN;
	while (next_element(&rest, &element)) {
		if (span_is(element.name, "*"))
			any = element.weight;
		for (i = 0; i < CACHE_CODINGS; i++)
			if (span_is(element.name, codings[i].name) ||
			    (codings[i].alias != NULL &&
			     span_is(element.name, codings[i].alias)))
				weights[i] = element.weight;
	}
	for (i = 0; i < CACHE_CODINGS; i++)
		if (weights[i] == UNSPOKEN)
			weights[i] = any;
}

/* An unspoken identity is acceptable, but anything asked for goes before it;
 * it is also what remains when nothing is acceptable (RFC 9110 §12.5.3). */
enum cache_coding negotiate_coding(
	const char *accept_encoding,
	const struct cache_entry_body bodies[CACHE_CODINGS])
{
	static const enum cache_coding preference[] = {CACHE_BROTLI, CACHE_GZIP,
						       CACHE_IDENTITY};
	enum cache_coding best = CACHE_IDENTITY;
	int weights[CACHE_CODINGS], best_weight = 0;
	size_t i;

	if (is_blank(accept_encoding))
		return CACHE_IDENTITY;
	weigh_codings(accept_encoding, weights);
	for (i = 0; i < CACHE_CODINGS; i++) {
		enum cache_coding coding = preference[i];

		if (bodies[coding].is_present &&
		    weights[coding] > best_weight) {
			best = coding;
			best_weight = weights[coding];
		}
	}
	return best;
}
