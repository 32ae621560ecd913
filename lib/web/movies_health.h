/*
 * The films' entry in /health.
 */
#ifndef MARQUEE_WEB_MOVIES_HEALTH_H
#define MARQUEE_WEB_MOVIES_HEALTH_H

#include "web/health.h"

/* Writes age_s, published, films, people, source, generation, last_run, failures
 * and last_error, from the cache and the publisher's note; what is not known is
 * null, as is the age of films that were never fetched. `cache_dir` is the path
 * as text. Ok while the data is fresh, degraded
 * while it is stale, down while nothing is published that can be read. */
enum health_state movies_health_report(const void *cache_dir,
				       struct json_writer *json);

#endif
