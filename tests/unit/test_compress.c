/* compress: gzip and brotli that decode to what went in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <brotli/decode.h>
#include <limits.h>
#include <zlib.h>

#include "base/compress.h"
#include "base_fixture.h"

typedef int compress_function(struct buffer *out, const void *bytes,
			      size_t length, enum compress_effort effort,
			      struct error *err);

static compress_function *const codings[] = {compress_gzip, compress_brotli};

/* Text that repeats itself somewhat, always the same. */
static struct buffer make_text(size_t length)
{
	struct buffer text = BUFFER_EMPTY;
	unsigned seed = 7;

	buffer_text(&text, "");
	while (text.length < length) {
		seed = seed * 1103515245u + 12345u;
		buffer_format(&text, "<li>film %u</li>\n", seed >> 20);
	}
	text.length = length;
	text.data[length] = '\0';
	assert_int_equal(buffer_check(&text, NULL), 0);
	return text;
}

/* Decodes into exactly `length` bytes, with nothing left over. */
static void assert_gzip_holds(const char *bytes, size_t size, const char *text,
			      size_t length)
{
	z_stream stream = {0};
	char *decoded = malloc(length + 1);

	assert_non_null(decoded);
	assert_int_equal(inflateInit2(&stream, MAX_WBITS + 16), Z_OK);
	stream.next_in = (Bytef *)(uintptr_t)bytes;
	stream.avail_in = (uInt)size;
	stream.next_out = (Bytef *)decoded;
	stream.avail_out = (uInt)length + 1;
	assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
	assert_int_equal(stream.avail_in, 0);
	assert_int_equal(stream.total_out, length);
	assert_memory_equal(decoded, text, length);
	inflateEnd(&stream);
	free(decoded);
}

static void assert_brotli_holds(const char *bytes, size_t size,
				const char *text, size_t length)
{
	uint8_t *decoded = malloc(length + 1);
	size_t decoded_length = length + 1;

	assert_non_null(decoded);
	assert_int_equal(BrotliDecoderDecompress(size, (const uint8_t *)bytes,
						 &decoded_length, decoded),
			 BROTLI_DECODER_RESULT_SUCCESS);
	assert_int_equal(decoded_length, length);
	assert_memory_equal(decoded, text, length);
	free(decoded);
}

/* The last two take the faster level; noise does not shrink. */
static void what_went_in_comes_out_at_any_size(void **state)
{
	static const size_t lengths[] = {
		0, 1, 100, 65535, 65536, 1024 * 1024, 1024 * 1024 + 1, 3000000};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(lengths); i++) {
		struct buffer text = make_text(lengths[i]);
		struct buffer gzip = BUFFER_EMPTY;
		struct buffer brotli = BUFFER_EMPTY;

		assert_int_equal(compress_gzip(&gzip, text.data, text.length,
					       COMPRESS_WELL, NULL),
				 0);
		assert_gzip_holds(gzip.data, gzip.length, text.data,
				  text.length);
		assert_int_equal(compress_brotli(&brotli, text.data,
						 text.length, COMPRESS_WELL,
						 NULL),
				 0);
		assert_brotli_holds(brotli.data, brotli.length, text.data,
				    text.length);
		if (lengths[i] >= 100) {
			assert_true(gzip.length < text.length);
			assert_true(brotli.length < text.length);
		}
		buffer_free(&text);
		buffer_free(&gzip);
		buffer_free(&brotli);
	}
}

/* Feeds `text` in pieces of so many bytes. */
static void code_in_pieces(enum compress_coding coding,
			   const struct buffer *text, size_t piece_bytes,
			   struct buffer *out)
{
	struct compressor *coder = compressor_start(coding, NULL);
	size_t at, length;

	assert_non_null(coder);
	for (at = 0; at < text->length; at += length) {
		length = text->length - at;
		if (length > piece_bytes)
			length = piece_bytes;
		assert_int_equal(compressor_feed(coder, text->data + at, length,
						 false, out, NULL),
				 0);
	}
	assert_int_equal(compressor_feed(coder, NULL, 0, true, out, NULL), 0);
	compressor_free(coder);
}

