/*
 * The list of system calls that a program may make; the one user of libseccomp.
 * The room's own.
 */
#ifndef MARQUEE_CONFINE_CALL_LIST_H
#define MARQUEE_CONFINE_CALL_LIST_H

#include "base/error.h"

/* Allows what `needs` (of enum confine_need) says and refuses all else with
 * EPERM, for good. `has_supervisor`: state may be told to a datagram socket
 * (sd_notify(3)). -1 where the kernel does not take it. */
int call_list_enforce(unsigned needs, int has_supervisor, struct error *err);

#endif
