/*
 * What the runs of fetch-movies come to over time: the note "fetch-movies.prom",
 * in Prometheus' text format, whose counters each run takes up where the one
 * before has left them. movies.fcgi shows it in /metrics, and the textfile
 * collector of a node_exporter can read it. And the note "day" (base/day.h), for
 * the charts of /status.
 */
#ifndef MARQUEE_CRON_MOVIES_TALLY_H
#define MARQUEE_CRON_MOVIES_TALLY_H

#include "base/error.h"
#include "cache/cache_writer.h"
#include "movies_run.h"

#define MOVIES_TALLY_NOTE "fetch-movies.prom"

/* Counts a run that ended with `failure` (code 0: well). A note that is missing
 * or damaged counts from 0 on. Returns 0, or -1: the run is not counted. */
int movies_tally_count(struct cache_writer *writer, const char *cache_dir,
		       const struct movies_report *report,
		       const struct error *failure, struct error *err);

#endif
