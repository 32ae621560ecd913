#include "base/compress.h"

#define ZLIB_CONST /* zlib then takes its input as const */

#include <brotli/encode.h>
#include <limits.h>
#include <string.h>
#include <zlib.h>

/* Brotli's level 11 takes 2.6 s for 14 MB; past this many bytes the level
 * falls to one that costs a tenth of that. */
#define STRONGEST_LEVEL_MAX_BYTES (1024 * 1024)

int compress_gzip(struct buffer *out, const void *bytes, size_t length,
		  struct error *err)
{
	z_stream stream;
	uLong bound;
	int result;

	if (length > UINT_MAX / 2)
		return error_set(err, EX_SOFTWARE,
				 "%zu bytes are too many to gzip", length);
	memset(&stream, 0, sizeof(stream));
	/* 16 asks for the gzip wrapper, whose time stays 0. */
	if (deflateInit2(&stream, length <= STRONGEST_LEVEL_MAX_BYTES ? 9 : 6,
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
		    struct error *err)
{
	size_t written = BrotliEncoderMaxCompressedSize(length);
	BROTLI_BOOL is_done;

	if (written == 0)
		return error_set(err, EX_SOFTWARE,
				 "%zu bytes are too many for brotli", length);
	if (buffer_reserve(out, written) != 0)
		return error_no_memory(err);
	is_done = BrotliEncoderCompress(
		length <= STRONGEST_LEVEL_MAX_BYTES ? BROTLI_MAX_QUALITY : 5,
		BROTLI_DEFAULT_WINDOW, BROTLI_MODE_TEXT, length, bytes,
		&written, (uint8_t *)out->data + out->length);
	if (is_done)
		out->length += written;
	out->data[out->length] = '\0';
	if (!is_done)
		return error_set(err, EX_SOFTWARE, "brotli failed");
	return 0;
}
