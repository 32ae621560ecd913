#include "catalogue/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct arena_block {
	struct arena_block *next;
	size_t used;
	size_t capacity;
	alignas(max_align_t) char bytes[];
};

static struct arena_block *new_block(size_t capacity)
{
	struct arena_block *block;

	if (capacity > SIZE_MAX - sizeof(*block))
		return NULL;
	block = calloc(1, sizeof(*block) + capacity);
	if (block != NULL)
		block->capacity = capacity;
	return block;
}

/* A large thing goes behind the block being filled, which is not given up for
 * it. */
static void *take_alone(struct arena *arena, size_t length)
{
	struct arena_block *block = new_block(length);

	if (block == NULL)
		return NULL;
	block->used = length;
	if (arena->blocks != NULL) {
		block->next = arena->blocks->next;
		arena->blocks->next = block;
	} else {
		arena->blocks = block;
	}
	return block->bytes;
}

static void *take(struct arena *arena, size_t length, size_t alignment)
{
	struct arena_block *block = arena->blocks;
	size_t start;

	if (length > ARENA_BLOCK_BYTES / 4)
		return take_alone(arena, length);
	if (block != NULL) {
		start = (block->used + alignment - 1) / alignment * alignment;
		if (start <= block->capacity &&
		    block->capacity - start >= length) {
			block->used = start + length;
			return block->bytes + start;
		}
	}
	block = new_block(ARENA_BLOCK_BYTES);
	if (block == NULL)
		return NULL;
	block->next = arena->blocks;
	arena->blocks = block;
	block->used = length;
	return block->bytes;
}

void *arena_take(struct arena *arena, size_t length)
{
	return take(arena, length, alignof(max_align_t));
}

char *arena_text(struct arena *arena, const char *bytes, size_t length)
{
	char *text;

	if (length == SIZE_MAX)
		return NULL;
	text = take(arena, length + 1, 1);
	if (text == NULL)
		return NULL;
	if (length != 0)
		memcpy(text, bytes, length);
	return text;
}

void arena_clear(struct arena *arena)
{
	struct arena_block *block, *next;

	for (block = arena->blocks; block != NULL; block = next) {
		next = block->next;
		free(block);
	}
	arena->blocks = NULL;
}
