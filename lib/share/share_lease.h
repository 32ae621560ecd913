/*
 * Of several hosts the one that asks: a key of Redis with a token of the
 * holder's and an end.
 *
 *	share_lease_look(lease, link, &look, deadline_ms, &err);
 *	if (look.is_ours) {
 *		share_lease_keep(lease);	renewed by a thread
 *		…ask, publish at home…
 *		share_lease_settle(lease);	no longer renewed
 *		share_parcel_publish(…lease…)	or share_lease_release
 *	}
 *
 * A holder that dies is followed by another SHARE_LEASE_MS later. One that slept
 * past its lease does no harm: all that it does with it is a transaction that
 * Redis carries out only while the lease has the holder's token (WATCH, GET,
 * MULTI … EXEC), and every lease has a new token.
 */
#ifndef MARQUEE_SHARE_SHARE_LEASE_H
#define MARQUEE_SHARE_SHARE_LEASE_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/error.h"
#include "share/share.h"

/* A lease that is not renewed is over after this long. */
#define SHARE_LEASE_MS 3000

/* One command, or a few at once, of a job. */
#define SHARE_COMMAND_MS 1000

struct share_lease;

/* That of the parcel `name`, held by nobody yet. NULL with EX_OSERR. Both
 * arguments must outlive it. */
struct share_lease *share_lease_open(struct share *share, const char *name,
				     struct error *err);

/* Lets the lease run out where it is held. NULL is allowed. */
void share_lease_free(struct share_lease *lease);

struct share_look {
	bool is_ours;       /* the lease is */
	long long now_ms;   /* Redis's clock, at the look */
	struct buffer head; /* the parcel's, empty where there is none; owned */
};

/* In one step: takes the lease where nobody has it, reads the parcel's head and
 * Redis's clock. Returns 0, or -1 with EX_UNAVAILABLE. */
int share_lease_look(struct share_lease *lease, struct redis_link *link,
		     struct share_look *look, long long deadline_ms,
		     struct error *err);

/* Has a held lease renewed by a thread, with a connection of its own, until it
 * is settled. What keeps it from that lets the lease run out. */
void share_lease_keep(struct share_lease *lease);
void share_lease_settle(struct share_lease *lease);

/* Renews it where it is due. Returns 1; 0 where it is another's by now, or
 * nobody's; -1. */
int share_lease_renew(struct share_lease *lease, struct redis_link *link,
		      long long deadline_ms, struct error *err);

/* Begins a transaction: what is added to the link then is done only if the lease
 * is still held. Sets `now_ms` to Redis's clock. Returns 1, 0, -1 as above;
 * after 1 it goes on with share_lease_commit. */
int share_lease_begin(struct share_lease *lease, struct redis_link *link,
		      long long *now_ms, long long deadline_ms,
		      struct error *err);

/* Ends it, after `count` commands were added; `done` is set to what they
 * answered, to be freed (redis_replies_free, 1). Returns 1, 0, -1 as above. */
int share_lease_commit(struct redis_link *link, size_t count,
		       struct redis_reply **done, long long deadline_ms,
		       struct error *err);

/* Adds the command that gives it up. */
void share_lease_add_release(struct share_lease *lease,
			     struct redis_link *link);

/* Gives it up where it is held. */
void share_lease_release(struct share_lease *lease, struct redis_link *link,
			 long long deadline_ms);

/* Redis's clock from the reply to TIME. */
bool share_lease_time(const struct redis_reply *reply, long long *now_ms);

#endif
