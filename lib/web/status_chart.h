/*
 * A day's values as a picture: a bar for each slot of ten minutes that has one.
 * It is SVG inside the page, with no style of its own but the colour of the text:
 * the Content-Security-Policy allows no other.
 */
#ifndef MARQUEE_WEB_STATUS_CHART_H
#define MARQUEE_WEB_STATUS_CHART_H

#include "base/buffer.h"
#include "base/day.h"

enum status_unit {
	STATUS_COUNT,
	STATUS_SECONDS, /* told as status_seconds_write does */
	STATUS_MS,      /* told as seconds */
};

struct status_chart {
	const char *title; /* "Age of the films" */
	enum status_unit unit;
	const long long *values; /* DAY_SLOTS of them; -1: none */
	const char *missing;     /* is said where there is no value at all */
};

/* Appends a figure, with the largest value in words. */
void status_chart_write(const struct status_chart *chart, struct buffer *out);

#endif
