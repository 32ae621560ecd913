#include "base/text.h"

#include <limits.h>
#include <stdint.h>
#include <string.h>

#include "base/count.h"

/* The second byte's range decides overlong forms and surrogates: the table of
 * The Unicode Standard, "Well-Formed UTF-8 Byte Sequences". */
static const struct {
	unsigned char first_low, first_high, second_low, second_high;
	size_t length;
} utf8_forms[] = {
	{0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
	{0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3},
	{0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
	{0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
};

size_t text_utf8_step(const char *text, size_t length)
{
	const unsigned char *c = (const unsigned char *)text;
	size_t i, k;

	if (length == 0)
		return 0;
	if (c[0] < 0x80)
		return 1;
	for (i = 0; i < COUNT(utf8_forms); i++) {
		if (c[0] < utf8_forms[i].first_low ||
		    c[0] > utf8_forms[i].first_high)
			continue;
		if (length < utf8_forms[i].length ||
		    c[1] < utf8_forms[i].second_low ||
		    c[1] > utf8_forms[i].second_high)
			return 0;
		for (k = 2; k < utf8_forms[i].length; k++)
			if ((c[k] & 0xc0) != 0x80)
				return 0;
		return utf8_forms[i].length;
	}
	return 0;
}

/* Bytes at the start that are ASCII, eight at a time. */
static size_t ascii_words(const char *text, size_t length)
{
	uint64_t word;
	size_t at = 0;

	for (; length - at >= sizeof(word); at += sizeof(word)) {
		memcpy(&word, text + at, sizeof(word));
		if ((word & 0x8080808080808080u) != 0)
			break;
	}
	return at;
}

bool text_is_utf8(const char *text, size_t length)
{
	size_t at = 0, step;

	while (at < length) {
		at += ascii_words(text + at, length - at);
		if (at == length)
			break;
		step = text_utf8_step(text + at, length - at);
		if (step == 0)
			return false;
		at += step;
	}
	return true;
}

bool text_has_control(const char *text, size_t length)
{
	const unsigned char *c = (const unsigned char *)text;
	size_t i;

	for (i = 0; i < length; i++) {
		if (c[i] < 0x20 || c[i] == 0x7f)
			return true;
		if (c[i] == 0xc2 && i + 1 < length && c[i + 1] >= 0x80 &&
		    c[i + 1] < 0xa0)
			return true;
	}
	return false;
}

static bool is_unreserved(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || strchr("-._~", c) != NULL;
}

void text_percent_encode(struct buffer *out, const char *text, size_t length)
{
	size_t i;
	unsigned char c;

	for (i = 0; i < length; i++) {
		c = (unsigned char)text[i];
		if (c != '\0' && is_unreserved(c))
			buffer_char(out, (char)c);
		else
			buffer_format(out, "%%%02X", c);
	}
}

int text_number(const char *text, size_t length, long long *number)
{
	long long value = 0;
	size_t i;

	if (length == 0)
		return -1;
	for (i = 0; i < length; i++) {
		int digit = text[i] - '0';

		if (digit < 0 || digit > 9 || value > (LLONG_MAX - digit) / 10)
			return -1;
		value = value * 10 + digit;
	}
	*number = value;
	return 0;
}
