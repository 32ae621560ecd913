/*
 * The list of system calls that a program may make; the one user of libseccomp.
 * The room's own.
 */
#ifndef MARQUEE_CONFINE_CALL_LIST_H
#define MARQUEE_CONFINE_CALL_LIST_H

#include "base/error.h"

/* Allows what `needs` (of enum confine_need) says and refuses all else with
 * EPERM, for good. -1 where the kernel does not take it. */
int call_list_enforce(unsigned needs, struct error *err);

#endif
