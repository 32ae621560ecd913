/*
 * How long to wait before something that failed is tried again.
 */
#ifndef MARQUEE_EVENTS_BACKOFF_H
#define MARQUEE_EVENTS_BACKOFF_H

/* The wait after so many failures in a row (from 1), in milliseconds: at most
 * `first_ms` after the first, doubled with each further one, never more than
 * `longest_ms`, which is at most INT_MAX. Half of it is certain, the other half by chance, so that those
 * who failed together do not come back together. */
long long backoff_ms(unsigned failures, long long first_ms,
		     long long longest_ms);

/* The same with the chance given: 0 is the shortest wait, UINT_MAX the
 * longest. */
long long backoff_by_chance_ms(unsigned failures, long long first_ms,
			       long long longest_ms, unsigned chance);

#endif
