#include "json_oracle.h"

#include <stdint.h>
#include <string.h>

#include "base/text.h"

struct reader {
	const char *at, *end;
	struct json_parts *parts;
	unsigned depth;
};

static enum json_oracle read_value(struct reader *reader);

static void skip_space(struct reader *reader)
{
	while (reader->at < reader->end &&
	       (*reader->at == ' ' || *reader->at == '\t' ||
		*reader->at == '\r' || *reader->at == '\n'))
		reader->at++;
}

static enum json_oracle wrong_here(const struct reader *reader)
{
	return reader->at == reader->end ? JSON_CUT_SHORT : JSON_WRONG;
}

static void add_part(struct reader *reader, const char *from)
{
	struct json_parts *parts = reader->parts;

	if (reader->depth != 1 || parts == NULL)
		return;
	if (parts->count < JSON_ORACLE_PARTS) {
		parts->list[parts->count].text = from;
		parts->list[parts->count].length = (size_t)(reader->at - from);
	}
	parts->count++;
}

static enum json_oracle read_word(struct reader *reader, const char *word)
{
	for (; *word != '\0'; word++, reader->at++)
		if (reader->at == reader->end || *reader->at != *word)
			return wrong_here(reader);
	return JSON_WHOLE;
}

/* Steps over digits, of which there must be one. */
static enum json_oracle read_digits(struct reader *reader)
{
	const char *from = reader->at;

	while (reader->at < reader->end && *reader->at >= '0' &&
	       *reader->at <= '9')
		reader->at++;
	return reader->at > from ? JSON_WHOLE : wrong_here(reader);
}

static bool take(struct reader *reader, const char *any)
{
	if (reader->at == reader->end)
		return false;
	for (; *any != '\0'; any++)
		if (*reader->at == *any) {
			reader->at++;
			return true;
		}
	return false;
}

static enum json_oracle read_number(struct reader *reader)
{
	enum json_oracle verdict = JSON_WHOLE;

	take(reader, "-");
	if (!take(reader, "0"))
		verdict = read_digits(reader);
	if (verdict == JSON_WHOLE && take(reader, "."))
		verdict = read_digits(reader);
	if (verdict == JSON_WHOLE && take(reader, "eE")) {
		take(reader, "+-");
		verdict = read_digits(reader);
	}
	return verdict;
}

/* Four digits of \u. */
static enum json_oracle read_unit(struct reader *reader, unsigned *unit)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	int i;

	*unit = 0;
	for (i = 0; i < 4; i++, reader->at++) {
		const char *digit =
			reader->at == reader->end || *reader->at == '\0'
				? NULL
				: strchr(digits, *reader->at);

		if (digit == NULL)
			return wrong_here(reader);
		*unit = *unit * 16 + (unsigned)((digit - digits) % 16);
	}
	return JSON_WHOLE;
}

static enum json_oracle read_escape(struct reader *reader)
{
	enum json_oracle verdict;
	unsigned unit;

	if (!take(reader, "u"))
		return take(reader, "\"\\/bfnrt") ? JSON_WHOLE
						  : wrong_here(reader);
	verdict = read_unit(reader, &unit);
	if (verdict != JSON_WHOLE || unit < 0xd800 || unit > 0xdfff)
		return verdict;
	if (unit >= 0xdc00)
		return JSON_WRONG;
	verdict = read_word(reader, "\\u");
	if (verdict == JSON_WHOLE)
		verdict = read_unit(reader, &unit);
	if (verdict == JSON_WHOLE && (unit < 0xdc00 || unit > 0xdfff))
		return JSON_WRONG;
	return verdict;
}

static enum json_oracle read_string(struct reader *reader)
{
	enum json_oracle verdict = read_word(reader, "\"");

	while (verdict == JSON_WHOLE) {
		if (reader->at == reader->end)
			return JSON_CUT_SHORT;
		if (take(reader, "\""))
			return JSON_WHOLE;
		if (take(reader, "\\"))
			verdict = read_escape(reader);
		else if ((unsigned char)*reader->at < 0x20)
			return JSON_WRONG;
		else
			reader->at++;
	}
	return verdict;
}

