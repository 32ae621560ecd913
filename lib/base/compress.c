#include "base/compress.h"

#define ZLIB_CONST /* zlib then takes its input as const */

#include <brotli/encode.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/count.h"

/* Levels, by effort. Of brotli's, 10 takes thirty times as long as 6 and makes a
 * page 10 % smaller; 7 and 8 take four times as long as 6, most of it for the
 * memory that they touch, and gain 4 %; 9 takes as long as 10 and gains nothing
 * over 8. */
static const int gzip_levels[] = {
	[COMPRESS_QUICKLY] = 6,
	[COMPRESS_WELL] = 9,
	[COMPRESS_HARD] = 9,
};
static const int brotli_levels[] = {
	[COMPRESS_QUICKLY] = 5,
	[COMPRESS_WELL] = 6,
	[COMPRESS_HARD] = 10,
};

/* Of brotli's levels, 1 is as fast as gzip's 1 and makes a list of 100,000 films
 * a fifth smaller. */
#define GZIP_STREAM_LEVEL 1
#define BROTLI_STREAM_LEVEL 2

/* Changes with how the libraries are used, where the levels do not tell. */
#define USAGE 1

/* 14 MB would take seconds. */
#define WELL_MAX_BYTES (1024 * 1024)

/* FNV-1a, a number at a time. */
static uint64_t mix(uint64_t hash, uint64_t number)
{
	int i;

	for (i = 0; i < 8; i++, number >>= 8)
		hash = (hash ^ (number & 0xff)) * 0x100000001b3u;
	return hash;
}

uint64_t compress_coder(void)
{
	uint64_t hash = mix(0xcbf29ce484222325u, USAGE);
	const char *zlib = zlibVersion();
	size_t i;

	hash = mix(hash, BrotliEncoderVersion());
	hash = mix(hash, GZIP_STREAM_LEVEL * 100 + BROTLI_STREAM_LEVEL);
	while (*zlib != '\0')
		hash = mix(hash, (unsigned char)*zlib++);
	for (i = 0; i < COUNT(gzip_levels); i++) {
		hash = mix(hash, (uint64_t)gzip_levels[i]);
		hash = mix(hash, (uint64_t)brotli_levels[i]);
	}
	return hash;
}

static enum compress_effort affordable(enum compress_effort effort,
				       size_t length)
{
	return length <= WELL_MAX_BYTES ? effort : COMPRESS_QUICKLY;
}

int compress_gzip(struct buffer *out, const void *bytes, size_t length,
		  enum compress_effort effort, struct error *err)
{
	z_stream stream;
	uLong bound;
	int result;

	if (length > UINT_MAX / 2)
		return error_set(err, EX_SOFTWARE,
				 "%zu bytes are too many to gzip", length);
	memset(&stream, 0, sizeof(stream));
	/* 16 asks for the gzip wrapper, whose time stays 0. */
	if (deflateInit2(&stream, gzip_levels[affordable(effort, length)],
			 Z_DEFLATED, MAX_WBITS + 16, 9,
			 Z_DEFAULT_STRATEGY) != Z_OK)
		return error_no_memory(err);
	bound = deflateBound(&stream, (uLong)length);
	if (buffer_reserve(out, bound) != 0) {
		deflateEnd(&stream);
		return error_no_memory(err);
	}
	stream.next_in = bytes;
	stream.avail_in = (uInt)length;
	stream.next_out = (Bytef *)out->data + out->length;
	stream.avail_out = (uInt)bound;
	result = deflate(&stream, Z_FINISH);
	if (result == Z_STREAM_END)
		out->length += stream.total_out;
	out->data[out->length] = '\0';
	deflateEnd(&stream);
	if (result != Z_STREAM_END)
		return error_set(err, EX_SOFTWARE, "zlib failed: %d", result);
	return 0;
}

int compress_brotli(struct buffer *out, const void *bytes, size_t length,
		    enum compress_effort effort, struct error *err)
{
	size_t written = BrotliEncoderMaxCompressedSize(length);
	BROTLI_BOOL is_done;

