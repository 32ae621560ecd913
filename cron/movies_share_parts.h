/*
 * What movies_share.c (looking and taking) and movies_share_put.c (publishing)
 * have in common. Others use movies_share.h.
 */
#ifndef MARQUEE_CRON_MOVIES_SHARE_PARTS_H
#define MARQUEE_CRON_MOVIES_SHARE_PARTS_H

#include "base/buffer.h"
#include "movies_share.h"
#include "share/share_parcel.h"

struct movies_share {
	const struct movies_share_here *here;
	long timeout_ms;
	long long fresh_ms; /* MARQUEE_REDIS_AGE_S */
	struct share *share;
	struct share_lease *lease;
	struct redis_link *link; /* NULL: not yet, or no more */
	struct buffer name;      /* of the parcel */
	bool is_alone;           /* Redis is of no use in this run */
	bool was_troubled;
	/* The confirmation that this host has, by Redis's clock: at the
	 * beginning, and now. */
	long long was_seen_ms, seen_ms;
	struct share_head head;      /* as last seen; no token: none */
	char bad[SHARE_TOKEN_BYTES]; /* could not be taken */
};

/* Does without Redis for the rest of the run, and says why. */
void movies_share_give_up(struct movies_share *share,
			  const struct error *trouble);

/* Whether --allow-shrink let it through. */
bool movies_share_may_shrink(const struct buffer *note);

/* Until when one command may take. */
long long movies_share_soon_ms(void);

#endif
