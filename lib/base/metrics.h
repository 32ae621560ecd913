/*
 * What a process and its services tell a monitor, in Prometheus' text format
 * 0.0.4
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
#ifndef MARQUEE_BASE_METRICS_H
#define MARQUEE_BASE_METRICS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_SUMMARY };

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
	struct buffer *out; /* borrowed; its failure is the writer's */
	const char *headed; /* the metric whose head went out last */
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

/* A summary of how often something was done and how long that took in all:
 * <name>_sum, in seconds, and <name>_count. */
void metrics_put_durations(struct metrics_writer *writer,
			   const struct metric *metric, long long sum_ms,
			   long long count);

/* Who writes metrics, each of which only it has in its process. */
struct metrics_source {
	void (*write)(const void *context, struct metrics_writer *writer);
	const void *context;
};

/* Looks a sample up in a text of the above, by its name and labels to the
 * letter: "x_total{a=\"1\"}". Sets `thousandths`, a thousand times its value.
 * Returns false where there is none, or it is not one that is written here. */
bool metrics_find(const struct buffer *text, const char *series,
		  long long *thousandths);

#endif
