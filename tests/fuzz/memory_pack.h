/*
 * A pack without a file: the descriptor MEMORY_PACK reads from memory. The
 * linker leads pread, fstat and close of the programs here (--wrap); every
 * other descriptor goes to the system.
 */
#ifndef MARQUEE_TESTS_MEMORY_PACK_H
#define MARQUEE_TESTS_MEMORY_PACK_H

#include <stddef.h>

/* No descriptor that is open. */
#define MEMORY_PACK 1000000

/* What it holds from now on; borrowed. */
void memory_pack_set(const void *bytes, size_t size);

/* How often it was closed. */
unsigned memory_pack_closed(void);

#endif
