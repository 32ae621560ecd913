/*
 * Bytes that are put away and read again, anywhere in them: in memory while
 * they are few, and then in a file without a name. The room's own.
 *
 *	struct spool spool = SPOOL(dir);
 *
 *	spool_add(&spool, bytes, length, &at, err);
 *	spool_read(&spool, at, length, into, err);
 *	spool_free(&spool);
 *
 * What was added in one piece is read in one piece, or a part of it is.
 */
#ifndef MARQUEE_CATALOGUE_SPOOL_H
#define MARQUEE_CATALOGUE_SPOOL_H

#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"

/* So many bytes are held in memory before they are written out. */
#define SPOOL_HELD_BYTES ((size_t)1 << 20)

/* What is read of the file is kept, in blocks, as far as there is room. */
#define SPOOL_BLOCK_BYTES ((size_t)4 << 10)
#define SPOOL_BLOCKS ((size_t)2048)

struct spool_block {
	uint64_t number; /* in the file */
	size_t length;   /* bytes of it that are there */
	char bytes[SPOOL_BLOCK_BYTES];
};

struct spool {
	int dir;                    /* where the file is made; -1: nowhere, all
					stays in memory. Borrowed */
	int fd;                     /* -1 until it is needed */
	uint64_t written;           /* bytes in the file */
	struct buffer held;         /* what comes behind them */
	struct spool_block *blocks; /* by number; NULL until one is read */
};

#define SPOOL(dir_) ((struct spool){.dir = (dir_), .fd = -1})

/* Adds bytes and says where they are. EX_CANTCREAT, EX_IOERR (no room), EX_OSERR. */
int spool_add(struct spool *spool, const void *bytes, size_t length,
	      uint64_t *at, struct error *err);

/* Forgets what was added from `at` on. */
void spool_cut(struct spool *spool, uint64_t at);

/* Reads bytes that were added. EX_IOERR where they cannot be had. */
int spool_read(struct spool *spool, uint64_t at, size_t length, void *into,
	       struct error *err);

void spool_free(struct spool *spool);

#endif