static void pieces_give_the_same_bytes_however_they_are_cut(void **state)
{
	static const size_t lengths[] = {0, 1, 70000, 3000000};
	static const size_t pieces[] = {1000, 65536, 99999, 4000000};
	size_t i, k;

	(void)state;
	for (i = 0; i < COUNT(lengths); i++) {
		struct buffer text = make_text(lengths[i]);
		struct buffer first[2] = {{0}};

		for (k = 0; k < COUNT(pieces); k++) {
			struct buffer gzip = BUFFER_EMPTY;
			struct buffer brotli = BUFFER_EMPTY;

			code_in_pieces(COMPRESS_GZIP, &text, pieces[k], &gzip);
			code_in_pieces(COMPRESS_BROTLI, &text, pieces[k],
				       &brotli);
			assert_gzip_holds(gzip.data, gzip.length, text.data,
					  text.length);
			assert_brotli_holds(brotli.data, brotli.length,
					    text.data, text.length);
			if (k == 0) {
				first[0] = gzip;
				first[1] = brotli;
				continue;
			}
			assert_int_equal(gzip.length, first[0].length);
			assert_int_equal(brotli.length, first[1].length);
			assert_memory_equal(gzip.data, first[0].data,
					    gzip.length);
			assert_memory_equal(brotli.data, first[1].data,
					    brotli.length);
			buffer_free(&gzip);
			buffer_free(&brotli);
		}
		buffer_free(&first[0]);
		buffer_free(&first[1]);
		buffer_free(&text);
	}
}

static void bytes_that_do_not_shrink_fit_all_the_same(void **state)
{
	struct buffer gzip = BUFFER_EMPTY, brotli = BUFFER_EMPTY;
	char noise[70000];
	uint64_t seed = 88172645463325252u;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(noise); i++) {
		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		noise[i] = (char)(seed >> 32);
	}
	assert_int_equal(compress_gzip(&gzip, noise, sizeof(noise),
				       COMPRESS_WELL, NULL),
			 0);
	assert_gzip_holds(gzip.data, gzip.length, noise, sizeof(noise));
	assert_int_equal(compress_brotli(&brotli, noise, sizeof(noise),
					 COMPRESS_WELL, NULL),
			 0);
	assert_brotli_holds(brotli.data, brotli.length, noise, sizeof(noise));
	buffer_free(&gzip);
	buffer_free(&brotli);
}

static void nothing_at_all_is_a_stream_of_nothing(void **state)
{
	struct buffer gzip = BUFFER_EMPTY, brotli = BUFFER_EMPTY;

	(void)state;
	assert_int_equal(compress_gzip(&gzip, NULL, 0, COMPRESS_WELL, NULL), 0);
	assert_gzip_holds(gzip.data, gzip.length, "", 0);
	assert_int_equal(compress_brotli(&brotli, NULL, 0, COMPRESS_WELL, NULL),
			 0);
	assert_brotli_holds(brotli.data, brotli.length, "", 0);
	buffer_free(&gzip);
	buffer_free(&brotli);
}

static void the_same_input_gives_the_same_bytes(void **state)
{
	struct buffer text = make_text(20000);
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(codings); i++) {
		struct buffer first = BUFFER_EMPTY, second = BUFFER_EMPTY;

		assert_int_equal(codings[i](&first, text.data, text.length,
					    COMPRESS_WELL, NULL),
				 0);
		assert_int_equal(codings[i](&second, text.data, text.length,
					    COMPRESS_WELL, NULL),
				 0);
		assert_int_equal(first.length, second.length);
		assert_memory_equal(first.data, second.data, first.length);
		buffer_free(&first);
		buffer_free(&second);
	}
	buffer_free(&text);
}

