/* base/key_values.h: keys and values lie in their lines; what is put is found
 * again. */
#include "base/key_values.h"
#include "fuzz.h"

#define MAX_BYTES 256

static bool lies_in(const char *part, size_t length, const char *text,
		    size_t size)
{
	return part >= text && part + length <= text + size &&
	       memchr(part, '\n', length) == NULL;
}

static void check_pairs(const char *text, size_t size)
{
	struct key_value pair, found;
	unsigned line = 0;
	size_t at = 0;
	char key[MAX_BYTES + 1];

	while (key_values_next(text, size, &at, &pair)) {
		FUZZ_CHECK(pair.line > line && at <= size);
		line = pair.line;
		FUZZ_CHECK(lies_in(pair.key, pair.key_length, text, size));
		FUZZ_CHECK(lies_in(pair.value, pair.value_length, text, size));
		FUZZ_CHECK(memchr(pair.key, '=', pair.key_length) == NULL);
		memcpy(key, pair.key, pair.key_length);
		key[pair.key_length] = '\0';
		if (strlen(key) != pair.key_length)
			continue;
		FUZZ_CHECK(key_values_find(text, size, key, &found));
		FUZZ_CHECK(found.line <= line);
	}
	FUZZ_CHECK(at == size);
}

static void check_put(const char *value, struct buffer *out)
{
	struct key_value pair;
	size_t length = strlen(value), i;

	buffer_text(out, "# a comment\nother=1\n");
	key_values_put(out, "key", value);
	key_values_put_number(out, "last", 7);
	FUZZ_CHECK(key_values_find(out->data, out->length, "last", &pair));
	FUZZ_CHECK(pair.line == 4);
	FUZZ_CHECK(key_values_find(out->data, out->length, "key", &pair));
	FUZZ_CHECK(pair.line == 3);
	FUZZ_CHECK(pair.value_length == length);
	for (i = 0; i < length; i++) {
		bool is_control =
			(unsigned char)value[i] < ' ' || value[i] == 0x7f;

		FUZZ_CHECK(pair.value[i] == (is_control ? ' ' : value[i]));
	}
}

FUZZ_TARGET(key_values, MAX_BYTES)
{
	static char room[MAX_BYTES], text_room[MAX_BYTES + 1];
	static struct buffer out;
	const char *bytes = fuzz_bytes(room, sizeof(room), data, size);

	check_pairs(bytes, size);
	if (fuzz_seed(data, size) % 4 != 0)
		return;
	buffer_clear(&out);
	check_put(fuzz_text(text_room, sizeof(text_room), data, size), &out);
}
