/*
 * The media files' entry in /health, from the note "status" that files.fcgi
 * leaves in the cache:
 *
 *	upstream=configured	or none: MARQUEE_FILES_URL is empty
 *	runs=service		or cgi: one process a request
 *	started=<RFC 3339>	when it was started
 *	ended=<RFC 3339>	when it was told to end
 *	kept=<number>		files it has fetched and kept since
 *	result=ok		or failed: how the last fetch of a file ended
 *	error=<reason>		why it failed
 *	failed_ms=<number>	when, by the wall clock
 *
 * A process that was killed leaves the note as it was. So a service also claims
 * to be there (cache_presence.h, "alive"), and the note counts only while one
 * does.
 */
#ifndef MARQUEE_WEB_FILES_HEALTH_H
#define MARQUEE_WEB_FILES_HEALTH_H

#include "web/health.h"

/* The media files' place in the cache, the names of the note and the claim. */
#define FILES_SITE "files"
#define FILES_NOTE "status"
#define FILES_ALIVE "alive"

/* A failure that is older, with nobody asking since, says little of how the
 * upstream is now. */
#define FILES_FAILURE_RECENT_S 300

/* Writes upstream, kept, started, last_failure and last_error; what is not
 * known is null. `cache_dir` is the path as text. Disabled where there is no
 * upstream, or files.fcgi was never started or told to end; down, with that as
 * last_error, where it is a service and is gone; degraded where the last fetch
 * failed, not longer than FILES_FAILURE_RECENT_S ago; else ok, also when
 * nothing was ever asked for. */
enum health_state files_health_report(const void *cache_dir,
				      struct json_writer *json);

#endif
