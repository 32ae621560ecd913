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
	block = malloc(sizeof(*block) + capacity);
	if (block != NULL)
		*block = (struct arena_block){.capacity = capacity};
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
	void *taken = take(arena, length, alignof(max_align_t));

	if (taken != NULL)
		memset(taken, 0, length);
	return taken;
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
	text[length] = '\0';
	return text;
}

struct arena_mark arena_mark(const struct arena *arena)
{
	struct arena_block *filled = arena->blocks;

	return (struct arena_mark){
		.filled = filled,
		.behind = filled != NULL ? filled->next : NULL,
		.used = filled != NULL ? filled->used : 0,
	};
}

/* Frees the blocks from `*from` to the one before `upto`. */
static void free_blocks(struct arena_block **from,
			const struct arena_block *upto)
{
	struct arena_block *block;

	while (*from != upto) {
		block = *from;
		*from = block->next;
		free(block);
	}
}

/* Large things went behind the block that was being filled. */
void arena_release(struct arena *arena, struct arena_mark mark)
{
	free_blocks(&arena->blocks, mark.filled);
	if (mark.filled == NULL)
		return;
	free_blocks(&mark.filled->next, mark.behind);
	mark.filled->used = mark.used;
}

void arena_clear(struct arena *arena)
{
	free_blocks(&arena->blocks, NULL);
}
