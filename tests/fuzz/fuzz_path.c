/* web/request.h: a canonical path is what encoding its decoded self gives, and
 * has no step that leads up or nowhere. */
#include "base/text.h"
#include "fuzz.h"
#include "web/request.h"

#define MAX_BYTES 128

/* Decodes %XX of upper-case digits and leaves everything else. */
static size_t decode(const char *text, size_t length, char *out)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t at = 0, written = 0;

	while (at < length) {
		const char *high = NULL, *low = NULL;

		if (text[at] == '%' && length - at > 2) {
			high = memchr(digits, text[at + 1], 16);
			low = memchr(digits, text[at + 2], 16);
		}
		if (high != NULL && low != NULL) {
			out[written++] =
				(char)((high - digits) * 16 + (low - digits));
			at += 3;
		} else {
			out[written++] = text[at++];
		}
	}
	return written;
}

/* Whether a segment is as text_percent_encode would write it. */
static bool is_plain(const char *segment, size_t length, struct buffer *out)
{
	char decoded[MAX_BYTES];
	size_t bytes = decode(segment, length, decoded);

	buffer_clear(out);
	text_percent_encode(out, decoded, bytes);
	return out->length == length &&
	       (length == 0 || memcmp(out->data, segment, length) == 0) &&
	       !(length == 1 && segment[0] == '.') &&
	       !(length == 2 && segment[0] == '.' && segment[1] == '.');
}

static bool is_canonical(const char *path, size_t length, struct buffer *out)
{
	size_t at = 1, bytes;

	if (length == 0 || path[0] != '/')
		return false;
	while (at < length) {
		const char *slash = memchr(path + at, '/', length - at);

		bytes = slash != NULL ? (size_t)(slash - path) - at
				      : length - at;
		if (bytes == 0 || !is_plain(path + at, bytes, out))
			return false;
		at += bytes + 1;
	}
	return true;
}

FUZZ_TARGET(path, MAX_BYTES)
{
	static char room[MAX_BYTES];
	static struct buffer out;
	const char *path = fuzz_bytes(room, sizeof(room), data, size);
	bool is = web_path_is_canonical(path, size);

	if (is || fuzz_seed(data, size) % 16 == 0)
		FUZZ_CHECK(is_canonical(path, size, &out) == is);
}
