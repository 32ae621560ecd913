/*
 * What was measured over the last day: the largest value of each ten minutes, in
 * a text of fixed size.
 *
 *	struct day day;
 *
 *	day_read(&note, now_s, &day);
 *	day_raise(&day, DAY_RUN_MS, 350);
 *	day_write(&day, &note);
 *
 * The text has a line a slot, "<number of the slot since 1970> <age> <duration>",
 * with `-` for what was not measured; a slot without any has none. Each value is kept as a maximum,
 * so that writing one that is no larger changes nothing.
 */
#ifndef MARQUEE_BASE_DAY_H
#define MARQUEE_BASE_DAY_H

#include "base/buffer.h"

#define DAY_SLOT_S 600
#define DAY_SLOTS 144

/* The note of the films' site that fetch-movies writes. */
#define DAY_NOTE "day"

enum day_value {
	DAY_AGE_S,  /* of the data, when a run began */
	DAY_RUN_MS, /* how long a run took */
	DAY_VALUES
};

struct day {
	long long slot; /* the last one's number: that of now */
	/* The oldest slot first; -1: not measured. */
	long long values[DAY_VALUES][DAY_SLOTS];
};

/* What the text says of the day that ends at `now_s`. Lines that are not as above,
 * of another day or of the future are left out. */
void day_read(const struct buffer *text, long long now_s, struct day *day);

/* A value of the last slot, not negative. */
void day_raise(struct day *day, enum day_value which, long long value);

void day_write(const struct day *day, struct buffer *text);

#endif
