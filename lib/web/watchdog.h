/*
 * Whether a responder is well, asked of itself every now and then, and the sign
 * of life that follows where it is.
 *
 *	watchdog_init(&watchdog, &plan);
 *	…						every look_ms:
 *	if (watchdog_look(&watchdog, &facts, &why) != WATCHDOG_WELL)
 *		…		ends: the supervisor starts another one
 *
 * It is not well where
 * - an answer has been on its way for too long. Time in which the peer is to
 *   read or write does not count: a web server that stands still is no fault of
 *   the responder;
 * - connections have been waiting for as long, and no request was taken: all
 *   threads are held by something, by a peer that sent half a request say;
 * - more descriptors are open than its threads can need: they leak.
 * Where no supervisor waits for signs of life nothing is looked at, since nobody
 * would start another process. A look costs a few system calls. What a process cannot see of itself (it is
 * stopped, or its main thread hangs) the supervisor sees: the sign is missing.
 */
#ifndef MARQUEE_WEB_WATCHDOG_H
#define MARQUEE_WEB_WATCHDOG_H

#include <stdbool.h>

#include "base/error.h"
#include "base/supervisor.h"

/* How often it looks at most; more often where the supervisor is impatient. */
#define WATCHDOG_LOOK_MS 1000

struct watchdog_plan {
	const struct supervisor *supervisor;
	int listener; /* the socket on which connections wait */
	/* How long an answer may take by design: an upstream's deadline, a
	 * lock's. It hangs where that is over for as long as the supervisor
	 * bears silence. */
	long long patience_ms;
	/* The most that can be needed at once, where so many can be had; 0:
	 * they are not looked at. */
	unsigned max_descriptors;
};

/* What the responder knows. */
struct watchdog_facts {
	long long longest_ms; /* of the answers under way, the longest */
	unsigned long taken;  /* requests so far */
};

struct watchdog {
	struct watchdog_plan plan;
	bool is_announced; /* READY=1 was sent */
	unsigned long taken;
	long long taken_ms; /* the last look that saw progress, or nobody
			       waiting */
};

/* How often to look. 0: nobody waits for a sign of life, and nobody would start
 * another process: READY=1 is all that is to be sent. */
long long watchdog_look_ms(const struct supervisor *supervisor);

void watchdog_init(struct watchdog *watchdog, const struct watchdog_plan *plan);

enum watchdog_verdict {
	WATCHDOG_WELL,
	WATCHDOG_HANGS, /* there is no use in waiting for what hangs */
	WATCHDOG_LEAKS  /* what is under way comes to its end */
};

/* Gives the sign of life, the first time READY=1, where all is well; otherwise
 * gives none, and says in `why` (EX_SOFTWARE) what is wrong. */
enum watchdog_verdict watchdog_look(struct watchdog *watchdog,
				    const struct watchdog_facts *facts,
				    struct error *why);

/* Says that the process is about to end of its own will or was told to: from
 * now on it may take the time that it takes. */
void watchdog_end(const struct watchdog *watchdog);

#endif
