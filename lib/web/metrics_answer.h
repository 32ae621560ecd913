/*
 * /metrics: what this process counts, and what others have left of theirs in
 * the cache (metrics_note.h), as one text.
 */
#ifndef MARQUEE_WEB_METRICS_ANSWER_H
#define MARQUEE_WEB_METRICS_ANSWER_H

#include <stddef.h>

#include "base/buffer.h"
#include "base/metrics.h"
#include "web/response.h"

#define METRICS_MEDIA_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* Appends texts in the format of base/metrics.h as one: the samples of a metric
 * follow each other, wherever they are, behind the HELP and TYPE of the first
 * text that has it. A sample is to be in one of them only. What does not
 * follow a HELP and a TYPE of its metric is left out, and so is what has them twice
 * in a text. */
void metrics_merge(const struct buffer *texts, size_t count,
		   struct buffer *out);

/* Appends marquee_build_info and what every source writes, which goes into
 * `texts[0]`, merged with the other texts. It has failed where memory was too
 * short for any of them. */
void metrics_collect(const struct metrics_source *sources, size_t count,
		     struct buffer *texts, size_t text_count,
		     struct buffer *out);

/* Answers with such a text, never to be kept; 500 where it has failed. */
void metrics_answer(const struct buffer *text, struct web_response *response);

#endif
