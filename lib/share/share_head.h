/*
 * The head of a parcel (share.h): a text that says what it is.
 *
 *	<SHA-256 of the rest, in hexadecimal>
 *	content=<name of the generation, or what else it is>
 *	bytes=<token>		its bytes are at <name>:<token>
 *	confirmed_ms=<number>	when the upstream confirmed it, by Redis's clock
 *	file=<bytes> <SHA-256> <name>	for each file
 *	<an empty line, and a note: the publisher's own>
 */
#ifndef MARQUEE_SHARE_SHARE_HEAD_H
#define MARQUEE_SHARE_SHARE_HEAD_H

#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/hash.h"

/* The largest head, its note included; the most files, and all of their
 * bytes. */
#define SHARE_HEAD_MAX_BYTES ((size_t)256 << 10)
#define SHARE_FILES_MAX 64
#define SHARE_MAX_BYTES ((uint64_t)8 << 30)

/* Of a file's name, which is a plain one (no slash, no dot before it). */
#define SHARE_NAME_MAX_BYTES 255

/* A token: 128 random bits in hexadecimal, and a NUL. */
#define SHARE_TOKEN_BYTES 33

struct share_file {
	char name[SHARE_NAME_MAX_BYTES + 1];
	uint64_t length; /* bytes */
	char digest[HASH_HEX_BYTES];
};

struct share_head {
	char content[HASH_HEX_BYTES];
	char token[SHARE_TOKEN_BYTES]; /* of its bytes */
	long long confirmed_ms;
	struct share_file *files; /* owned */
	size_t file_count;
	struct buffer note; /* owned */
};

/* Appends the text. It can fail as every append (buffer_check). */
void share_head_write(const struct share_head *head, struct buffer *out);

/* Reads `length` bytes. Returns 0, or -1 with EX_DATAERR where they are no head,
 * or not as they were written; EX_OSERR. `head` is to be freed after 0 only. */
int share_head_read(const char *text, size_t length, struct share_head *head,
		    struct error *err);

/* Adds a file, whose length and digest are to be set. NULL: EX_OSERR, too many
 * files, or a name that is no plain one. */
struct share_file *share_head_add(struct share_head *head, const char *name,
				  struct error *err);

void share_head_free(struct share_head *head);

/* Makes a new token. -1 with EX_OSERR where the system gives no random
 * bytes. */
int share_token_make(char token[SHARE_TOKEN_BYTES], struct error *err);

#endif
