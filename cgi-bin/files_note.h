/*
 * What files.fcgi tells /health: the note of web/files_health.h, put into the
 * cache when something has changed.
 */
#ifndef MARQUEE_CGI_FILES_NOTE_H
#define MARQUEE_CGI_FILES_NOTE_H

#include <pthread.h>
#include <stdbool.h>

#include "media/media.h"

/* While the upstream is ill every fetch fails: one note says it. */
#define FILES_NOTE_REST_MS 1000

struct files_note {
	const char *cache_dir; /* borrowed */
	struct media *media;   /* borrowed; NULL: there is no upstream */
	long long started_ms;  /* wall clock */
	pthread_mutex_t lock;
	bool is_failed;       /* as last written; under `lock` */
	long long written_ms; /* monotonic; under `lock` */
};

/* Makes a note; it stays out of the cache until files_note_put. */
void files_note_init(struct files_note *note, const char *cache_dir,
		     struct media *media);

/* Puts it into the cache: what was asked so far. */
void files_note_put(const struct files_note *note);

/* A fetch has ended. What cannot be written is logged: nobody who asks for a
 * file suffers from it. */
void files_note_update(struct files_note *note, bool has_failed);

#endif
