/*
 * The two content codings prepared at publish time, by zlib and libbrotli.
 */
#ifndef MARQUEE_BASE_COMPRESS_H
#define MARQUEE_BASE_COMPRESS_H

#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"

/* How much time a smaller result is worth. */
enum compress_effort {
	COMPRESS_QUICKLY, /* for what is one of many: 0.1 ms for 5 kB */
	COMPRESS_WELL,    /* for what everybody asks for: 10 ms for 40 kB */
};

/* gzip (RFC 1952) and brotli (RFC 7932) of `length` bytes, appended to `out`.
 * The same input gives the same bytes: no time and no name is put in. Large
 * inputs are compressed quickly in any case, as they would take minutes. Returns
 * 0, or -1 with EX_OSERR (no memory) or EX_SOFTWARE (2 GB and more for gzip; a
 * library's failure), and `out` as it was. */
int compress_gzip(struct buffer *out, const void *bytes, size_t length,
		  enum compress_effort effort, struct error *err);
int compress_brotli(struct buffer *out, const void *bytes, size_t length,
		    enum compress_effort effort, struct error *err);

#endif
