/*
 * Memory for many small things that all go at once.
 *
 * What is handed out stays where it is until the arena is cleared, so it can
 * be pointed to.
 *
 *	struct arena arena = ARENA_EMPTY;
 *	const char *copy = arena_text(&arena, bytes, length);
 *
 *	arena_clear(&arena);
 */
#ifndef MARQUEE_CATALOGUE_ARENA_H
#define MARQUEE_CATALOGUE_ARENA_H

#include <stddef.h>

/* Bytes asked of malloc at a time; what is larger than a quarter of it gets
 * a block of its own. */
#define ARENA_BLOCK_BYTES ((size_t)16384)

struct arena_block;

struct arena {
	struct arena_block *blocks; /* the first is the one being filled */
};

#define ARENA_EMPTY ((struct arena){0})

/* `length` bytes, all zero, aligned for anything. NULL for lack of memory. */
void *arena_take(struct arena *arena, size_t length);

/* A copy with a NUL behind it. NULL for lack of memory. */
char *arena_text(struct arena *arena, const char *bytes, size_t length);

/* How much was handed out at some moment. */
struct arena_mark {
	struct arena_block *filled, *behind;
	size_t used;
};

struct arena_mark arena_mark(const struct arena *arena);

/* Takes back what was handed out since. */
void arena_release(struct arena *arena, struct arena_mark mark);

/* Frees everything; the arena can be used again. */
void arena_clear(struct arena *arena);

#endif