static void more_effort_makes_it_smaller(void **state)
{
	struct buffer text = make_text(20000);
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(codings); i++) {
		struct buffer quick = BUFFER_EMPTY, well = BUFFER_EMPTY;

		assert_int_equal(codings[i](&quick, text.data, text.length,
					    COMPRESS_QUICKLY, NULL),
				 0);
		assert_int_equal(codings[i](&well, text.data, text.length,
					    COMPRESS_WELL, NULL),
				 0);
		assert_true(well.length < quick.length);
		buffer_free(&quick);
		buffer_free(&well);
	}
	buffer_free(&text);
}

/* RFC 1952 §2.3: magic, method, no flags (so no name), time 0. */
static void a_gzip_header_tells_no_time_and_no_name(void **state)
{
	struct buffer gzip = BUFFER_EMPTY;

	(void)state;
	assert_int_equal(compress_gzip(&gzip, "film", 4, COMPRESS_WELL, NULL),
			 0);
	assert_memory_equal(gzip.data, "\x1f\x8b\x08\0\0\0\0\0", 8);
	buffer_free(&gzip);
}

static void the_result_is_appended_and_terminated(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(codings); i++) {
		struct buffer out = BUFFER_EMPTY;

		buffer_text(&out, "before");
		assert_int_equal(
			codings[i](&out, "film", 4, COMPRESS_WELL, NULL), 0);
		assert_memory_equal(out.data, "before", 6);
		assert_int_equal(out.data[out.length], '\0');
		if (i == 0)
			assert_gzip_holds(out.data + 6, out.length - 6, "film",
					  4);
		else
			assert_brotli_holds(out.data + 6, out.length - 6,
					    "film", 4);
		buffer_free(&out);
	}
}

/* The bytes are not touched, so any pointer will do. */
static void too_many_bytes_are_refused_before_they_are_read(void **state)
{
	static const size_t sizes[] = {(size_t)UINT_MAX + 2, SIZE_MAX};
	struct buffer out = BUFFER_EMPTY;
	struct compressor *coder;
	struct error err = {0};
	size_t i;

	(void)state;
	buffer_text(&out, "before");
	for (i = 0; i < COUNT(sizes); i++) {
		assert_int_equal(compress_gzip(&out, "x", sizes[i],
					       COMPRESS_WELL, &err),
				 -1);
		assert_int_equal(err.code, EX_SOFTWARE);
	}
	assert_int_equal(
		compress_brotli(&out, "x", SIZE_MAX, COMPRESS_WELL, &err), -1);
	assert_int_equal(err.code, EX_SOFTWARE);
	coder = compressor_start(COMPRESS_GZIP, NULL);
	assert_non_null(coder);
	assert_int_equal(
		compressor_feed(coder, "x", SIZE_MAX, true, &out, NULL), -1);
	compressor_free(coder);
	assert_string_equal(out.data, "before");
	assert_int_equal(buffer_check(&out, NULL), 0);
	buffer_free(&out);
}

static void a_buffer_that_has_failed_takes_no_stream(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(codings); i++) {
		struct buffer out = BUFFER_EMPTY;
		struct error err = {0};

		buffer_reserve(&out, SIZE_MAX);
		assert_int_equal(
			codings[i](&out, "film", 4, COMPRESS_WELL, &err), -1);
		assert_int_equal(err.code, EX_OSERR);
		buffer_free(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_went_in_comes_out_at_any_size),
		cmocka_unit_test(
			pieces_give_the_same_bytes_however_they_are_cut),
		cmocka_unit_test(bytes_that_do_not_shrink_fit_all_the_same),
		cmocka_unit_test(nothing_at_all_is_a_stream_of_nothing),
		cmocka_unit_test(the_same_input_gives_the_same_bytes),
		cmocka_unit_test(more_effort_makes_it_smaller),
		cmocka_unit_test(a_gzip_header_tells_no_time_and_no_name),
		cmocka_unit_test(the_result_is_appended_and_terminated),
		cmocka_unit_test(
			too_many_bytes_are_refused_before_they_are_read),
		cmocka_unit_test(a_buffer_that_has_failed_takes_no_stream),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
