/*
 * One fetch-movies for several hosts (MARQUEE_REDIS_URL, lib/share/share.h).
 *
 * Every host runs as ever, at its own moments. A run first looks into Redis:
 *
 *	what another host had confirmed within the last MARQUEE_REDIS_AGE_S,
 *	  and this host does not know yet: that is taken. The files are the
 *	  same, so is the generation's name and every entity tag; `checked`
 *	  becomes the moment when the upstream was asked, told by Redis's clock,
 *	  so that Age counts from there and never less
 *	else, where nobody holds the lease: this host asks the upstream,
 *	  publishes at home, then in Redis
 *	else it waits for the holder, for half of MARQUEE_TIMEOUT_MS at most, and
 *	  then asks by itself with the time that is left
 *
 * So the upstream is asked once a period by whoever comes first, and all hosts
 * have its data within one period: what was taken is at most 10 s old, and with
 * two periods of 20 s and a run of 10 s that makes the 60 s that are promised.
 * A run that asked in vain looks once more, for anything newer than what is
 * live here, however old: a host that starts with an empty cache while the
 * upstream is away begins with what the others have.
 *
 * What must not happen, and why it does not:
 *
 * - A holder that slept past its lease overwrites newer data: it is Redis that
 *   looks whether the lease is still its own, in the transaction that switches
 *   (share_lease.h). What it has published at home is as good as any.
 * - Other settings, templates or another version are mixed: the name has the
 *   digest of all that a rendering depends on, and of MARQUEE_GHIBLI_URL.
 * - Something torn goes live: each file has its SHA-256, each body its tag, and
 *   the generation the name that its content gives (cache_import.h).
 * - What was taken back by --rollback comes back: as long as the upstream has
 *   what it had then, told by the digest of its elements, it is held back here,
 *   whoever has published it. It is taken back on this host only; the others
 *   are not asked. While it is held, this host confirms in Redis what the others
 *   have if the upstream still has that, and publishes nothing there.
 * - A shrunken catalogue spreads from a new host, to whose empty cache nothing
 *   looks shrunken: every host compares what it takes with what it has. What
 *   --allow-shrink let through on one host is marked so, and goes for all.
 * - The bundled catalogue, or a dry run, gets into Redis: only what the upstream
 *   gave does.
 *
 * Whatever is wrong with Redis is logged once an outage (the note `redis`
 * beside the generations remembers it, and which confirmation this host knows)
 * and costs a run a second or two; then it
 * goes on as if there were none.
 */
#ifndef MARQUEE_CRON_MOVIES_SHARE_H
#define MARQUEE_CRON_MOVIES_SHARE_H

#include <stdbool.h>

#include "base/error.h"
#include "base/settings.h"
#include "cache/cache_writer.h"
#include "movies_record.h"

/* How long Redis keeps what nobody confirms any more. */
#define MOVIES_SHARE_KEEP_S 86400

struct movies_share;

/* What this host has and wants; all borrowed. */
struct movies_share_here {
	const char *cache_dir;
	const char *render; /* see movies_pages_open */
	const struct movies_record *known;
	struct catalogue_published published; /* live; zeros: nothing real */
	bool allows_shrink;
	bool allows_withdrawn;
	long long started_ms; /* of the run, monotonic */
};

/* NULL where MARQUEE_REDIS_URL is empty, or (logged) there is no memory. The
 * arguments must outlive it. */
struct movies_share *movies_share_open(const struct settings *settings,
				       const struct movies_share_here *here);

enum movies_share_answer {
	MOVIES_SHARE_NOTHING, /* ask the upstream */
	MOVIES_SHARE_HELD,    /* it has what is held back here */
	MOVIES_SHARE_SAME,    /* it has what is live here */
	MOVIES_SHARE_NEW,     /* another host's generation is live here now */
};

/* Looks, waits, and takes. `is_late`: after the upstream was asked in vain.
 * After SAME and NEW, `record` is set to what they were made from, to be freed,
 * and `asked_ms` to when the upstream was asked (wall clock). Returns an answer,
 * or -1 where the cache here fails. NULL as `share` is NOTHING. */
int movies_share_take(struct movies_share *share, struct cache_writer *writer,
		      bool is_late, struct movies_record *record,
		      long long *asked_ms, struct error *err);

/* How long the upstream may be asked, of MARQUEE_TIMEOUT_MS. */
long movies_share_time_left_ms(const struct movies_share *share,
			       long timeout_ms);

/* Publishes what is live here, or confirms it, where the lease is held: the
 * upstream was asked at `asked_ms` (wall clock). `is_held`: it has what is held
 * back here. NULL is allowed. Returns whether Redis has it now. */
bool movies_share_put(struct movies_share *share, struct cache_writer *writer,
		      long long asked_ms, bool is_held);

/* Gives the lease up, leaves the note for the next run, and frees it. NULL is
 * allowed. */
void movies_share_close(struct movies_share *share,
			struct cache_writer *writer);

#endif
