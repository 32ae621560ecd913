/*
 * Finding the slots of a pack (pack.h). The room's own.
 */
#ifndef MARQUEE_CACHE_PACK_FOOTER_H
#define MARQUEE_CACHE_PACK_FOOTER_H

#include <stddef.h>
#include <stdint.h>

struct pack_footer {
	uint64_t slots_at; /* offset of the first one */
	uint64_t slot_count;
	uint64_t record_count; /* as it says; not compared with anything */
};

/* Reads `length` bytes at an offset: 0, or -1 where not all of them are there. */
int pack_read_at(int pack, void *bytes, size_t length, uint64_t at);

/* Reads the footer of an open pack. Returns 0, or -1 where it is none, or what it
 * says of the slots does not fit the file. */
int pack_footer_read(int pack, struct pack_footer *footer);

#endif
