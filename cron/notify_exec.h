/*
 * A notification by a command: /bin/sh -c COMMAND, the event as JSON (event.h)
 * and a newline on its stdin; its stdout and stderr are notify's.
 */
#ifndef MARQUEE_CRON_NOTIFY_EXEC_H
#define MARQUEE_CRON_NOTIFY_EXEC_H

#include "base/error.h"
#include "notify_hold.h"

/* Runs it to its end, keeping the lease of the event in hand. Past `timeout_ms`
 * its whole process group is killed. It need not read its stdin. Returns 0
 * where it exited with 0; else -1 with "exit status 3", "killed by signal 9",
 * "timed out after 30 s", or why it could not be started. */
int notify_exec(const char *command, long long timeout_ms,
		struct notify_hold *hold, struct error *err);

#endif
