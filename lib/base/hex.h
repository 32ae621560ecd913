/*
 * Bytes as hexadecimal digits.
 */
#ifndef MARQUEE_BASE_HEX_H
#define MARQUEE_BASE_HEX_H

#include <stddef.h>

/* Writes `length` bytes as 2 × length lower-case digits and a NUL. */
void hex_encode(const unsigned char *bytes, size_t length, char *hex);

#endif
