/*
 * Names of one generation that were looked up before, and their bodies: those
 * that are files, for lists and pages that everybody asks for.
 *
 * What a generation holds never changes, so nothing is ever taken out again;
 * where there is no room for more, or no memory, it is read from disk as ever.
 * Threads may do all of it at once.
 */
#ifndef MARQUEE_CACHE_KEPT_BODIES_H
#define MARQUEE_CACHE_KEPT_BODIES_H

#include "cache/cache_reader.h"

/* So many names, and bytes of bodies in all, a generation. */
#define KEPT_NAMES 16
#define KEPT_BYTES ((size_t)1 << 20)

struct kept_bodies;
struct kept_body; /* of one name */

/* NULL where there is no memory; then nothing is kept. */
struct kept_bodies *kept_bodies_create(void);
void kept_bodies_free(struct kept_bodies *kept);

/* Whether the name was looked up before; fills `entry` if so. */
bool kept_bodies_find(struct kept_bodies *kept, const char *name,
		      struct cache_entry *entry);

/* Takes a name that was looked up, and sets entry->kept where there is room. */
void kept_bodies_add(struct kept_bodies *kept, const char *name,
		     struct cache_entry *entry);

/* The bytes of an open body, which belongs to a kept entry: read now, or before.
 * NULL where they are not kept. */
const char *kept_bodies_read(struct kept_bodies *kept, struct kept_body *name,
			     enum cache_coding coding,
			     const struct cache_body *body);

/* The same, of bytes that were read before. */
const char *kept_bodies_bytes(const struct kept_body *name,
			      enum cache_coding coding);

#endif
