/*
 * A body that comes in pieces, on its way into three files: as it is, gzipped
 * and as brotli. It is never held as a whole. The room's own.
 *
 *	stream = pack_stream_start(dir, "movies.json", err);
 *	pack_stream_write(stream, piece, length, err);	as often as needed
 *	pack_stream_finish(stream, bodies, err);
 *	pack_stream_free(stream);
 */
#ifndef MARQUEE_CACHE_PACK_STREAM_H
#define MARQUEE_CACHE_PACK_STREAM_H

#include "base/error.h"
#include "cache/pack.h"

struct pack_stream;

/* Creates the files in the directory `dir`, which stays the caller's. Returns
 * NULL with a reason. */
struct pack_stream *pack_stream_start(int dir, const char *name,
				      struct error *err);

int pack_stream_write(struct pack_stream *stream, const void *bytes,
		      size_t length, struct error *err);

/* Writes what is left, fsyncs and closes the files and describes them; a coding
 * that is no smaller is removed. After it, only pack_stream_free. */
int pack_stream_finish(struct pack_stream *stream,
		       struct pack_body bodies[PACK_CODINGS],
		       struct error *err);

/* Frees the memory; the files stay. NULL is allowed. */
void pack_stream_free(struct pack_stream *stream);

#endif
