/*
 * /metrics: what a process and its services tell a monitor, in Prometheus'
 * text format 0.0.4
 * (https://prometheus.io/docs/instrumenting/exposition_formats/).
 *
 * A metric is one entry of somebody's table; its HELP and TYPE go out before
 * its first sample, and a metric without a sample leaves no trace, so what is
 * not known is left out rather than shown as 0.
 *
 *	static const struct metric films = {
 *		"marquee_movies_films", METRIC_GAUGE, "Films published."};
 *
 *	metrics_put(writer, &films, NULL, 0, 22);
 *
 *	# HELP marquee_movies_films Films published.
 *	# TYPE marquee_movies_films gauge
 *	marquee_movies_films 22
 */
#ifndef MARQUEE_WEB_METRICS_H
#define MARQUEE_WEB_METRICS_H

#include <stddef.h>

#include "base/buffer.h"
#include "web/response.h"

#define METRICS_MEDIA_TYPE "text/plain; version=0.0.4; charset=utf-8"

enum metric_type { METRIC_COUNTER, METRIC_GAUGE };

struct metric {
	const char *name; /* ends in its unit, a counter's in _total */
	enum metric_type type;
	const char *help; /* a sentence, without line breaks and backslashes */
};

struct metric_label {
	const char *name;
	const char *value; /* from anywhere; escaped by the writer */
	size_t value_length;
};

struct metrics_writer {
	struct buffer *out;          /* borrowed; its failure is the writer's */
	const struct metric *headed; /* whose head went out last */
};

#define METRICS_WRITER(buffer) ((struct metrics_writer){.out = (buffer)})

/* Writes one sample. Those of one metric must follow each other, and differ in
 * their labels. */
void metrics_put(struct metrics_writer *writer, const struct metric *metric,
		 const struct metric_label *labels, size_t label_count,
		 long long value);

/* The same for a value that is kept in milliseconds and shown in seconds. */
void metrics_put_ms(struct metrics_writer *writer, const struct metric *metric,
		    const struct metric_label *labels, size_t label_count,
		    long long value_ms);

struct metrics_source {
	/* Writes its metrics, each of which only it has. */
	void (*write)(const void *context, struct metrics_writer *writer);
	const void *context;
};

/* Answers with marquee_build_info and what every source writes; 500 where
 * memory is short. Never to be kept. */
void metrics_answer(const struct metrics_source *sources, size_t count,
		    struct web_response *response);

#endif
