/*
 * What stands for an id or a name where many are to be compared: 16 bytes of
 * it, however long it is. Only for the catalogue room itself.
 *
 * SipHash-2-4 with 128 bits (Aumasson and Bernstein), under a key that each
 * process draws: whoever chooses the ids cannot choose two that are taken for
 * one. So the texts themselves need not be compared.
 */
#ifndef MARQUEE_CATALOGUE_ID_KEY_H
#define MARQUEE_CATALOGUE_ID_KEY_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct id_key {
	uint64_t high, low;
};

/* The secret under which keys can be compared. */
struct id_secret {
	uint64_t words[2];
};

/* EX_OSERR where the system has no random bytes. */
int id_secret_draw(struct id_secret *secret, struct error *err);

struct id_key id_key(const struct id_secret *secret, const char *text,
		     size_t length);

/* <0, 0, >0. */
int id_key_compare(const struct id_key *a, const struct id_key *b);

#endif
