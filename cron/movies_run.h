/*
 * One run of fetch-movies: lock, fetch, join, render, publish.
 */
#ifndef MARQUEE_CRON_MOVIES_RUN_H
#define MARQUEE_CRON_MOVIES_RUN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/settings.h"
#include "catalogue/catalogue.h"
#include "upstream/collection.h"

struct movies_run_options {
	const struct settings *settings;
	bool is_dry;            /* do all but publish; take no lock */
	bool allows_shrink;     /* publish although much is missing */
	bool allows_withdrawn;  /* publish again what a rollback took back */
	bool has_example_files; /* the site serves those of example/media */
};

enum movies_outcome {
	MOVIES_PUBLISHED,  /* a new generation is live */
	MOVIES_UNCHANGED,  /* the upstream confirmed what is live */
	MOVIES_HELD,       /* the upstream still has what was withdrawn */
	MOVIES_LOCKED,     /* another run is at it */
	MOVIES_RENDERED,   /* a dry run got to its end */
	MOVIES_BUNDLED,    /* a failure; the bundled catalogue is live */
	MOVIES_FAILED,     /* a failure; what was live still is */
	MOVIES_UNRECORDED, /* a failure; a new generation is live all the same */
	MOVIES_TAKEN       /* a failure; what another host had is live now */
};

/* What a run came to, for its log line. */
struct movies_report {
	enum movies_outcome outcome;
	struct upstream_report upstream;
	struct catalogue_counts counts; /* zeros where nothing was joined */
	size_t body_bytes;              /* of all bodies rendered */
	char generation[65];            /* live at the end, "" none */
	long long failures; /* failed runs in a row, this one included */
	long long duration_ms;
	long long age_s; /* of the data when it began; -1: never confirmed */
	bool is_taken;   /* from another host, by way of Redis */
	bool is_given;   /* Redis has it for other hosts */
};

/* Returns 0, or -1 with the reason (its code is the exit status); `report` is
 * filled in either way and freed by movies_report_free. */
int movies_run(const struct movies_run_options *options,
	       struct movies_report *report, struct error *err);

/* Withdraws the live generation, see cache_writer_rollback, and holds it back
 * until the upstream has something else. EX_TEMPFAIL where another run holds
 * the lock. `generation` is set to the one that is live then, also where it
 * could not be recorded; "" where nothing was withdrawn. */
int movies_rollback(const struct settings *settings, char generation[65],
		    struct error *err);

void movies_report_free(struct movies_report *report);

#endif