static enum json_oracle read_member(struct reader *reader)
{
	const char *from = reader->at;
	enum json_oracle verdict = read_string(reader);

	if (verdict != JSON_WHOLE)
		return verdict;
	add_part(reader, from);
	skip_space(reader);
	verdict = read_word(reader, ":");
	skip_space(reader);
	return verdict;
}

static enum json_oracle read_list(struct reader *reader, bool is_object)
{
	const char *end = is_object ? "}" : "]";
	enum json_oracle verdict;
	const char *from;

	if (reader->depth++ == JSON_ORACLE_DEPTH)
		return JSON_WRONG;
	reader->at++;
	skip_space(reader);
	if (!take(reader, end)) {
		do {
			skip_space(reader);
			verdict = is_object ? read_member(reader) : JSON_WHOLE;
			from = reader->at;
			if (verdict == JSON_WHOLE)
				verdict = read_value(reader);
			if (verdict != JSON_WHOLE)
				return verdict;
			add_part(reader, from);
			skip_space(reader);
		} while (take(reader, ","));
		if (!take(reader, end))
			return wrong_here(reader);
	}
	reader->depth--;
	return JSON_WHOLE;
}

static enum json_oracle read_value(struct reader *reader)
{
	if (reader->at == reader->end)
		return JSON_CUT_SHORT;
	switch (*reader->at) {
	case '{':
	case '[':
		return read_list(reader, *reader->at == '{');
	case '"':
		return read_string(reader);
	case 't':
		return read_word(reader, "true");
	case 'f':
		return read_word(reader, "false");
	case 'n':
		return read_word(reader, "null");
	default:
		return read_number(reader);
	}
}

enum json_oracle json_oracle(const char *text, size_t length, char first,
			     struct json_parts *parts)
{
	struct reader reader = {text, text + length, parts, 0};
	enum json_oracle verdict;

	if (parts != NULL)
		parts->count = 0;
	skip_space(&reader);
	if (first != '\0' && reader.at < reader.end && *reader.at != first)
		return JSON_WRONG;
	verdict = read_value(&reader);
	skip_space(&reader);
	if (verdict == JSON_WHOLE && reader.at < reader.end)
		return JSON_WRONG;
	return verdict;
}

bool json_oracle_is_json(const char *text, size_t length)
{
	return json_oracle(text, length, '\0', NULL) == JSON_WHOLE &&
	       text_is_utf8(text, length);
}

static size_t put(char *out, uint32_t point)
{
	if (point < 0x80) {
		out[0] = (char)point;
		return 1;
	}
	if (point < 0x800) {
		out[0] = (char)(0xc0 + point / 64);
		out[1] = (char)(0x80 + point % 64);
		return 2;
	}
	if (point < 0x10000) {
		out[0] = (char)(0xe0 + point / 4096);
		out[1] = (char)(0x80 + point / 64 % 64);
		out[2] = (char)(0x80 + point % 64);
		return 3;
	}
	out[0] = (char)(0xf0 + point / 262144);
	out[1] = (char)(0x80 + point / 4096 % 64);
	out[2] = (char)(0x80 + point / 64 % 64);
	out[3] = (char)(0x80 + point % 64);
	return 4;
}

size_t json_oracle_string(const char *text, size_t length, char *out)
{
	static const char letters[] = "bfnrt\"\\/", means[] = "\b\f\n\r\t\"\\/";
	struct reader reader = {text + 1, text + length - 1, NULL, 0};
	size_t written = 0;
	unsigned unit, low;

	while (reader.at < reader.end) {
		if (!take(&reader, "\\")) {
			out[written++] = *reader.at++;
			continue;
		}
		if (!take(&reader, "u")) {
			out[written++] =
				means[strchr(letters, *reader.at++) - letters];
			continue;
		}
		read_unit(&reader, &unit);
		if (unit < 0xd800 || unit > 0xdfff) {
			written += put(out + written, unit);
			continue;
		}
		reader.at += 2;
		read_unit(&reader, &low);
		written += put(out + written, 0x10000 + (unit - 0xd800) * 1024 +
						      (low - 0xdc00));
	}
	return written;
}
