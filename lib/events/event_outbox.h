/*
 * The outbox: the events that still have to be handed on, to a notifier
 * (embedded queue) or to the broker (relay-events).
 *
 * Whoever takes an event holds it by a lease: nobody else is given it until the
 * lease ends, so what a crashed process held comes back by itself. Times are by
 * the wall clock, since leases outlive a boot; one that lies further ahead than
 * any could (the clock was set back) counts as over.
 */
#ifndef MARQUEE_EVENTS_EVENT_OUTBOX_H
#define MARQUEE_EVENTS_EVENT_OUTBOX_H

#include "events/event_store.h"

/* The longest lease, and the longest step back. */
#define EVENT_OUTBOX_MAX_WAIT_MS (3600LL * 1000)

struct event_claim {
	struct event event; /* owned; event_free */
	unsigned attempts;  /* how often it was claimed, this time included,
			       since it came into the outbox */
	/* Who holds it: differs with every claim, so that one whose lease ran
	 * out cannot settle what another one holds by now. */
	long long token;
};

/* Takes up to `max` due events, oldest (smallest number) first, for `lease_ms`,
 * in one transaction. Sets `count`; 0 where none is due, and then `next_ms` to how long
 * until one is, -1 where the outbox is empty. */
enum event_result event_outbox_claim(struct event_store *store,
				     long long lease_ms, size_t max,
				     struct event_claim *claims, size_t *count,
				     long long *next_ms, struct error *err);

/* The same for who hands events on to a broker: no attempts to notify, so that a
 * broker that takes nothing costs none when the embedded queue is used again.
 * `attempts` is then 1, or 2 where such a claim was not returned before: the
 * broker may have it. */
enum event_result event_outbox_claim_to_relay(struct event_store *store,
					      long long lease_ms, size_t max,
					      struct event_claim *claims,
					      size_t *count, long long *next_ms,
					      struct error *err);

/* Out of the outbox: it was handed on. MISSING where the claim is not held any
 * more, which is no failure: the event is another one's, or was taken out with
 * its status. So for the next two. */
enum event_result event_outbox_settle(struct event_store *store,
				      const struct event_claim *claim,
				      struct error *err);

/* The same for many, in one transaction; MISSING where one at least was not held
 * any more, which keeps none of the others in. */
enum event_result event_outbox_settle_all(struct event_store *store,
					  const struct event_claim *claims,
					  size_t count, struct error *err);

/* Gives it back, to be due in `delay_ms` (0: now). */
enum event_result event_outbox_release(struct event_store *store,
				       const struct event_claim *claim,
				       long long delay_ms, struct error *err);

/* Gives it back as if it had not been claimed (attempts too): at SIGTERM. */
enum event_result event_outbox_return(struct event_store *store,
				      const struct event_claim *claim,
				      struct error *err);

/* The lease ends `lease_ms` from now. */
enum event_result event_outbox_extend(struct event_store *store,
				      const struct event_claim *claim,
				      long long lease_ms, struct error *err);

/* Ends every claim to relay: its event is due again, and who held it cannot settle
 * it any more. For when a broker has lost what it confirmed: the relay of another
 * host may not have said so here yet. */
enum event_result event_outbox_revoke(struct event_store *store,
				      struct error *err);

/* Puts each event that is NotProcessed and not in the outbox into it: a broker
 * has or had it. For who takes from the outbox where there is no broker (any
 * more), and where the broker has lost its queue; one that another notifier still
 * gets from the broker may be notified twice. So to who relays it counts as one
 * that was claimed before.
 * Sets `count` to how many, those before a failure too. Where there is none it
 * writes nothing, and the cost does not grow with the log. */
enum event_result event_outbox_gather(struct event_store *store,
				      long long *count, struct error *err);

/* Waits until the database changes, a signal comes, or `timeout_ms` are over;
 * may return early. inotify on the directory: no polling. With NULL for the
 * directory, where the log is on a server: twice a second. Returns 0, or -1 with
 * EX_OSERR. */
struct event_watch; /* of one thread */
struct event_watch *event_watch_open(const char *directory, struct error *err);
int event_watch_wait(struct event_watch *watch, long long timeout_ms,
		     struct error *err);

/* For whoever waits for other things too: readable once the database has
 * changed; event_watch_wait with 0 then makes it quiet again. */
int event_watch_fd(const struct event_watch *watch);

void event_watch_close(struct event_watch *watch);

/* Wakes who watches the directory of the database at `path`: a commit can be
 * read by now. (SQLite writes its log, which inotify would tell of, before it
 * waits for the disk and lets anyone read.) */
void event_watch_ring(const char *path);

#endif
