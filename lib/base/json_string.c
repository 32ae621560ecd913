#include "base/json_string.h"

#include <string.h>

/* Where decoded bytes go: both a copy and a comparison take them as they
 * come. */
struct taker {
	struct buffer *out; /* NULL: they are compared with `wanted` */
	const char *wanted;
	size_t wanted_length;
	bool differs;
};

static void take(struct taker *taker, const char *bytes, size_t length)
{
	if (taker->out != NULL) {
		buffer_append(taker->out, bytes, length);
		return;
	}
	taker->differs = taker->differs || length > taker->wanted_length ||
			 memcmp(taker->wanted, bytes, length) != 0;
	if (taker->differs)
		return;
	taker->wanted += length;
	taker->wanted_length -= length;
}

static void take_utf8(struct taker *taker, unsigned point)
{
	char bytes[4];
	size_t length;

	if (point < 0x80) {
		bytes[0] = (char)point;
		length = 1;
	} else if (point < 0x800) {
		bytes[0] = (char)(0xc0 | point >> 6);
		bytes[1] = (char)(0x80 | (point & 0x3f));
		length = 2;
	} else if (point < 0x10000) {
		bytes[0] = (char)(0xe0 | point >> 12);
		bytes[1] = (char)(0x80 | (point >> 6 & 0x3f));
		bytes[2] = (char)(0x80 | (point & 0x3f));
		length = 3;
	} else {
		bytes[0] = (char)(0xf0 | (point >> 18 & 0x07));
		bytes[1] = (char)(0x80 | (point >> 12 & 0x3f));
		bytes[2] = (char)(0x80 | (point >> 6 & 0x3f));
		bytes[3] = (char)(0x80 | (point & 0x3f));
		length = 4;
	}
	take(taker, bytes, length);
}

/* The four digits after \u; 0 where they are not whole. */
static unsigned code_unit(const char *digits, size_t length)
{
	unsigned value = 0;
	int i;

	if (length < 4)
		return 0;
	for (i = 0; i < 4; i++) {
		char c = digits[i];

		value <<= 4;
		if (c >= '0' && c <= '9')
			value |= (unsigned)(c - '0');
		else if (c >= 'a' && c <= 'f')
			value |= (unsigned)(c - 'a' + 10);
		else if (c >= 'A' && c <= 'F')
			value |= (unsigned)(c - 'A' + 10);
		else
			return 0;
	}
	return value;
}

/* Takes the escape that `text` begins with; returns its bytes. */
static size_t take_escape(struct taker *taker, const char *text, size_t length)
{
	static const char letters[] = "bfnrt", means[] = "\b\f\n\r\t";
	const char *letter;
	unsigned unit, low;

	if (length < 2)
		return length;
	if (text[1] != 'u') {
		letter = memchr(letters, text[1], sizeof(letters) - 1);
		take(taker,
		     letter != NULL ? means + (letter - letters) : text + 1, 1);
		return 2;
	}
	unit = code_unit(text + 2, length - 2);
	if (unit < 0xd800 || unit > 0xdbff || length < 12) {
		take_utf8(taker, unit);
		return length < 6 ? length : 6;
	}
	low = code_unit(text + 8, length - 8);
	take_utf8(taker, 0x10000 + ((unit & 0x3ff) << 10) + (low & 0x3ff));
	return 12;
}

static void decode(struct taker *taker, const char *text, size_t length)
{
	size_t at = 1, end = length - 1, plain;

	while (at < end) {
		const char *escape = memchr(text + at, '\\', end - at);

		plain = escape != NULL ? (size_t)(escape - (text + at))
				       : end - at;
		take(taker, text + at, plain);
		at += plain;
		if (at < end)
			at += take_escape(taker, text + at, end - at);
	}
}

bool json_string_is(const char *text, size_t length)
{
	return length >= 2 && text[0] == '"' && text[length - 1] == '"';
}

void json_string_decode(struct buffer *out, const char *text, size_t length)
{
	struct taker taker = {.out = out, .wanted = ""};

	if (json_string_is(text, length))
		decode(&taker, text, length);
}

bool json_string_equals(const char *text, size_t length, const char *wanted)
{
	struct taker taker = {
		.wanted = wanted,
		.wanted_length = strlen(wanted),
	};

	if (!json_string_is(text, length))
		return false;
	decode(&taker, text, length);
	return !taker.differs && taker.wanted_length == 0;
}
