#include "cache/pack_stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/compress.h"
#include "base/files.h"
#include "base/hash.h"

/* One coding: its file, and what is known of it. */
struct outlet {
	struct buffer path; /* in the directory */
	int fd;
	struct compressor *coder; /* NULL: the bytes as they are */
	struct buffer coded;
	struct hash *hash;
	uint64_t length;
};

struct pack_stream {
	int dir;
	struct outlet outlets[PACK_CODINGS];
};

static int open_outlet(struct pack_stream *stream, int coding, const char *name,
		       struct error *err)
{
	struct outlet *outlet = &stream->outlets[coding];

	buffer_format(&outlet->path, "%s%s", name,
		      pack_coding_suffixes[coding]);
	if (buffer_check(&outlet->path, err) != 0)
		return -1;
	outlet->hash = hash_start(err);
	if (outlet->hash == NULL)
		return -1;
	if (coding != PACK_IDENTITY) {
		outlet->coder = compressor_start(
			coding == PACK_GZIP ? COMPRESS_GZIP : COMPRESS_BROTLI,
			err);
		if (outlet->coder == NULL)
			return -1;
	}
	outlet->fd =
		openat(stream->dir, outlet->path.data,
		       O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		       0644);
	if (outlet->fd < 0)
		return error_set(err, EX_CANTCREAT, "cannot create %s: %s",
				 outlet->path.data, strerror(errno));
	return 0;
}

struct pack_stream *pack_stream_start(int dir, const char *name,
				      struct error *err)
{
	struct pack_stream *stream = calloc(1, sizeof(*stream));
	int i;

	if (stream == NULL) {
		error_no_memory(err);
		return NULL;
	}
	stream->dir = dir;
	for (i = 0; i < PACK_CODINGS; i++)
		stream->outlets[i].fd = -1;
	for (i = 0; i < PACK_CODINGS; i++)
		if (open_outlet(stream, i, name, err) != 0) {
			pack_stream_free(stream);
			return NULL;
		}
	return stream;
}

static int put(struct outlet *outlet, const void *bytes, size_t length,
	       struct error *err)
{
	hash_update(outlet->hash, bytes, length);
	outlet->length += length;
	return files_write(outlet->fd, bytes, length, outlet->path.data, err);
}

static int feed(struct outlet *outlet, const void *bytes, size_t length,
		bool is_last, struct error *err)
{
	if (outlet->coder == NULL)
		return put(outlet, bytes, length, err);
	buffer_clear(&outlet->coded);
	if (compressor_feed(outlet->coder, bytes, length, is_last,
			    &outlet->coded, err) != 0)
		return -1;
	return put(outlet, outlet->coded.data, outlet->coded.length, err);
}

int pack_stream_write(struct pack_stream *stream, const void *bytes,
		      size_t length, struct error *err)
{
	int i;

	for (i = 0; i < PACK_CODINGS; i++)
		if (feed(&stream->outlets[i], bytes, length, false, err) != 0)
			return -1;
	return 0;
}

static int close_outlet(struct outlet *outlet, struct pack_body *body,
			struct error *err)
{
	unsigned char digest[HASH_BYTES];
	struct hash *hash = outlet->hash;
	int status = files_sync(outlet->fd, outlet->path.data, err);

	if (close(outlet->fd) != 0 && status == 0)
		status = error_set(err, EX_IOERR, "cannot close %s: %s",
				   outlet->path.data, strerror(errno));
	outlet->fd = -1;
	outlet->hash = NULL;
	if (hash_finish(hash, digest, err) != 0)
		return -1;
	memcpy(body->tag, digest, PACK_TAG_BYTES);
	body->offset = 1;
	body->length = outlet->length;
	return status;
}

int pack_stream_finish(struct pack_stream *stream,
		       struct pack_body bodies[PACK_CODINGS], struct error *err)
{
	int i;

	for (i = 0; i < PACK_CODINGS; i++) {
		struct outlet *outlet = &stream->outlets[i];

		if (feed(outlet, NULL, 0, true, err) != 0 ||
		    close_outlet(outlet, &bodies[i], err) != 0)
			return -1;
		if (i == PACK_IDENTITY ||
		    bodies[i].length < bodies[PACK_IDENTITY].length)
			continue;
		bodies[i] = (struct pack_body){0};
		if (unlinkat(stream->dir, outlet->path.data, 0) != 0)
			return error_set(err, EX_IOERR, "cannot remove %s: %s",
					 outlet->path.data, strerror(errno));
	}
	return 0;
}

void pack_stream_free(struct pack_stream *stream)
{
	int i;

	if (stream == NULL)
		return;
	for (i = 0; i < PACK_CODINGS; i++) {
		struct outlet *outlet = &stream->outlets[i];

		if (outlet->fd >= 0)
			close(outlet->fd);
		compressor_free(outlet->coder);
		hash_discard(outlet->hash);
		buffer_free(&outlet->path);
		buffer_free(&outlet->coded);
	}
	free(stream);
}
