/*
 * One Redis for several hosts: what one of them has fetched, the others take.
 *
 * Redis is a short cut and never needed. Whatever is wrong with it (away, silent,
 * full, loading, read-only, a wrong password, a value that is torn or not ours),
 * a host goes back to the upstream by itself. It is told once an outage, not at
 * every try, and a try has a short time of its own.
 *
 * What lies in Redis, all of it below "marquee:1:", and all of it with an end:
 *
 *	<name>:lease		the token of the host that asks the upstream
 *				(share_lease.h)
 *	<name>			a parcel's head: what it is, its files with their
 *				SHA-256, a note, and a SHA-256 of all that
 *	<name>:<token>		its bytes, in pieces (share_parcel.h)
 *
 * <name> says all that the parcel depends on: hosts that would make something
 * else of the same data (another version, other settings or templates) never
 * meet.
 *
 * Redis is trusted as the cache directory is: who can write there decides what
 * is served. Digests find what is broken, not what is forged.
 */
#ifndef MARQUEE_SHARE_SHARE_H
#define MARQUEE_SHARE_SHARE_H

#include <stdbool.h>

#include "base/error.h"
#include "share/redis_link.h"

struct share;

/* How long a Redis that failed is left alone by share_take. */
#define SHARE_REST_MS 5000

/* Reads the URL; connects to nothing yet. NULL with EX_CONFIG or EX_OSERR. */
struct share *share_open(const char *url, struct error *err);

/* NULL is allowed. */
void share_close(struct share *share);

/* Lends a connection: one that was given back, or a new one by `deadline_ms`
 * (monotonic). NULL with EX_UNAVAILABLE; also, where `may_rest`, for
 * SHARE_REST_MS after trouble, without a try. Threads may call it at once. */
struct redis_link *share_take(struct share *share, bool may_rest,
			      long long deadline_ms, struct error *err);

/* Gives it back, for the next to take, or closes it where it is lost. */
void share_give(struct share *share, struct redis_link *link);

/* Says how it went: trouble is logged when it begins, and when it is over
 * (`trouble` NULL). */
void share_tell(struct share *share, const struct error *trouble);

/* For a job, whose outages outlive it: begins with what its last run ended
 * with, which is not logged. */
void share_set_troubled(struct share *share, bool is_troubled);
bool share_is_troubled(struct share *share);

#endif
