#include "base/key_values.h"

#include <string.h>

#include "base/text.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void trim(const char **text, size_t *length)
{
	while (*length > 0 && is_blank((*text)[0])) {
		(*text)++;
		(*length)--;
	}
	while (*length > 0 && is_blank((*text)[*length - 1]))
		(*length)--;
}

static void unquote(const char **text, size_t *length)
{
	char quote = *length >= 2 ? (*text)[0] : '\0';

	if ((quote == '"' || quote == '\'') && (*text)[*length - 1] == quote) {
		(*text)++;
		*length -= 2;
	}
}

static void split(const char *line, size_t length, struct key_value *pair)
{
	const char *equals = memchr(line, '=', length);

	pair->key = line;
	pair->key_length = equals != NULL ? (size_t)(equals - line) : 0;
	pair->value = equals != NULL ? equals + 1 : line;
	pair->value_length =
		equals != NULL ? length - pair->key_length - 1 : length;
	trim(&pair->key, &pair->key_length);
	trim(&pair->value, &pair->value_length);
	unquote(&pair->value, &pair->value_length);
}

bool key_values_next(const char *text, size_t length, size_t *at,
		     struct key_value *pair)
{
	if (*at == 0)
		pair->line = 0;
	while (*at < length) {
		const char *line = text + *at;
		const char *newline = memchr(line, '\n', length - *at);
		size_t bytes = newline != NULL ? (size_t)(newline - line)
					       : length - *at;

		pair->line++;
		*at += bytes + (newline != NULL);
		trim(&line, &bytes);
		if (bytes == 0 || line[0] == '#')
			continue;
		split(line, bytes, pair);
		return true;
	}
	return false;
}

bool key_values_find(const char *text, size_t length, const char *key,
		     struct key_value *pair)
{
	size_t at = 0;

	while (key_values_next(text, length, &at, pair))
		if (pair->key_length == strlen(key) &&
		    memcmp(pair->key, key, pair->key_length) == 0)
			return true;
	return false;
}

bool key_values_number(const char *text, size_t length, const char *key,
		       long long *number)
{
	struct key_value pair;

	return key_values_find(text, length, key, &pair) &&
	       text_number(pair.value, pair.value_length, number) == 0;
}

static bool is_control(char c)
{
	return (unsigned char)c < ' ' || c == 0x7f;
}

/* Whether reading would take something off an end that has this character. */
static bool is_taken_off(char c)
{
	return is_blank(c) || is_control(c) || c == '"' || c == '\'';
}

void key_values_put(struct buffer *out, const char *key, const char *value)
{
	size_t length = strlen(value);
	bool is_quoted = length > 0 && (is_taken_off(value[0]) ||
					is_taken_off(value[length - 1]));
	size_t i;

	buffer_format(out, "%s=%s", key, is_quoted ? "\"" : "");
	for (i = 0; i < length; i++)
		buffer_char(out, is_control(value[i]) ? ' ' : value[i]);
	buffer_text(out, is_quoted ? "\"\n" : "\n");
}

void key_values_put_number(struct buffer *out, const char *key,
			   long long number)
{
	buffer_format(out, "%s=%lld\n", key, number);
}
