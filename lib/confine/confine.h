/*
 * Giving up what a program does not need, before it reads a byte from outside:
 * whoever takes it over with such bytes has taken little.
 *
 * Two locks of the kernel, for good and inherited by whatever the process
 * starts. Landlock (https://docs.kernel.org/userspace-api/landlock.html): which
 * files are in reach, that no TCP port is bound and none but by CONFINE_CONNECTS
 * connected to, that no process outside is sent a signal or reached by an
 * abstract socket. A list of system calls (seccomp(2)): what is not on it is
 * EPERM. No program here is on it with execve or fork: nothing is ever started.
 *
 * EPERM rather than death: to an attacker both are a refusal, but a call that is
 * missing on the list by mistake (a new libc makes it) costs an error that is
 * handled and logged, and not the service.
 *
 * Each program states its needs beside its main:
 *
 *	const struct confine_path paths[] = {
 *		{settings_text(settings, SETTING_CACHE_DIR), CONFINE_READS},
 *		{NULL, 0},
 *	};
 *	const struct confinement needs = {
 *		.paths = paths,
 *		.needs = CONFINE_SERVES,
 *	};
 *
 *	if (confine_enter(&needs, settings, &confined, &err) != 0)
 *		…
 *
 * Landlock holds on to the directories and files that are there now, not to
 * their names: one that is removed and made again, replaced by a rename or
 * covered by a mount is out of reach. A service calls confine_check now and then,
 * which ends it; its supervisor starts the next, which has what is there by
 * then.
 *
 * What the kernel does not offer is done without, and said once. It is not held
 * back by Landlock who looks at a file (stat) or, up to its ABI 7, who connects to
 * a Unix socket by path; nothing that was open before is affected.
 */
#ifndef MARQUEE_CONFINE_CONFINE_H
#define MARQUEE_CONFINE_CONFINE_H

#include <stdbool.h>

#include "base/error.h"
#include "base/settings.h"

/* What is done with a path and, where it is a directory, with all below it. */
enum confine_use {
	CONFINE_READS,     /* read, listed */
	CONFINE_WRITES_TO, /* and files and directories made, written, renamed,
			      removed; the directory is made where it is
			      missing */
	CONFINE_PUBLISHES, /* and symbolic links made */
};

struct confine_path {
	const char *path; /* NULL ends the table */
	enum confine_use use;
};

/* What a program does beside computing, having threads, telling the time, and
 * reading and writing what is open or among its paths. */
enum confine_need {
	CONFINE_SERVES = 1 << 0,   /* answers on a socket that it was given */
	CONFINE_CHANGES = 1 << 1,  /* makes and changes files */
	CONFINE_CONNECTS = 1 << 2, /* connects to other hosts; reads what it
				      takes: names of hosts, certificates, the
				      modules of the C library */
	CONFINE_WATCHES = 1 << 3,  /* inotify, signalfd */
	CONFINE_LOGS = 1 << 4,     /* to syslog: /dev/log, the time zone */
};

struct confinement {
	const struct confine_path *paths;
	unsigned needs;  /* of enum confine_need */
	bool is_service; /* runs until it is asked to end */
};

struct confined; /* freed with confine_free */

/* Gives up all that is not in `needs`, for this thread and those it starts: call
 * it before there is another. With MARQUEE_CONFINE=off it does nothing but say
 * so. Sets `confined`, where that is not NULL, to what is to be looked after,
 * which may be NULL. Returns 0 also where
 * the kernel offers less, and where a path is missing or out of reach (it stays
 * so). -1 with EX_OSERR or EX_IOERR where it cannot be told: the program is not to go on. */
int confine_enter(const struct confinement *needs,
		  const struct settings *settings, struct confined **confined,
		  struct error *err);

/* Whether something else stands by now where one of the paths was, or nothing,
 * or something where nothing was; of NULL, never. Threads may call it at once. */
bool confine_is_outdated(const struct confined *confined);

/* Where it is outdated: logs that and sends SIGTERM to this process, which ends as
 * when it is asked to. `confined` is a struct confined or NULL. */
void confine_check(const void *confined);

void confine_free(struct confined *confined);

#endif
