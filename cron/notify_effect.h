/*
 * What a notification is: a line on stdout, or a command.
 */
#ifndef MARQUEE_CRON_NOTIFY_EFFECT_H
#define MARQUEE_CRON_NOTIFY_EFFECT_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/error.h"
#include "notify_hold.h"

struct notify_effect {
	const char *command;  /* NULL: the line */
	long long timeout_ms; /* of the command */
	bool is_line_cut;     /* part of a line was printed, not its end */
};

enum notify_told {
	NOTIFY_TOLD,
	NOTIFY_FAILED,  /* `err` says why, in a few words */
	NOTIFY_UNTRIED, /* asked to end before anything came of it */
	NOTIFY_DEAF     /* stdout is closed: no further event will do better */
};

/* Notifies of the event that `hold` has in hand, keeping its lease. `err` is
 * set for FAILED and DEAF. */
enum notify_told notify_effect(struct notify_effect *effect,
			       struct notify_hold *hold, struct error *err);

/* Appends `Event … has been sent to …: …` and a newline. It stays one line that
 * does nothing to a terminal: control characters and Unicode's line breaks
 * appear as JSON escapes (\n, \u001b), everything else as it is; a backslash is
 * not doubled, so whoever needs the text back takes the JSON (--exec). */
void notify_effect_line(const struct event *event, struct buffer *out);

#endif
