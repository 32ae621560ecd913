/*
 * Whether whoever leaves notes in the cache still lives: a lock on
 *
 *	<cache>/<site>/alive
 *
 * that the system takes away with the process, however that ends. Without it a
 * killed process's last note would be believed for ever.
 *
 *	presence = presence_hold(cache_dir, "events", &err);
 *	…
 *	presence_end(presence);
 *
 * The lock is one of the open file description (fcntl(2), F_OFD_SETLK): shared,
 * so that several processes may serve one site, and asked for without being
 * taken, so that those who ask never meet.
 */
#ifndef MARQUEE_CACHE_PRESENCE_H
#define MARQUEE_CACHE_PRESENCE_H

#include <stdbool.h>

#include "base/error.h"

#define PRESENCE_FILE "alive"

/* Says so until presence_end or the process's end; makes the site's directory
 * where it is missing. Returns a descriptor, or -1 with EX_CANTCREAT. */
int presence_hold(const char *cache_dir, const char *site, struct error *err);

/* -1 is allowed. */
void presence_end(int presence);

/* Whether any process holds it now. What cannot be read is not held. */
bool presence_is_held(const char *cache_dir, const char *site);

#endif
