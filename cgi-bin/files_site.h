/*
 * The media files' URLs (contract sections 3 and 3.2):
 *
 *	/api/presentation/files/{fileId}	one media file, as JSON
 *	/ping, /health				of this process
 *
 * A kept file costs one open and no lock and is served by the films' streaming
 * code. One that is not kept is fetched while its callers wait; what goes wrong
 * is told as a problem (RFC 9457).
 */
#ifndef MARQUEE_CGI_FILES_SITE_H
#define MARQUEE_CGI_FILES_SITE_H

#include <stdatomic.h>

#include "files_note.h"
#include "media/media.h"
#include "web/metrics_note.h"
#include "web/request.h"
#include "web/request_counters.h"
#include "web/response.h"

struct files_site {
	const char *cache_dir; /* borrowed */
	struct media *media;   /* borrowed; NULL: only what is kept is served */
	struct files_note *note; /* borrowed */
	/* Callers beyond it are told to come again: threads must be left for
	 * the files that are kept. */
	unsigned max_waiting;
	atomic_uint *waiting; /* for a fetch, at this moment; borrowed */
	struct request_counters *counters; /* NULL: nothing is counted */
};

/* Starts to count requests, and to leave the metrics in the cache, for as long as
 * `metrics` lives: until metrics_note_end. -1 with EX_OSERR. */
int files_site_count(struct files_site *site, struct metrics_note *metrics,
		     struct error *err);

/* Answers one request; `site` is a struct files_site. Many threads may call it
 * at once. */
void files_site_answer(const void *site, const struct web_request *request,
		       struct web_response *response);

#endif