	if (written == 0)
		return error_set(err, EX_SOFTWARE,
				 "%zu bytes are too many for brotli", length);
	if (buffer_reserve(out, written) != 0)
		return error_no_memory(err);
	is_done =
		BrotliEncoderCompress(brotli_levels[affordable(effort, length)],
				      BROTLI_DEFAULT_WINDOW, BROTLI_MODE_TEXT,
				      length, bytes, &written,
				      (uint8_t *)out->data + out->length);
	if (is_done)
		out->length += written;
	out->data[out->length] = '\0';
	if (!is_done)
		return error_set(err, EX_SOFTWARE, "brotli failed");
	return 0;
}

/* Room made in the output at a time. */
#define STEP_BYTES ((size_t)64 << 10)

/* Pieces are given to zlib in parts that its counters hold. */
#define MOST_AT_ONCE ((size_t)1 << 30)

struct compressor {
	enum compress_coding coding;
	z_stream gzip;
	BrotliEncoderState *brotli;
};

struct compressor *compressor_start(enum compress_coding coding,
				    struct error *err)
{
	struct compressor *coder = calloc(1, sizeof(*coder));
	bool is_ready = false;

	if (coder == NULL) {
		error_no_memory(err);
		return NULL;
	}
	coder->coding = coding;
	if (coding == COMPRESS_GZIP) {
		/* 16 asks for the gzip wrapper, whose time stays 0. */
		is_ready = deflateInit2(&coder->gzip, GZIP_STREAM_LEVEL,
					Z_DEFLATED, MAX_WBITS + 16, 9,
					Z_DEFAULT_STRATEGY) == Z_OK;
	} else {
		coder->brotli = BrotliEncoderCreateInstance(NULL, NULL, NULL);
		is_ready = coder->brotli != NULL &&
			   BrotliEncoderSetParameter(coder->brotli,
						     BROTLI_PARAM_QUALITY,
						     BROTLI_STREAM_LEVEL);
	}
	if (is_ready)
		return coder;
	free(coder);
	error_no_memory(err);
	return NULL;
}

static int feed_gzip(struct compressor *coder, const unsigned char *bytes,
		     size_t length, bool is_last, struct buffer *out,
		     struct error *err)
{
	z_stream *stream = &coder->gzip;
	int result;

	stream->next_in = bytes;
	stream->avail_in = (uInt)length;
	do {
		if (buffer_reserve(out, STEP_BYTES) != 0)
			return error_no_memory(err);
		stream->next_out = (Bytef *)out->data + out->length;
		stream->avail_out = (uInt)STEP_BYTES;
		result = deflate(stream, is_last ? Z_FINISH : Z_NO_FLUSH);
		out->length += STEP_BYTES - stream->avail_out;
		out->data[out->length] = '\0';
		/* Z_BUF_ERROR: there was nothing left to do. */
		if (result != Z_OK && result != Z_STREAM_END &&
		    result != Z_BUF_ERROR)
			return error_set(err, EX_SOFTWARE, "zlib failed: %d",
					 result);
	} while (stream->avail_out == 0);
	return 0;
}

static int feed_brotli(struct compressor *coder, const unsigned char *bytes,
		       size_t length, bool is_last, struct buffer *out,
		       struct error *err)
{
	BrotliEncoderOperation operation =
		is_last ? BROTLI_OPERATION_FINISH : BROTLI_OPERATION_PROCESS;
	size_t room = 0, got;
	const uint8_t *coded;

	do {
		if (!BrotliEncoderCompressStream(coder->brotli, operation,
						 &length, &bytes, &room, NULL,
						 NULL))
			return error_set(err, EX_SOFTWARE, "brotli failed");
		got = 0;
		coded = BrotliEncoderTakeOutput(coder->brotli, &got);
		buffer_append(out, coded, got);
	} while (length > 0 || BrotliEncoderHasMoreOutput(coder->brotli));
	return buffer_check(out, err);
}

int compressor_feed(struct compressor *coder, const void *bytes, size_t length,
		    bool is_last, struct buffer *out, struct error *err)
{
	if (length > MOST_AT_ONCE)
		return error_set(err, EX_SOFTWARE,
				 "%zu bytes are too many at once", length);
	return (coder->coding == COMPRESS_GZIP ? feed_gzip : feed_brotli)(
		coder, bytes, length, is_last, out, err);
}

void compressor_free(struct compressor *coder)
{
	if (coder == NULL)
		return;
	if (coder->coding == COMPRESS_GZIP)
		deflateEnd(&coder->gzip);
	else
		BrotliEncoderDestroyInstance(coder->brotli);
	free(coder);
}
