/* base/json_string.h and json_writer.h: strings are decoded as an independent
 * parser decodes them; what is written is JSON and means what it was. */
#include "base/json_string.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "fuzz.h"
#include "json_oracle.h"

#define MAX_BYTES 128

/* Not JSON: something is appended, and nothing outside is read. */
static void check_decoding(const char *text, size_t size, struct buffer *out)
{
	char decoded[MAX_BYTES];
	size_t length;

	json_string_decode(out, text, size);
	FUZZ_CHECK(out->length <= size);
	if (!json_string_is(text, size)) {
		FUZZ_CHECK(out->length == 0);
		return;
	}
	if (json_oracle(text, size, '"', NULL) != JSON_WHOLE)
		return;
	length = json_oracle_string(text, size, decoded);
	FUZZ_CHECK(out->length == length);
	FUZZ_CHECK(length == 0 || memcmp(out->data, decoded, length) == 0);
	buffer_char(out, '\0');
	FUZZ_CHECK(json_string_equals(text, size, out->data) ==
		   (memchr(decoded, '\0', length) == NULL));
}

static void check_writing(const char *text, size_t size, struct buffer *out)
{
	char decoded[3 * MAX_BYTES];
	size_t length, i;

	json_write_string(out, text, size);
	FUZZ_CHECK(json_oracle_is_json(out->data, out->length));
	FUZZ_CHECK(json_string_is(out->data, out->length));
	for (i = 0; i < out->length; i++)
		FUZZ_CHECK((unsigned char)out->data[i] >= ' ');
	length = json_oracle_string(out->data, out->length, decoded);
	if (text_is_utf8(text, size))
		FUZZ_CHECK(length == size && memcmp(decoded, text, size) == 0);
	else
		FUZZ_CHECK(memmem(decoded, length, TEXT_REPLACEMENT, 3) !=
			   NULL);
}

FUZZ_TARGET(json_string, MAX_BYTES)
{
	static char room[MAX_BYTES];
	static struct buffer out;
	const char *text = fuzz_bytes(room, sizeof(room), data, size);

	buffer_clear(&out);
	if (json_string_is(text, size) || fuzz_seed(data, size) % 2 == 0)
		check_decoding(text, size, &out);
	buffer_clear(&out);
	check_writing(text, size, &out);
}
