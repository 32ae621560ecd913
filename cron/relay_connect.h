/*
 * relay-events and the queue marquee.events, which nobody else makes.
 *
 *	connect ─▶ is it there? ── yes ─────────────────────▶ publish
 *	                 └── no: gather (event_outbox.h) ─▶ make the queues
 *
 * Where it is missing a broker has forgotten it, somebody has deleted it, the
 * broker is another one, or there is none yet. What it held had left the outbox
 * by then, and comes back into it first. So one that dies between the two, or a
 * broker that does, loses nothing either: it is missing still.
 */
#ifndef MARQUEE_CRON_RELAY_CONNECT_H
#define MARQUEE_CRON_RELAY_CONNECT_H

#include "relay_run.h"

/* To be called at least every RELAY_LOOK_MS: a connected one looks so often, too.
 * Returns 0 where the broker is connected and has its queues; -1 as broker_connect
 * does, and as relay_check_log where the event log cannot be read or written. */
int relay_connect(struct relay *relay, struct error *err);

#endif
