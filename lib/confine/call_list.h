/*
 * The list of system calls that a program may make; the one user of libseccomp.
 * The room's own.
 */
#ifndef MARQUEE_CONFINE_CALL_LIST_H
#define MARQUEE_CONFINE_CALL_LIST_H

#include "base/error.h"

#define CALL_LIST_NOT_OFFERED 1

/* Allows what `needs` (of enum confine_need) says and refuses all else with
 * EPERM, for good. CALL_LIST_NOT_OFFERED where the kernel takes no such list, with
 * the reason in `err`, too; -1. */
int call_list_enforce(unsigned needs, struct error *err);

#endif
