/*
 * Adds representations to a pack in a thread of its own, so that whoever makes
 * them goes on meanwhile: hashing, coding and writing takes a third as long as
 * making them. The room's own.
 *
 *	struct pack_queue *queue = pack_queue_new(builder, err);
 *
 *	pack_queue_add(queue, &page, err);	as often as there are pages
 *	status = pack_queue_drain(queue, err);
 *	pack_queue_free(queue);
 *
 * They are added in the order in which they come. A set of less than
 * PACK_QUEUE_AFTER_BYTES is added without a thread.
 */
#ifndef MARQUEE_CACHE_PACK_QUEUE_H
#define MARQUEE_CACHE_PACK_QUEUE_H

#include "base/error.h"
#include "cache/cache_writer.h"
#include "cache/pack_builder.h"

#define PACK_QUEUE_AFTER_BYTES ((size_t)4 << 20)

/* So many bytes of bodies wait at most, and one body more. */
#define PACK_QUEUE_MAX_BYTES ((size_t)2 << 20)

struct pack_queue;

/* The builder stays the caller's, who leaves it alone until pack_queue_drain.
 * Returns NULL for lack of memory. */
struct pack_queue *pack_queue_new(struct pack_builder *builder,
				  struct error *err);

/* As cache_writer_add; the -1 may be for one that was added before. */
int pack_queue_add(struct pack_queue *queue,
		   const struct cache_representation *representation,
		   struct error *err);

/* Waits until everything was added. Returns 0, or -1 with the first failure. */
int pack_queue_drain(struct pack_queue *queue, struct error *err);

/* What waits is not added any more. NULL is allowed. */
void pack_queue_free(struct pack_queue *queue);

#endif
