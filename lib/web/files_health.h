/*
 * The media files' entry in /health, from the note "status" that files.fcgi
 * leaves in the cache:
 *
 *	upstream=configured	or none: MARQUEE_FILES_URL is empty
 *	started=<RFC 3339>	when it was started
 *	kept=<number>		files it has fetched and kept since
 *	result=ok		or failed: how the last fetch of a file ended
 *	error=<reason>		why it failed
 *	failed_ms=<number>	when, by the wall clock
 */
#ifndef MARQUEE_WEB_FILES_HEALTH_H
#define MARQUEE_WEB_FILES_HEALTH_H

#include "web/health.h"

/* The media files' place in the cache, and the note's name. */
#define FILES_SITE "files"
#define FILES_NOTE "status"

/* A failure that is older, with nobody asking since, says little of how the
 * upstream is now. */
#define FILES_FAILURE_RECENT_S 300

/* Writes upstream, kept, started, last_failure and last_error; what is not
 * known is null. `cache_dir` is the path as text. Degraded where the last
 * fetch failed, not longer than FILES_FAILURE_RECENT_S ago; disabled where
 * there is no upstream or files.fcgi was never started; else ok, also when
 * nothing was ever asked for. */
enum health_state files_health_report(const void *cache_dir,
				      struct json_writer *json);

#endif
