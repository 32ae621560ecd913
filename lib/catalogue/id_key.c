#include "catalogue/id_key.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

int id_secret_draw(struct id_secret *secret, struct error *err)
{
	if (getrandom(secret, sizeof(*secret), 0) != (ssize_t)sizeof(*secret))
		return error_set(err, EX_OSERR, "cannot draw random bytes: %s",
				 strerror(errno));
	return 0;
}

static uint64_t rotate(uint64_t word, unsigned bits)
{
	return word << bits | word >> (64 - bits);
}

static void mix(uint64_t v[4], int rounds)
{
	while (rounds-- > 0) {
		v[0] += v[1];
		v[1] = rotate(v[1], 13) ^ v[0];
		v[0] = rotate(v[0], 32);
		v[2] += v[3];
		v[3] = rotate(v[3], 16) ^ v[2];
		v[0] += v[3];
		v[3] = rotate(v[3], 21) ^ v[0];
		v[2] += v[1];
		v[1] = rotate(v[1], 17) ^ v[2];
		v[2] = rotate(v[2], 32);
	}
}

/* Up to eight bytes as a little-endian word. */
static uint64_t word_of(const unsigned char *bytes, size_t count)
{
	uint64_t word = 0;

	while (count-- > 0)
		word = word << 8 | bytes[count];
	return word;
}

struct id_key id_key(const struct id_secret *secret, const char *text,
		     size_t length)
{
	const unsigned char *at = (const unsigned char *)text;
	uint64_t v[4] = {
		secret->words[0] ^ 0x736f6d6570736575u,
		secret->words[1] ^ 0x646f72616e646f6du ^ 0xee,
		secret->words[0] ^ 0x6c7967656e657261u,
		secret->words[1] ^ 0x7465646279746573u,
	};
	struct id_key key;
	size_t left = length;
	uint64_t word;

	for (; left >= 8; left -= 8, at += 8) {
		word = word_of(at, 8);
		v[3] ^= word;
		mix(v, 2);
		v[0] ^= word;
	}
	word = word_of(at, left) | (uint64_t)length << 56;
	v[3] ^= word;
	mix(v, 2);
	v[0] ^= word;
	v[2] ^= 0xee;
	mix(v, 4);
	key.high = v[0] ^ v[1] ^ v[2] ^ v[3];
	v[1] ^= 0xdd;
	mix(v, 4);
	key.low = v[0] ^ v[1] ^ v[2] ^ v[3];
	return key;
}

int id_key_compare(const struct id_key *a, const struct id_key *b)
{
	if (a->high != b->high)
		return a->high < b->high ? -1 : 1;
	return a->low < b->low ? -1 : a->low > b->low;
}
