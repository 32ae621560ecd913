/*
 * The two content codings prepared at publish time, by zlib and libbrotli.
 */
#ifndef MARQUEE_BASE_COMPRESS_H
#define MARQUEE_BASE_COMPRESS_H

#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"

/* gzip (RFC 1952) and brotli (RFC 7932) of `length` bytes, appended to `out`.
 * The same input gives the same bytes: no time and no name is put in. Small
 * inputs get the strongest level, large ones one that takes seconds, not
 * minutes. Returns 0, or -1 with EX_OSERR (no memory) or EX_SOFTWARE (2 GB and
 * more for gzip; a library's failure), and `out` as it was. */
int compress_gzip(struct buffer *out, const void *bytes, size_t length,
		  struct error *err);
int compress_brotli(struct buffer *out, const void *bytes, size_t length,
		    struct error *err);

#endif
