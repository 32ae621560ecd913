/*
 * A pack (pack.h) in the making: bodies go to the file as they are added, the
 * index follows at the end, and then everything is read back and compared.
 * The room's own; others publish through cache_writer.h and cache_keep.h.
 *
 *	builder = pack_builder_start(dir, pack, NULL, err);
 *	pack_builder_add(builder, &page, err);		as often as needed
 *	pack_builder_finish(builder, name, err);
 *	pack_builder_free(builder);
 */
#ifndef MARQUEE_CACHE_PACK_BUILDER_H
#define MARQUEE_CACHE_PACK_BUILDER_H

#include "base/error.h"
#include "cache/cache_writer.h"
#include "cache/layout.h"

struct pack_builder;
struct pack_reuse;

/* Starts a pack in the empty file `pack`, open for reading and writing. Those
 * representations that are files go to the directory `dir`; -1 where there
 * are none. Codings that `reuse` has are taken from there; NULL: from nowhere.
 * All three stay the caller's. Returns NULL with a reason. */
struct pack_builder *pack_builder_start(int dir, int pack,
					const struct pack_reuse *reuse,
					struct error *err);

/* See cache_writer_add. */
int pack_builder_add(struct pack_builder *builder,
		     const struct cache_representation *representation,
		     struct error *err);

/* See cache_writer_repeat and cache_writer_is_live. */
int pack_builder_repeat(struct pack_builder *builder, const char *name,
			size_t *body_bytes, struct error *err);
bool pack_builder_is_live(const struct pack_builder *builder,
			  const struct cache_representation *representation);

/* Writes the index, fsyncs the pack (not `dir`), reads every body back and
 * compares. Sets `name` to the set's hash. After it, only
 * pack_builder_free. */
int pack_builder_finish(struct pack_builder *builder,
			char name[LAYOUT_GENERATION_DIGITS + 1],
			struct error *err);

/* NULL is allowed. */
void pack_builder_free(struct pack_builder *builder);

#endif
