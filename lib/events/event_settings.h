/*
 * Where the settings say the event log is: what events.fcgi, notify and
 * relay-events have in common.
 */
#ifndef MARQUEE_EVENTS_EVENT_SETTINGS_H
#define MARQUEE_EVENTS_EVENT_SETTINGS_H

#include "base/error.h"
#include "base/settings.h"

/* The directory for event_store_open: MARQUEE_STATE_DIR, where
 * MARQUEE_EVENTS_URL is `sqlite:` or empty. The settings' own string. NULL with
 * EX_CONFIG where the log is to be anywhere else, which is not built. */
const char *event_settings_directory(const struct settings *settings,
				     struct error *err);

#endif
