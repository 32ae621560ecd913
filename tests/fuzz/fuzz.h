/*
 * What the fuzz targets share. A target is a file fuzz_<parser>.c that gives
 * bytes of anybody's to one parser and checks what must hold whatever they are:
 *
 *	FUZZ_TARGET(range, 128)
 *	{
 *		static char room[128 + 1];
 *		const char *header = fuzz_text(room, sizeof(room), data, size);
 *
 *		FUZZ_CHECK(range_read(header, 100, &range) != …);
 *	}
 *
 * libFuzzer and AFL++ call it LLVMFuzzerTestOneInput (FUZZ_DRIVEN); in the test
 * of the corpus all of them are in one program (standalone.c).
 */
#ifndef MARQUEE_TESTS_FUZZ_H
#define MARQUEE_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef FUZZ_DRIVEN
#define FUZZ_ENTRY(name) LLVMFuzzerTestOneInput
#else
#define FUZZ_ENTRY(name) fuzz_target_##name
#endif

/* Begins the target `name`, with `data` and `size`. Longer inputs than
 * `max_bytes` are passed over; tests/fuzz/run reads both from here. */
#define FUZZ_TARGET(name, max_bytes)                                           \
	static void try_##name(const uint8_t *data, size_t size);              \
	int FUZZ_ENTRY(name)(const uint8_t *data, size_t size);                \
	int FUZZ_ENTRY(name)(const uint8_t *data, size_t size)                 \
	{                                                                      \
		if (size <= (max_bytes))                                       \
			try_##name(data, size);                                \
		return 0;                                                      \
	}                                                                      \
	static void try_##name(const uint8_t *data, size_t size)

/* What must hold for every input. */
#define FUZZ_CHECK(holds)                                                      \
	do {                                                                   \
		if (!(holds))                                                  \
			fuzz_failed(__FILE__, __LINE__, #holds);               \
	} while (0)

_Noreturn static inline void fuzz_failed(const char *file, int line,
					 const char *what)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
	abort();
}

/* A copy that ends with its room, of `room_bytes`: so AddressSanitizer finds
 * whoever reads on, and nothing is allocated. */
static inline const char *fuzz_bytes(char *room, size_t room_bytes,
				     const void *bytes, size_t size)
{
	char *copy = room + room_bytes - size;

	FUZZ_CHECK(size <= room_bytes);
	if (size > 0)
		memcpy(copy, bytes, size);
	return copy;
}

/* The same ended by a NUL, up to the first one in it. */
static inline const char *fuzz_text(char *room, size_t room_bytes,
				    const void *bytes, size_t size)
{
	room[room_bytes - 1] = '\0';
	return fuzz_bytes(room, room_bytes - 1, bytes,
			  size > 0 ? strnlen(bytes, size) : 0);
}

/* A piece of the input. */
struct fuzz_span {
	const uint8_t *data;
	size_t size;
};

/* Takes what stands before the first `separator` off `rest`; all where there
 * is none. */
static inline struct fuzz_span fuzz_take(struct fuzz_span *rest, char separator)
{
	const uint8_t *end = rest->size > 0
				     ? memchr(rest->data, separator, rest->size)
				     : NULL;
	struct fuzz_span taken = *rest;

	if (end == NULL) {
		rest->data += rest->size;
		rest->size = 0;
		return taken;
	}
	taken.size = (size_t)(end - rest->data);
	rest->data += taken.size + 1;
	rest->size -= taken.size + 1;
	return taken;
}

/* A number that depends on each byte: where to cut, what to try. The same
 * input always gives the same one. */
static inline uint32_t fuzz_seed(const uint8_t *data, size_t size)
{
	uint32_t seed = 2166136261u;
	size_t i;

	for (i = 0; i < size; i++)
		seed = (seed ^ data[i]) * 16777619u;
	return seed ^ seed >> 15;
}

/* Letters of the other case, for what is compared without regard to it. */
static inline void fuzz_swap_case(char *text)
{
	for (; *text != '\0'; text++)
		if ((*text >= 'a' && *text <= 'z') ||
		    (*text >= 'A' && *text <= 'Z'))
			*text ^= 0x20;
}

#endif
