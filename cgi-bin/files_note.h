/*
 * What files.fcgi tells /health: the note of web/files_health.h, put into the
 * cache when something has changed; and, while it runs as a service, its claim
 * to be there, which a note cannot take back when the process is killed.
 */
#ifndef MARQUEE_CGI_FILES_NOTE_H
#define MARQUEE_CGI_FILES_NOTE_H

#include <pthread.h>
#include <stdbool.h>

#include "base/metrics.h"
#include "media/media.h"

/* While the upstream is ill every fetch fails: one note says it. */
#define FILES_NOTE_REST_MS 1000

struct files_note {
	const char *cache_dir; /* borrowed */
	struct media *media;   /* borrowed; NULL: there is no upstream */
	bool is_service;       /* not a plain CGI program, one run a request */
	long long started_ms;  /* wall clock */
	pthread_mutex_t lock;
	/* Under `lock`: */
	int claim;            /* cache_presence.h; -1: none */
	long long ended_ms;   /* wall clock; 0: not yet */
	bool is_failed;       /* as last written */
	long long written_ms; /* monotonic */
	/* Of the thread that writes metrics: */
	unsigned long long
		kept; /* files in the cache, when they were counted */
	unsigned long long fetched_by_then;
	long long rest_until_ms; /* monotonic, as the next is */
	long long recount_ms;    /* 0: they were never counted */
};

/* Makes a note and, for a service, puts it into the cache and claims to be
 * there. (What a CGI program has not asked for changes nothing.) */
void files_note_begin(struct files_note *note, const char *cache_dir,
		      struct media *media, bool is_service);

/* A fetch has ended. What cannot be written is logged: nobody who asks for a
 * file suffers from it. */
void files_note_update(struct files_note *note, bool has_failed);

/* The service ends because it was told to: gives the claim back and, if no
 * other process is there, says so. Whoever updates the note now is late and
 * changes nothing. */
void files_note_end(struct files_note *note);

/* How many files are kept is counted anew when this process has kept one, and
 * after this time, since others keep and drop some too; but never so often that
 * it takes more than a hundredth of the time. */
#define FILES_NOTE_RECOUNT_MS 60000

/* Writes marquee_files_…; to be called by one thread. */
void files_note_write_metrics(struct files_note *note,
			      struct metrics_writer *writer);

#endif
