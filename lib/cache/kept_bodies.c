#include "cache/kept_bodies.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct kept_body {
	char *name;
	struct cache_entry entry;
	_Atomic(char *) bytes[CACHE_CODINGS]; /* NULL: not read */
};

struct kept_bodies {
	pthread_mutex_t lock; /* of those who add */
	atomic_uint count;    /* of names that are there to be read */
	atomic_size_t bytes;  /* of all bodies */
	struct kept_body names[KEPT_NAMES];
};

struct kept_bodies *kept_bodies_create(void)
{
	struct kept_bodies *kept = calloc(1, sizeof(*kept));

	if (kept != NULL)
		pthread_mutex_init(&kept->lock, NULL);
	return kept;
}

void kept_bodies_free(struct kept_bodies *kept)
{
	unsigned i;
	int coding;

	if (kept == NULL)
		return;
	for (i = 0; i < atomic_load(&kept->count); i++) {
		for (coding = 0; coding < CACHE_CODINGS; coding++)
			free(atomic_load(&kept->names[i].bytes[coding]));
		free(kept->names[i].name);
	}
	pthread_mutex_destroy(&kept->lock);
	free(kept);
}

static struct kept_body *find(struct kept_bodies *kept, const char *name)
{
	unsigned i, count = atomic_load_explicit(&kept->count,
						 memory_order_acquire);

	for (i = 0; i < count; i++)
		if (strcmp(kept->names[i].name, name) == 0)
			return &kept->names[i];
	return NULL;
}

bool kept_bodies_find(struct kept_bodies *kept, const char *name,
		      struct cache_entry *entry)
{
	const struct kept_body *found = find(kept, name);

	if (found != NULL)
		*entry = found->entry;
	return found != NULL;
}

static void add(struct kept_bodies *kept, const char *name,
		struct cache_entry *entry)
{
	unsigned count = atomic_load(&kept->count);
	struct kept_body *place = &kept->names[count];

	if (count == KEPT_NAMES)
		return;
	place->name = strdup(name);
	if (place->name == NULL)
		return;
	entry->kept = place;
	place->entry = *entry;
	atomic_store_explicit(&kept->count, count + 1, memory_order_release);
}

void kept_bodies_add(struct kept_bodies *kept, const char *name,
		     struct cache_entry *entry)
{
	pthread_mutex_lock(&kept->lock);
	if (!kept_bodies_find(kept, name, entry))
		add(kept, name, entry);
	pthread_mutex_unlock(&kept->lock);
}

const char *kept_bodies_bytes(const struct kept_body *name,
			      enum cache_coding coding)
{
	return atomic_load_explicit(&name->bytes[coding], memory_order_acquire);
}

/* Makes the bytes those of the name, unless somebody was quicker. */
static const char *settle(struct kept_bodies *kept, struct kept_body *name,
			  enum cache_coding coding, char *bytes, size_t length)
{
	char *before = NULL;

	if (atomic_compare_exchange_strong(&name->bytes[coding], &before,
					   bytes))
		return bytes;
	atomic_fetch_sub(&kept->bytes, length);
	free(bytes);
	return before;
}

const char *kept_bodies_read(struct kept_bodies *kept, struct kept_body *name,
			     enum cache_coding coding,
			     const struct cache_body *body)
{
	size_t length = (size_t)body->length;
	char *bytes = NULL;

	if (body->length > KEPT_BYTES)
		return NULL;
	if (atomic_fetch_add(&kept->bytes, length) <= KEPT_BYTES - length)
		bytes = malloc(length > 0 ? length : 1);
	if (bytes != NULL &&
	    cache_body_read(body, 0, bytes, length, NULL) == (ssize_t)length)
		return settle(kept, name, coding, bytes, length);
	atomic_fetch_sub(&kept->bytes, length);
	free(bytes);
	return NULL;
}
