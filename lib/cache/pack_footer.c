#include "cache/pack_footer.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cache/pack.h"

int pack_read_at(int pack, void *bytes, size_t length, uint64_t at)
{
	unsigned char *into = bytes;
	ssize_t got;

	while (length > 0) {
		got = pread(pack, into, length, (off_t)at);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return -1;
		into += got;
		at += (uint64_t)got;
		length -= (size_t)got;
	}
	return 0;
}

int pack_footer_read(int pack, struct pack_footer *footer)
{
	unsigned char bytes[PACK_FOOTER_BYTES];
	struct stat status;
	uint64_t size;

	if (fstat(pack, &status) != 0 || status.st_size < PACK_FOOTER_BYTES)
		return -1;
	size = (uint64_t)status.st_size - PACK_FOOTER_BYTES;
	if (pack_read_at(pack, bytes, sizeof(bytes), size) != 0 ||
	    memcmp(bytes + 24, PACK_MAGIC, PACK_MAGIC_BYTES) != 0)
		return -1;
	footer->slots_at = pack_read_u64(bytes);
	footer->slot_count = pack_read_u64(bytes + 8);
	footer->record_count = pack_read_u64(bytes + 16);
	if (footer->slot_count == 0 || footer->slots_at > size ||
	    footer->slot_count > (size - footer->slots_at) / PACK_SLOT_BYTES ||
	    (footer->slot_count & (footer->slot_count - 1)) != 0)
		return -1;
	return 0;
}
