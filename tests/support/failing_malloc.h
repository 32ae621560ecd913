/*
 * Memory that runs out on order: failing_malloc.so, for LD_PRELOAD.
 *
 *	LD_PRELOAD=…/failing_malloc.so FAILING_MALLOC=CONTROL PROGRAM…
 *
 * CONTROL is a file of at least sizeof(struct failing_control) bytes, which
 * whoever starves the program maps too (tests/prove/starving.py): it says there
 * which allocation is to fail, and finds there what came of it. malloc, calloc,
 * realloc, reallocarray, aligned_alloc, memalign and posix_memalign count, and
 * what libc calls by them (strdup, getline, open_memstream, fopen, threads).
 *
 * FAILING_MALLOC_SERVER=IN,OUT makes the program wait before its main: for each
 * byte that descriptor IN brings it forks a child that runs main, and writes to
 * OUT the child's pid and, after its end, the status of waitpid(2), an int each.
 * So a run costs neither exec nor dynamic linking. The end of IN ends it.
 *
 * A program that was preloaded may also starve itself, see below.
 */
#ifndef MARQUEE_TESTS_FAILING_MALLOC_H
#define MARQUEE_TESTS_FAILING_MALLOC_H

#include <stdint.h>

/* Of a call chain as text: "program+0x1234 libc.so.6+0x5678 …", the innermost
 * first. */
#define FAILING_CHAIN_BYTES 2048

struct failing_control {
	_Atomic uint64_t wanted;   /* the first to fail, from 1; 0: none */
	_Atomic uint64_t goes_on;  /* not 0: and all after it */
	_Atomic uint64_t is_armed; /* count, and fail */
	_Atomic uint64_t seen;     /* allocations since it was armed */
	_Atomic uint64_t failed;   /* of them */
	_Atomic int64_t live;      /* taken less freed since it was armed */
	uint64_t is_traced;        /* write down who asked, see `callers` */
	uint64_t signal;           /* that the program died of, or 0 */
	char chain[FAILING_CHAIN_BYTES]; /* who was refused, first */
	char crash[FAILING_CHAIN_BYTES]; /* who died */
	/* Where the file is longer: for each allocation a digest of its call
	 * chain, so that those of one place can be told from the others; odd
	 * where the program itself asked, or json-c, which may go on without
	 * what it was refused; even where another library did. */
	uint64_t callers[];
};

/* From now on allocations count, and the `wanted`-th fails. Defined where the
 * library was preloaded, else NULL. */
void failing_malloc_arm(uint64_t wanted, int goes_on) __attribute__((weak));

/* All is well again; returns what happened since, which the next arming
 * overwrites. */
const struct failing_control *failing_malloc_disarm(void) __attribute__((weak));

#endif
