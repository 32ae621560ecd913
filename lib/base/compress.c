#include "base/compress.h"

#define ZLIB_CONST /* zlib then takes its input as const */

#include <brotli/encode.h>
#include <limits.h>
#include <string.h>
#include <zlib.h>

/* Levels, by effort. Of brotli's, 11 takes two and a half times as long as 10
 * and makes a page 1 to 3 % smaller; 10 takes twenty to forty times as long as 5
 * and makes lists 10 %, the page of one film 3 % smaller. */
static const int gzip_levels[] = {
	[COMPRESS_QUICKLY] = 6,
	[COMPRESS_WELL] = 9,
};
static const int brotli_levels[] = {
	[COMPRESS_QUICKLY] = 5,
	[COMPRESS_WELL] = 10,
};

/* 14 MB would take seconds. */
#define WELL_MAX_BYTES (1024 * 1024)

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
