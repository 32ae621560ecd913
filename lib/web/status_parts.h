/*
 * The parts of /status (status_page.h). Each appends to a page, and the buffer has
 * failed where memory was short.
 */
#ifndef MARQUEE_WEB_STATUS_PARTS_H
#define MARQUEE_WEB_STATUS_PARTS_H

#include "base/buffer.h"
#include "web/health.h"

/* A duration as people say it: "90 s", "5 min", "3 h 20 min", "12 days"; what is
 * left of its last unit is cut off. */
void status_seconds_write(long long seconds, struct buffer *out);

/* A time as people read it, "2026-11-21 08:00:00 UTC", and as programs do. */
void status_time_write(long long wall_ms, struct buffer *out);

/* A section that says what /health does of one service; returns its state. What is
 * not known (null) is not shown. */
enum health_state status_service_write(const struct health_service *service,
				       struct buffer *out);

/* The text of /metrics as a table, folded away. */
void status_numbers_write(const struct buffer *text, struct buffer *out);

#endif
