/*
 * Who asked for memory, told by return addresses: for failing_malloc.c. Nothing
 * here allocates, once backtrace(3) was used.
 */
#ifndef MARQUEE_TESTS_FAILING_CALLERS_H
#define MARQUEE_TESTS_FAILING_CALLERS_H

#include <dlfcn.h>
#include <execinfo.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "failing_malloc.h"

#define FRAMES 24

struct callers {
	void *frames[FRAMES]; /* the innermost first */
	int count;
};

static void find_callers(struct callers *callers)
{
	callers->count = backtrace(callers->frames, FRAMES);
}

/* Writes them into a text of FAILING_CHAIN_BYTES. */
static void write_chain(char *text, const struct callers *callers)
{
	size_t at = 0;
	int i;

	for (i = 0; i < callers->count && at < FAILING_CHAIN_BYTES - 100; i++) {
		const void *frame = callers->frames[i];
		Dl_info info;
		const char *name = "?";

		if (dladdr(frame, &info) == 0 || info.dli_fname == NULL)
			continue;
		name = strrchr(info.dli_fname, '/');
		name = name != NULL ? name + 1 : info.dli_fname;
		if (strcmp(name, "failing_malloc.so") == 0)
			continue;
		at += (size_t)snprintf(text + at, FAILING_CHAIN_BYTES - at,
				       "%.60s+0x%zx ", name,
				       (size_t)((const char *)frame -
						(const char *)info.dli_fbase));
	}
}

/* Whose code an address is in. */
static const void *module_of(const void *address)
{
	Dl_info info;

	return dladdr(address, &info) != 0 ? info.dli_fbase : NULL;
}

/* Whether the innermost that is neither ours nor libc's is the program's, or
 * json-c's, which may lose what it was given and say nothing. */
static bool is_sensitive(const struct callers *callers, const void *program)
{
	static const char here;
	const void *ours = module_of(&here);
	const void *libc = module_of(stderr);
	int i;

	for (i = 0; i < callers->count; i++) {
		Dl_info info;

		if (dladdr(callers->frames[i], &info) == 0 ||
		    info.dli_fbase == ours || info.dli_fbase == libc)
			continue;
		return info.dli_fbase == program ||
		       strstr(info.dli_fname, "libjson-c.") != NULL;
	}
	return true;
}

/* The same for the same callers, in the same order: FNV-1a. */
static uint64_t digest_of(const struct callers *callers)
{
	uint64_t digest = 0xcbf29ce484222325;
	int i;

	for (i = 0; i < callers->count; i++)
		digest =
			(digest ^ (uint64_t)callers->frames[i]) * 0x100000001b3;
	return digest;
}

#endif
