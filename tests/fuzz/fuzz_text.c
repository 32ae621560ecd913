/* base/text.h: UTF-8 as another decoder has it, percent-encoding that can be
 * undone, numbers that are written the same. */
#include "base/text.h"
#include "fuzz.h"

#define MAX_BYTES 64

/* RFC 3629 by arithmetic: 0 where no character begins. */
static size_t character(const unsigned char *at, size_t left)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t length = at[0] < 0x80             ? 1
			: (at[0] & 0xe0) == 0xc0 ? 2
			: (at[0] & 0xf0) == 0xe0 ? 3
			: (at[0] & 0xf8) == 0xf0 ? 4
						 : 0;
	uint32_t point;
	size_t i;

	if (length <= 1 || length > left)
		return length > left ? 0 : length;
	point = at[0] & (0xffu >> (length + 1));
	for (i = 1; i < length; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (at[i] & 0x3fu);
	}
	if (point < least[length] || point > 0x10ffff ||
	    (point >= 0xd800 && point <= 0xdfff))
		return 0;
	return length;
}

static void check_utf8(const char *text, size_t size)
{
	size_t at = 0, step;
	bool is_utf8 = true, has_control = false;

	while (at < size) {
		step = character((const unsigned char *)text + at, size - at);
		FUZZ_CHECK(text_utf8_step(text + at, size - at) == step);
		if (step <= 1)
			has_control |= (unsigned char)text[at] < 0x20 ||
				       text[at] == 0x7f;
		if (step == 2)
			has_control |= text[at] == '\xc2' &&
				       (unsigned char)text[at + 1] < 0xa0;
		is_utf8 &= step > 0;
		at += step > 0 ? step : 1;
	}
	FUZZ_CHECK(text_is_utf8(text, size) == is_utf8);
	FUZZ_CHECK(!is_utf8 || text_has_control(text, size) == has_control);
}

static unsigned digit(char c)
{
	static const char digits[] = "0123456789ABCDEF";
	const char *at = strchr(digits, c);

	FUZZ_CHECK(c != '\0' && at != NULL);
	return (unsigned)(at - digits);
}

static void check_encoding(const char *text, size_t size, struct buffer *out)
{
	size_t at = 0, i;

	buffer_clear(out);
	text_percent_encode(out, text, size);
	for (i = 0; i < size; i++) {
		FUZZ_CHECK(at < out->length);
		if (out->data[at] == '%') {
			FUZZ_CHECK(digit(out->data[at + 1]) * 16 +
					   digit(out->data[at + 2]) ==
				   (unsigned char)text[i]);
			at += 3;
		} else {
			FUZZ_CHECK(out->data[at] == text[i]);
			FUZZ_CHECK(strchr("/?#%&+ \"<>", text[i]) == NULL);
			at++;
		}
	}
	FUZZ_CHECK(at == out->length);
}

static void check_number(const char *text, size_t size)
{
	long long number = -42;
	char written[32];
	size_t zeros = 0;

	if (text_number(text, size, &number) != 0) {
		FUZZ_CHECK(number == -42);
		return;
	}
	FUZZ_CHECK(number >= 0);
	while (zeros + 1 < size && text[zeros] == '0')
		zeros++;
	snprintf(written, sizeof(written), "%lld", number);
	FUZZ_CHECK(strlen(written) == size - zeros);
	FUZZ_CHECK(memcmp(written, text + zeros, size - zeros) == 0);
}

FUZZ_TARGET(text, MAX_BYTES)
{
	static struct buffer out;
	static char room[MAX_BYTES];
	const char *text = fuzz_bytes(room, sizeof(room), data, size);

	/* One question an input: there are inputs enough. */
	switch (fuzz_seed(data, size) % 3) {
	case 0:
		check_utf8(text, size);
		break;
	case 1:
		check_number(text, size);
		break;
	default:
		check_encoding(text, size, &out);
		break;
	}
}
