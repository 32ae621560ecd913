/* web/negotiate.h: a weight is a weight, in any case and order. */
#include "fuzz.h"
#include "web/negotiate.h"

#define MAX_BYTES 160

static const char *const types[] = {"text/html", "application/json",
				    "application/problem+json"};
#define TYPES 3

/* Writes the elements between commas the other way round. */
static void turn_around(const char *header, char *out)
{
	size_t length = strlen(header), end = length, at = length;

	while (at-- > 0) {
		if (header[at] != ',')
			continue;
		memcpy(out, header + at + 1, end - at - 1);
		out += end - at - 1;
		*out++ = ',';
		end = at;
	}
	memcpy(out, header, end);
	out[end] = '\0';
}

static void check_choice(const char *header)
{
	size_t i, chosen = negotiate_media_type(header, types, TYPES);
	int weights[TYPES], most = 0;

	FUZZ_CHECK(chosen < TYPES);
	for (i = 0; i < TYPES; i++) {
		weights[i] = negotiate_weight(header, types[i]);
		FUZZ_CHECK(weights[i] >= 0 &&
			   weights[i] <= NEGOTIATE_WEIGHT_MAX);
		most = weights[i] > most ? weights[i] : most;
	}
	FUZZ_CHECK(most == 0 ? chosen == 0 : weights[chosen] == most);
	for (i = 0; i < chosen; i++)
		FUZZ_CHECK(weights[i] < most);
}

FUZZ_TARGET(accept, MAX_BYTES)
{
	static char room[MAX_BYTES + 1], other[MAX_BYTES + 1];
	const char *header = fuzz_text(room, sizeof(room), data, size);
	uint32_t seed = fuzz_seed(data, size);
	const char *type = types[seed / 4 % TYPES];

	/* One question an input: there are inputs enough. */
	switch (seed % 4) {
	case 0:
		check_choice(header);
		return;
	case 1:
		memcpy(other, header, strlen(header) + 1);
		fuzz_swap_case(other);
		break;
	default:
		if (strpbrk(header, "\"\\") != NULL)
			return;
		turn_around(header, other);
		break;
	}
	FUZZ_CHECK(negotiate_weight(header, type) ==
		   negotiate_weight(other, type));
}
