/* web/routes.h: a path fits a pattern when the pattern with the parts in it is
 * the path. The input is a path; the first byte chooses the pattern. */
#include "fuzz.h"
#include "web/routes.h"

#define MAX_BYTES 96

static const char *const patterns[] = {
	"/movies/?",  "/movies/{}", "/movies/page/{}",
	"/events/{}", "/{}/{}",     "/api/presentation/files/{}",
	"/a{}b",      "/",
};

/* Puts the parts into the pattern. */
static size_t fill_in(const char *pattern, const struct web_match *match,
		      char *out)
{
	size_t written = 0, part = 0;

	while (*pattern != '\0' && strcmp(pattern, "/?") != 0) {
		if (strncmp(pattern, "{}", 2) != 0) {
			out[written++] = *pattern++;
			continue;
		}
		FUZZ_CHECK(part < match->part_count);
		memcpy(out + written, match->parts[part].text,
		       match->parts[part].length);
		written += match->parts[part++].length;
		pattern += 2;
	}
	FUZZ_CHECK(part == match->part_count);
	return written;
}

FUZZ_TARGET(routes, MAX_BYTES)
{
	static char room[MAX_BYTES];
	char filled[2 * MAX_BYTES + 64];
	struct web_match match = {0};
	const char *pattern, *path;
	size_t length, i;

	if (size == 0)
		return;
	pattern = patterns[data[0] % 8];
	path = fuzz_bytes(room, sizeof(room), data + 1, size - 1);
	size--;
	if (!web_route_fits(pattern, (struct web_span){path, size}, &match)) {
		/* A pattern without holes is not refused to itself. */
		FUZZ_CHECK(strchr(pattern, '{') != NULL ||
			   strlen(pattern) != size ||
			   memcmp(pattern, path, size) != 0 ||
			   strstr(pattern, "/?") != NULL);
		return;
	}
	FUZZ_CHECK(match.part_count <= WEB_ROUTE_MAX_PARTS);
	for (i = 0; i < match.part_count; i++) {
		const struct web_span *part = &match.parts[i];

		FUZZ_CHECK(part->length > 0);
		FUZZ_CHECK(part->text >= path &&
			   part->text + part->length <= path + size);
		FUZZ_CHECK(memchr(part->text, '/', part->length) == NULL);
	}
	length = fill_in(pattern, &match, filled);
	FUZZ_CHECK(length == size ||
		   (length + 1 == size && path[length] == '/'));
	FUZZ_CHECK(memcmp(filled, path, length) == 0);
}
