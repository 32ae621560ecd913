/*
 * Where the settings say the event log is: what events.fcgi, notify and
 * relay-events have in common.
 */
#ifndef MARQUEE_EVENTS_EVENT_SETTINGS_H
#define MARQUEE_EVENTS_EVENT_SETTINGS_H

#include "base/error.h"
#include "base/settings.h"
#include "events/event_store.h"

/* Sets either `directory`, to MARQUEE_STATE_DIR where MARQUEE_EVENTS_URL is
 * `sqlite:` or empty, or `url`, to the PostgreSQL server it names, and the other
 * to NULL. They are the settings' own strings. -1 with EX_CONFIG where it is
 * anything else. */
int event_settings_read(const struct settings *settings,
			struct event_store_options *options, struct error *err);

#endif
