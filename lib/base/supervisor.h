/*
 * Signs of life for whoever started this process and starts it again: systemd,
 * or keep-running.
 *
 *	struct supervisor supervisor;
 *
 *	supervisor_find(&supervisor);
 *	…						starts
 *	supervisor_tell(&supervisor, "READY=1");
 *	…						every now and then
 *	supervisor_tell(&supervisor, "WATCHDOG=1");
 *
 * The protocol is that of sd_notify(3) and sd_watchdog_enabled(3), whose text
 * promises that it stays: a datagram of NAME=value lines to the Unix socket that
 * NOTIFY_SOCKET names, as a path or, after an `@`, as an abstract name. A
 * process that is silent for WATCHDOG_USEC microseconds is killed and replaced.
 */
#ifndef MARQUEE_BASE_SUPERVISOR_H
#define MARQUEE_BASE_SUPERVISOR_H

struct supervisor {
	int socket; /* connected; -1: there is nobody to tell */
	/* The longest silence allowed; 0: nobody waits for a sign. */
	long long watchdog_ms;
};

/* Reads the environment, and takes what it read out of it: no child of this
 * process is to speak for it. The socket is connected from here on, so that a
 * process that gives up the right to open one can still use it. One that cannot
 * be connected is a line in the log, and nobody. */
void supervisor_find(struct supervisor *supervisor);

/* Sends `state`, and never waits. Returns 0, also where there is nobody; -1
 * where it was not taken: the next time may do. */
int supervisor_tell(const struct supervisor *supervisor, const char *state);

#endif
