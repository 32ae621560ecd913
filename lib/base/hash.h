/*
 * SHA-256 (FIPS 180-4), by libcrypto.
 */
#ifndef MARQUEE_BASE_HASH_H
#define MARQUEE_BASE_HASH_H

#include <stddef.h>

#include "base/error.h"

#define HASH_BYTES 32
#define HASH_HEX_BYTES (2 * HASH_BYTES + 1) /* with the NUL */

struct hash; /* a digest in the making */

/* Starts a digest. Returns NULL with EX_OSERR where libcrypto has none. The
 * caller ends it with hash_finish or hash_discard. */
struct hash *hash_start(struct error *err);

/* Failures stick and come out of hash_finish. */
void hash_update(struct hash *hash, const void *bytes, size_t length);

/* Adds a length and then the text, so that ("ab", "c") and ("a", "bc") do not
 * meet. */
void hash_update_text(struct hash *hash, const char *text, size_t length);

/* A second digest that has taken the same bytes so far; it is ended like the
 * first. Returns NULL with EX_OSERR on failure. */
struct hash *hash_copy(const struct hash *hash, struct error *err);

/* Writes the digest and frees `hash`, also on failure. */
int hash_finish(struct hash *hash, unsigned char digest[HASH_BYTES],
		struct error *err);
void hash_discard(struct hash *hash);

/* The same as hexadecimal digits and a NUL. */
int hash_finish_hex(struct hash *hash, char hex[HASH_HEX_BYTES],
		    struct error *err);

/* The digest of one piece of memory; the same in hexadecimal. */
int hash_bytes(const void *bytes, size_t length,
	       unsigned char digest[HASH_BYTES], struct error *err);
int hash_bytes_hex(const void *bytes, size_t length, char hex[HASH_HEX_BYTES],
		   struct error *err);

/* The digest of texts, as hash_update_text takes each of them. */
int hash_texts_hex(const char *const *texts, size_t count,
		   char hex[HASH_HEX_BYTES], struct error *err);

#endif
