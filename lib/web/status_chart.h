/*
 * A day's values as a picture: a bar for each slot of ten minutes that has one.
 * It is SVG inside the page, with no style of its own but the colour of the text:
 * the Content-Security-Policy allows no other.
 */
#ifndef MARQUEE_WEB_STATUS_CHART_H
#define MARQUEE_WEB_STATUS_CHART_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/day.h"

struct status_chart {
	const char *title;       /* "Age of the films" */
	const char *unit;        /* behind the largest value: "s"; "" none */
	const long long *values; /* DAY_SLOTS of them; -1: none */
	bool is_ms;              /* milliseconds, which are told as seconds */
};

/* Appends a figure, with the largest value in words. Where there is no value it
 * says that. */
void status_chart_write(const struct status_chart *chart, struct buffer *out);

#endif
