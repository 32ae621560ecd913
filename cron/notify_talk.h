/*
 * Talking to an API that may be away: what has to be said is said again until it
 * is heard, with a growing wait and the event in hand kept.
 */
#ifndef MARQUEE_CRON_NOTIFY_TALK_H
#define MARQUEE_CRON_NOTIFY_TALK_H

#include <stdbool.h>

#include "notify_api.h"
#include "notify_hold.h"

struct notify_talk {
	struct notify_api *api; /* borrowed */
	/* An event of this host's own log is never unknown to the right API. */
	bool is_log_ours;
	/* How long an API that is of no use is waited for; -1: for ever. */
	long long patience_ms;
	bool is_well;  /* what it answered last was of use */
	bool has_told; /* the log knows that it is not */
};

/* GOOD, once it is, with the event's status; UNKNOWN: it is gone, by the word of
 * an API that has a list of events. AWAY with the
 * reason where notify was asked to end or the patience did. A refusal is waited
 * out too: it is not this event's fault. */
enum notify_answer notify_talk_look(struct notify_talk *talk,
				    struct notify_hold *hold,
				    enum event_status *status,
				    struct error *err);

/* The same for a report, but REFUSED is returned, and UNKNOWN too is REFUSED
 * where the log is ours; asked to end, notify goes on for a few seconds. */
enum notify_answer notify_talk_report(struct notify_talk *talk,
				      struct notify_hold *hold,
				      const struct notify_report *report,
				      struct error *err);

/* Tries once: what is reported is good to know and can do without. */
void notify_talk_mention(struct notify_talk *talk, struct notify_hold *hold,
			 const struct notify_report *report);

#endif
