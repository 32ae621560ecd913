/*
 * The two content codings prepared at publish time, by zlib and libbrotli.
 */
#ifndef MARQUEE_BASE_COMPRESS_H
#define MARQUEE_BASE_COMPRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"

/* How much time a smaller result is worth. */
enum compress_effort {
	COMPRESS_QUICKLY, /* what is one of many: 0.1 ms for 5 kB */
	COMPRESS_WELL,    /* what everybody asks for: 0.6 ms for 40 kB */
	COMPRESS_HARD,    /* and hardly ever changes: 10 ms for 40 kB */
	COMPRESS_NOT,     /* what is not worth any: left to the callers */
};

/* A number that is another one where the same input may give other bytes: it
 * stands for the libraries' versions and the levels. */
uint64_t compress_coder(void);

/* gzip (RFC 1952) and brotli (RFC 7932) of `length` bytes, appended to `out`.
 * The same input gives the same bytes: no time and no name is put in. Large
 * inputs are compressed quickly in any case, as they would take minutes. Returns
 * 0, or -1 with EX_OSERR (no memory) or EX_SOFTWARE (2 GB and more for gzip; a
 * library's failure), and `out` as it was. */
int compress_gzip(struct buffer *out, const void *bytes, size_t length,
		  enum compress_effort effort, struct error *err);
int compress_brotli(struct buffer *out, const void *bytes, size_t length,
		    enum compress_effort effort, struct error *err);

/* The same for what comes in pieces and is too large to be held: quickly, and
 * with the same bytes however it is cut.
 *
 *	struct compressor *coder = compressor_start(COMPRESS_BROTLI, err);
 *
 *	compressor_feed(coder, piece, length, false, &out, err);	and so on
 *	compressor_feed(coder, NULL, 0, true, &out, err);
 *	compressor_free(coder);
 */
enum compress_coding { COMPRESS_GZIP, COMPRESS_BROTLI };

struct compressor;

/* Returns NULL with EX_OSERR. The caller frees it. */
struct compressor *compressor_start(enum compress_coding coding,
				    struct error *err);

/* Takes `length` bytes, of which the last come with `is_last`, and appends to
 * `out` what is coded by now. Returns 0, or -1 as above. */
int compressor_feed(struct compressor *coder, const void *bytes, size_t length,
		    bool is_last, struct buffer *out, struct error *err);

/* NULL is allowed. */
void compressor_free(struct compressor *coder);

#endif
