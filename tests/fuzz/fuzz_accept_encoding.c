/* web/negotiate.h: only what is there and asked for is chosen. */
#include "fuzz.h"
#include "web/negotiate.h"

#define MAX_BYTES 128

static bool says(const char *header, const char *word)
{
	return strcasestr(header, word) != NULL || strchr(header, '*') != NULL;
}

FUZZ_TARGET(accept_encoding, MAX_BYTES)
{
	static char room[MAX_BYTES + 1], other[MAX_BYTES + 1];
	const char *header = fuzz_text(room, sizeof(room), data, size);
	uint32_t seed = fuzz_seed(data, size);
	struct cache_entry_body bodies[CACHE_CODINGS] = {
		[CACHE_IDENTITY] = {.is_present = true},
		[CACHE_GZIP] = {.is_present = seed % 4 != 0},
		[CACHE_BROTLI] = {.is_present = seed / 4 % 4 != 0},
	};
	enum cache_coding coding = negotiate_coding(header, bodies);
	const char *name = negotiate_coding_name(coding);

	FUZZ_CHECK((unsigned)coding < CACHE_CODINGS);
	FUZZ_CHECK(bodies[coding].is_present);
	FUZZ_CHECK(name == NULL || says(header, name));
	if (seed / 16 % 2 == 0) {
		memcpy(other, header, strlen(header) + 1);
		fuzz_swap_case(other);
		FUZZ_CHECK(negotiate_coding(other, bodies) == coding);
	} else {
		/* What is chosen among more is chosen without the others. */
		bodies[CACHE_GZIP].is_present = coding == CACHE_GZIP;
		bodies[CACHE_BROTLI].is_present = coding == CACHE_BROTLI;
		FUZZ_CHECK(negotiate_coding(header, bodies) == coding);
	}
}
