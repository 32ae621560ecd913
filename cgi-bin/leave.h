/*
 * The end of a responder's process that may not take itself apart.
 */
#ifndef MARQUEE_CGI_BIN_LEAVE_H
#define MARQUEE_CGI_BIN_LEAVE_H

#include <sysexits.h>
#include <unistd.h>

#include "web/responder.h"

/* Given what responder_run returned: where threads of it still run, ends the
 * process without freeing anything, since they use it, with EX_SOFTWARE after
 * RESPONDER_UNWELL and EX_OK after RESPONDER_UNFINISHED. Returns for any other
 * status. */
static inline void leave_if_unfinished(int status)
{
	if (status == RESPONDER_UNWELL)
		_exit(EX_SOFTWARE);
	if (status == RESPONDER_UNFINISHED)
		_exit(EX_OK);
}

#endif
