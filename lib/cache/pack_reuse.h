/*
 * The codings of bodies that the live generation has, too: what does not change
 * from one set to the next need not be compressed again. The room's own.
 *
 * A coding is taken over only where it is what coding the body anew would give:
 * of the same bytes (by their tag), with the same effort, by the same libraries
 * and levels (pack.h, the coder), and only where it reads back as what was
 * written then. So no host's bytes depend on what it published before.
 */
#ifndef MARQUEE_CACHE_PACK_REUSE_H
#define MARQUEE_CACHE_PACK_REUSE_H

#include <stdbool.h>

#include "base/buffer.h"
#include "cache/cache_reader.h"
#include "cache/pack.h"

struct pack_reuse;

/* Opens what is live in the directory `site` of a site. Returns NULL where there
 * is nothing to take over, for whatever reason. */
struct pack_reuse *pack_reuse_open(int site);

/* Appends the gzip and brotli codings of the representation `record`, whose
 * name, flags and identity are set, where both can be had; one that was not
 * worth keeping stays empty. Returns whether they could. `reuse` may be NULL. */
bool pack_reuse_take(const struct pack_reuse *reuse,
		     const struct pack_record *record,
		     struct buffer coded[PACK_CODINGS]);

/* Appends the identity of the live representation `name` and sets `entry`.
 * Returns whether there is one that reads back as what it was. */
bool pack_reuse_read(const struct pack_reuse *reuse, const char *name,
		     struct cache_entry *entry, struct buffer *body);

/* Whether the live representation of that name has the record's flags and
 * identity, to go by its index. */
bool pack_reuse_has(const struct pack_reuse *reuse,
		    const struct pack_record *record);

/* Links the live generation's files of that representation, which is one of
 * PACK_IS_FILE, into the directory `dir`: what has not changed need not be
 * written, nor brought to disk, again. Only where they read back as what they
 * were; and either all that pack_reuse_take has given or, after false, none. */
bool pack_reuse_link(const struct pack_reuse *reuse,
		     const struct pack_record *record, int dir);

/* NULL is allowed. */
void pack_reuse_close(struct pack_reuse *reuse);

#endif
