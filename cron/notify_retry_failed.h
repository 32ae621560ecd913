/*
 * notify --retry-failed: every event that is Failed is to be notified again.
 */
#ifndef MARQUEE_CRON_NOTIFY_RETRY_FAILED_H
#define MARQUEE_CRON_NOTIFY_RETRY_FAILED_H

#include "base/error.h"
#include "notify_api.h"

/* Sets `count` to how many there were, after a failure too. Returns 0, or -1:
 * EX_UNAVAILABLE where the API is away, EX_DATAERR where it refuses. */
int notify_retry_failed(struct notify_api *api, long long *count,
			struct error *err);

#endif
