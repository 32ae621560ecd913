#include "base/json_writer.h"

#include <string.h>

#include "base/text.h"

static void separate(struct json_writer *json)
{
	if (json->needs_comma)
		buffer_char(json->out, ',');
	json->needs_comma = true;
}

static void begin(struct json_writer *json, char bracket)
{
	separate(json);
	buffer_char(json->out, bracket);
	json->needs_comma = false;
}

static void end(struct json_writer *json, char bracket)
{
	buffer_char(json->out, bracket);
	json->needs_comma = true;
}

void json_begin_object(struct json_writer *json)
{
	begin(json, '{');
}

void json_end_object(struct json_writer *json)
{
	end(json, '}');
}

void json_begin_array(struct json_writer *json)
{
	begin(json, '[');
}

void json_end_array(struct json_writer *json)
{
	end(json, ']');
}

void json_key_bytes(struct json_writer *json, const char *key, size_t length)
{
	separate(json);
	json_write_string(json->out, key, length);
	buffer_char(json->out, ':');
	json->needs_comma = false;
}

void json_key(struct json_writer *json, const char *key)
{
	json_key_bytes(json, key, strlen(key));
}

void json_text_bytes(struct json_writer *json, const char *value, size_t length)
{
	separate(json);
	json_write_string(json->out, value, length);
}

void json_text(struct json_writer *json, const char *value)
{
	json_text_bytes(json, value, strlen(value));
}

void json_number(struct json_writer *json, long long value)
{
	separate(json);
	buffer_format(json->out, "%lld", value);
}

void json_boolean(struct json_writer *json, bool value)
{
	separate(json);
	buffer_text(json->out, value ? "true" : "false");
}

void json_null(struct json_writer *json)
{
	separate(json);
	buffer_text(json->out, "null");
}

void json_member_text(struct json_writer *json, const char *key,
		      const char *value)
{
	json_key(json, key);
	if (value != NULL)
		json_text(json, value);
	else
		json_null(json);
}

void json_member_number(struct json_writer *json, const char *key,
			long long value)
{
	json_key(json, key);
	json_number(json, value);
}

static void escape_ascii(struct buffer *out, unsigned char c)
{
	static const char short_forms[] = "\"\"\\\\\bb\ff\nn\rr\tt";
	const char *form;

	for (form = short_forms; *form != '\0'; form += 2) {
		if ((unsigned char)form[0] == c) {
			buffer_char(out, '\\');
			buffer_char(out, form[1]);
			return;
		}
	}
	buffer_format(out, "\\u%04x", c);
}

/* What JSON would allow raw, but a terminal obeys (C1 controls) or takes for
 * the end of a line (U+0085, U+2028, U+2029). */
static unsigned hidden_control(const char *text, size_t step)
{
	const unsigned char *c = (const unsigned char *)text;

	if (step == 2 && c[0] == 0xc2 && c[1] < 0xa0)
		return c[1];
	if (step == 3 && c[0] == 0xe2 && c[1] == 0x80 && (c[2] & 0xfe) == 0xa8)
		return 0x2000u | (c[2] & 0x3fu);
	return 0;
}

/* Bytes at the start that stand for themselves. */
static size_t plain_ascii(const char *text, size_t length)
{
	size_t n = 0;

	while (n < length && text[n] >= 0x20 && text[n] < 0x7f &&
	       text[n] != '"' && text[n] != '\\')
		n++;
	return n;
}

void json_write_string(struct buffer *out, const char *value, size_t length)
{
	size_t at = 0, plain_from = 0, step;
	unsigned hidden;
	unsigned char c;

	buffer_char(out, '"');
	while (at < length) {
		at += plain_ascii(value + at, length - at);
		if (at == length)
			break;
		c = (unsigned char)value[at];
		step = text_utf8_step(value + at, length - at);
		hidden = hidden_control(value + at, step);
		if (step != 0 && hidden == 0 && c >= 0x20 && c != '"' &&
		    c != '\\' && c != 0x7f) {
			at += step;
			continue;
		}
		buffer_append(out, value + plain_from, at - plain_from);
		if (step == 0)
			buffer_text(out, TEXT_REPLACEMENT);
		else if (hidden != 0)
			buffer_format(out, "\\u%04x", hidden);
		else
			escape_ascii(out, c);
		at += step != 0 ? step : 1;
		plain_from = at;
	}
	buffer_append(out, value + plain_from, at - plain_from);
	buffer_char(out, '"');
}
