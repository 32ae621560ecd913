/*
 * The films' metrics, from where their entry in /health comes from.
 */
#ifndef MARQUEE_WEB_MOVIES_METRICS_H
#define MARQUEE_WEB_MOVIES_METRICS_H

#include "base/metrics.h"

/* A source of metrics; `cache_dir` is the path as text. Writes
 * marquee_movies_… as the table in the .c lists them; what is not known is
 * left out, as is the age of films that were never fetched. */
void movies_metrics_write(const void *cache_dir, struct metrics_writer *writer);

#endif
