#include "catalogue/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/files.h"

/* Where the file system has no files without a name it has one for a moment;
 * what dies then leaves what files_remove_beside removes. */
#define NAME "spool" FILES_BESIDE

static int create(struct spool *spool, struct error *err)
{
	spool->fd =
		openat(spool->dir, ".", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
	if (spool->fd >= 0)
		return 0;
	if (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL) {
		spool->fd = openat(spool->dir, NAME,
				   O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW |
					   O_CLOEXEC,
				   0600);
		if (spool->fd >= 0 && unlinkat(spool->dir, NAME, 0) == 0)
			return 0;
	}
	return error_set(err, EX_CANTCREAT,
			 "cannot create a file for what was fetched: %s",
			 strerror(errno));
}

/* Puts what is held behind what is written. */
static int write_out(struct spool *spool, struct error *err)
{
	const char *bytes = spool->held.data;
	size_t length = spool->held.length;
	ssize_t done;

	if (spool->fd < 0 && create(spool, err) != 0)
		return -1;
	while (length > 0) {
		done = pwrite(spool->fd, bytes, length, (off_t)spool->written);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return error_set(err, EX_IOERR,
					 "cannot put away what was fetched: %s",
					 strerror(errno));
		bytes += done;
		length -= (size_t)done;
		spool->written += (uint64_t)done;
	}
	buffer_clear(&spool->held);
	return 0;
}

int spool_add(struct spool *spool, const void *bytes, size_t length,
	      uint64_t *at, struct error *err)
{
	uint64_t start;

	if (spool->dir >= 0 && spool->held.length >= SPOOL_HELD_BYTES &&
	    write_out(spool, err) != 0)
		return -1;
	start = spool->written + spool->held.length;
	buffer_append(&spool->held, bytes, length);
	if (buffer_check(&spool->held, err) != 0)
		return -1;
	*at = start;
	return 0;
}

static void forget_blocks(struct spool *spool)
{
	free(spool->blocks);
	spool->blocks = NULL;
}

void spool_cut(struct spool *spool, uint64_t at)
{
	if (at >= spool->written) {
		if (at - spool->written < spool->held.length)
			spool->held.length = (size_t)(at - spool->written);
		return;
	}
	spool->written = at;
	buffer_clear(&spool->held);
	forget_blocks(spool);
}

/* A block of which at least `wanted` bytes are there. */
static const struct spool_block *get_block(struct spool *spool, uint64_t number,
					   size_t wanted, struct error *err)
{
	struct spool_block *block;
	ssize_t got;

	/* Pages of it that are not used take no memory. */
	if (spool->blocks == NULL)
		spool->blocks = calloc(SPOOL_BLOCKS, sizeof(*spool->blocks));
	if (spool->blocks == NULL) {
		error_no_memory(err);
		return NULL;
	}
	block = &spool->blocks[number % SPOOL_BLOCKS];
	if (block->number == number && block->length >= wanted)
		return block;
	block->number = number;
	block->length = 0;
	while (block->length < wanted) {
		got = pread(
			spool->fd, block->bytes + block->length,
			SPOOL_BLOCK_BYTES - block->length,
			(off_t)(number * SPOOL_BLOCK_BYTES + block->length));
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			error_set(err, EX_IOERR,
				  "cannot read back what was fetched: %s",
				  got < 0 ? strerror(errno)
					  : "bytes are missing");
			block->length = 0;
			return NULL;
		}
		block->length += (size_t)got;
	}
	return block;
}

int spool_read(struct spool *spool, uint64_t at, size_t length, void *into,
	       struct error *err)
{
	const struct spool_block *block;
	char *to = into;
	size_t offset, step;

	if (length == 0)
		return 0;
	if (at >= spool->written) {
		memcpy(into, spool->held.data + (at - spool->written), length);
		return 0;
	}
	while (length > 0) {
		offset = (size_t)(at % SPOOL_BLOCK_BYTES);
		step = SPOOL_BLOCK_BYTES - offset;
		if (step > length)
			step = length;
		block = get_block(spool, at / SPOOL_BLOCK_BYTES, offset + step,
				  err);
		if (block == NULL)
			return -1;
		memcpy(to, block->bytes + offset, step);
		to += step;
		at += step;
		length -= step;
	}
	return 0;
}

void spool_free(struct spool *spool)
{
	if (spool->fd >= 0)
		close(spool->fd);
	spool->fd = -1;
	spool->written = 0;
	forget_blocks(spool);
	buffer_free(&spool->held);
}
