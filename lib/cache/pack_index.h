/*
 * Where each record of a pack in the making stands, and what comes of it at the
 * end: slots, coder and footer (pack.h). The room's own.
 */
#ifndef MARQUEE_CACHE_PACK_INDEX_H
#define MARQUEE_CACHE_PACK_INDEX_H

#include "base/buffer.h"
#include "base/error.h"
#include "cache/pack.h"

struct pack_index_entry {
	uint64_t hash; /* of the name */
	uint64_t at;   /* of the record in the pack */
};

struct pack_index {
	struct pack_index_entry *entries; /* in the order of adding */
	size_t count, capacity;
};

#define PACK_INDEX_EMPTY ((struct pack_index){0})

int pack_index_add(struct pack_index *index, const char *name, uint64_t at,
		   struct error *err);

/* Appends what stands in a pack behind its records, which end at `end` and can
 * be read from `pack`. EX_SOFTWARE where two have one name. */
int pack_index_write(const struct pack_index *index, int pack, uint64_t end,
		     struct buffer *out, struct error *err);

/* Reads the record at `at` of `pack`, of which `bytes` then holds the texts. */
int pack_index_read(int pack, uint64_t at, struct buffer *bytes,
		    struct pack_record *record, struct error *err);

void pack_index_free(struct pack_index *index);

#endif
