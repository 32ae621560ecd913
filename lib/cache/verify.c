#include "cache/verify.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/hash.h"
#include "cache/pack.h"

/* The digest of `length` bytes of `fd` from `at`. Fewer bytes are an error. */
static int hash_range(int fd, uint64_t at, uint64_t length,
		      unsigned char digest[HASH_BYTES], struct error *err)
{
	unsigned char block[65536];
	struct hash *hash = hash_start(err);
	size_t wanted;
	ssize_t got;

	if (hash == NULL)
		return -1;
	while (length > 0) {
		wanted =
			length < sizeof(block) ? (size_t)length : sizeof(block);
		got = pread(fd, block, wanted, (off_t)at);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			hash_discard(hash);
			return error_set(err, EX_IOERR, "cannot read back: %s",
					 got < 0 ? strerror(errno)
						 : "bytes are missing");
		}
		hash_update(hash, block, (size_t)got);
		at += (uint64_t)got;
		length -= (uint64_t)got;
	}
	return hash_finish(hash, digest, err);
}

static int verify_range(int fd, uint64_t at, const struct pack_body *body,
			struct error *err)
{
	unsigned char digest[HASH_BYTES];

	if (hash_range(fd, at, body->length, digest, err) != 0)
		return -1;
	if (memcmp(digest, body->tag, PACK_TAG_BYTES) != 0)
		return error_set(err, EX_IOERR,
				 "what was written reads back differently");
	return 0;
}

/* A plain file must also end where its body ends. */
static int verify_file(int dir, const char *name, const struct pack_body *body,
		       struct error *err)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct stat status;
	int result;

	if (fd < 0)
		return error_set(err, EX_IOERR, "cannot open: %s",
				 strerror(errno));
	if (fstat(fd, &status) != 0)
		result = error_set(err, EX_IOERR, "cannot read back: %s",
				   strerror(errno));
	else if ((uint64_t)status.st_size != body->length)
		result = error_set(err, EX_IOERR, "has the wrong length");
	else
		result = verify_range(fd, 0, body, err);
	close(fd);
	return result;
}

int verify_record(int dir, int pack, const struct pack_record *record,
		  struct error *err)
{
	struct buffer name = BUFFER_EMPTY;
	int status = 0, i;

	for (i = 0; i < PACK_CODINGS && status == 0; i++) {
		const struct pack_body *body = &record->bodies[i];

		if (body->offset == 0)
			continue;
		buffer_clear(&name);
		buffer_append(&name, record->name, record->name_length);
		buffer_text(&name, pack_coding_suffixes[i]);
		status = buffer_check(&name, err);
		if (status != 0)
			break;
		status = record->flags & PACK_IS_FILE
				 ? verify_file(dir, name.data, body, err)
				 : verify_range(pack, body->offset, body, err);
		if (status != 0)
			error_context(err, "%s", name.data);
	}
	buffer_free(&name);
	return status;
}
