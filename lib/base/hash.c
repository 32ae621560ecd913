#include "base/hash.h"

#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"

struct hash {
	EVP_MD_CTX *context;
	bool has_failed;
};

struct hash *hash_start(struct error *err)
{
	struct hash *hash = calloc(1, sizeof(*hash));

	if (hash == NULL) {
		error_no_memory(err);
		return NULL;
	}
	hash->context = EVP_MD_CTX_new();
	if (hash->context == NULL ||
	    EVP_DigestInit_ex(hash->context, EVP_sha256(), NULL) != 1) {
		hash_discard(hash);
		error_set(err, EX_OSERR, "libcrypto cannot start SHA-256");
		return NULL;
	}
	return hash;
}

void hash_update(struct hash *hash, const void *bytes, size_t length)
{
	if (EVP_DigestUpdate(hash->context, bytes, length) != 1)
		hash->has_failed = true;
}

void hash_update_text(struct hash *hash, const char *text, size_t length)
{
	unsigned char prefix[8];
	size_t i;

	for (i = 0; i < sizeof(prefix); i++)
		prefix[i] = (unsigned char)((uint64_t)length >> (8 * i));
	hash_update(hash, prefix, sizeof(prefix));
	hash_update(hash, text, length);
}

struct hash *hash_copy(const struct hash *hash, struct error *err)
{
	struct hash *copy = hash_start(err);

	if (copy == NULL)
		return NULL;
	copy->has_failed = hash->has_failed;
	if (EVP_MD_CTX_copy_ex(copy->context, hash->context) != 1) {
		hash_discard(copy);
		error_set(err, EX_OSERR, "libcrypto cannot copy a digest");
		return NULL;
	}
	return copy;
}

int hash_finish(struct hash *hash, unsigned char digest[HASH_BYTES],
		struct error *err)
{
	int status = 0;

	if (hash->has_failed ||
	    EVP_DigestFinal_ex(hash->context, digest, NULL) != 1)
		status = error_set(err, EX_OSERR,
				   "libcrypto cannot compute SHA-256");
	hash_discard(hash);
	return status;
}

void hash_discard(struct hash *hash)
{
	if (hash == NULL)
		return;
	EVP_MD_CTX_free(hash->context);
	free(hash);
}

int hash_bytes(const void *bytes, size_t length,
	       unsigned char digest[HASH_BYTES], struct error *err)
{
	struct hash *hash = hash_start(err);

	if (hash == NULL)
		return -1;
	hash_update(hash, bytes, length);
	return hash_finish(hash, digest, err);
}

int hash_finish_hex(struct hash *hash, char hex[HASH_HEX_BYTES],
		    struct error *err)
{
	unsigned char digest[HASH_BYTES];

	if (hash_finish(hash, digest, err) != 0)
		return -1;
	hex_encode(digest, sizeof(digest), hex);
	return 0;
}

int hash_bytes_hex(const void *bytes, size_t length, char hex[HASH_HEX_BYTES],
		   struct error *err)
{
	struct hash *hash = hash_start(err);

	if (hash == NULL)
		return -1;
	hash_update(hash, bytes, length);
	return hash_finish_hex(hash, hex, err);
}

int hash_texts_hex(const char *const *texts, size_t count,
		   char hex[HASH_HEX_BYTES], struct error *err)
{
	struct hash *hash = hash_start(err);
	size_t i;

	if (hash == NULL)
		return -1;
	for (i = 0; i < count; i++)
		hash_update_text(hash, texts[i], strlen(texts[i]));
	return hash_finish_hex(hash, hex, err);
}
