/*
 * SIGTERM and SIGINT: notify was asked to end. The program's one signal flag.
 */
#ifndef MARQUEE_CRON_NOTIFY_STOP_H
#define MARQUEE_CRON_NOTIFY_STOP_H

#include <stdbool.h>

/* From now on the two signals ask. Whatever waits in a system call then is
 * interrupted, again and again, so that no wait entered a moment too late sleeps
 * over it. */
void notify_stop_listen(void);

bool notify_stop_is_asked(void);

/* What is left of the `grace_ms` that something may take once asked, at least
 * 0; LLONG_MAX while nobody asks. */
long long notify_stop_left_ms(long long grace_ms);

#endif
