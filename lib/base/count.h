/*
 * How many elements an array (not a pointer) has.
 */
#ifndef MARQUEE_BASE_COUNT_H
#define MARQUEE_BASE_COUNT_H

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
