#include "cache/pack_queue.h"

#include <stdlib.h>
#include <string.h>

#include "base/threads.h"

/* A representation with its own copies of all that it points to. */
struct item {
	struct item *next;
	struct cache_representation representation;
	char bytes[];
};

struct pack_queue {
	struct pack_builder *builder;
	size_t added_bytes; /* before there was a thread */
	bool has_thread, is_alone;
	pthread_t thread;
	/* Both sides', with what follows. */
	pthread_mutex_t lock;
	pthread_cond_t has_work, has_room;
	struct item *first, **end;
	size_t waiting_bytes;
	bool is_busy, is_over;
	struct error failure;
};

struct pack_queue *pack_queue_new(struct pack_builder *builder,
				  struct error *err)
{
	struct pack_queue *queue = calloc(1, sizeof(*queue));

	if (queue == NULL) {
		error_no_memory(err);
		return NULL;
	}
	queue->builder = builder;
	queue->end = &queue->first;
	pthread_mutex_init(&queue->lock, NULL);
	pthread_cond_init(&queue->has_work, NULL);
	pthread_cond_init(&queue->has_room, NULL);
	return queue;
}

static struct item *copy_of(const struct cache_representation *representation)
{
	size_t name = strlen(representation->name) + 1;
	size_t type = strlen(representation->media_type) + 1;
	size_t body = representation->body_bytes;
	struct item *item = malloc(sizeof(*item) + name + type + body);

	if (item == NULL)
		return NULL;
	item->next = NULL;
	item->representation = *representation;
	memcpy(item->bytes, representation->name, name);
	memcpy(item->bytes + name, representation->media_type, type);
	if (body != 0)
		memcpy(item->bytes + name + type, representation->body, body);
	item->representation.name = item->bytes;
	item->representation.media_type = item->bytes + name;
	item->representation.body = item->bytes + name + type;
	return item;
}

/* Takes the next one, with the lock held. */
static struct item *take(struct pack_queue *queue)
{
	struct item *item = queue->first;

	queue->first = item->next;
	if (queue->first == NULL)
		queue->end = &queue->first;
	queue->waiting_bytes -= item->representation.body_bytes;
	return item;
}

static void *work(void *context)
{
	struct pack_queue *queue = context;
	struct error failure = {0};
	struct item *item;

	pthread_mutex_lock(&queue->lock);
	while (!queue->is_over) {
		/* Whoever waits for room is woken for more than a little. */
		if (queue->waiting_bytes <= PACK_QUEUE_MAX_BYTES / 2)
			pthread_cond_signal(&queue->has_room);
		if (queue->first == NULL) {
			pthread_cond_wait(&queue->has_work, &queue->lock);
			continue;
		}
		item = take(queue);
		queue->is_busy = true;
		pthread_mutex_unlock(&queue->lock);
		if (failure.code == 0)
			pack_builder_add(queue->builder, &item->representation,
					 &failure);
		free(item);
		pthread_mutex_lock(&queue->lock);
		queue->is_busy = false;
		queue->failure = failure;
	}
	pthread_mutex_unlock(&queue->lock);
	return NULL;
}

/* Whether a thread is to add it: a small set, and where there is none to be had,
 * this one does. */
static bool needs_thread(struct pack_queue *queue, size_t body_bytes)
{
	if (queue->has_thread || queue->is_alone)
		return queue->has_thread;
	queue->added_bytes += body_bytes;
	if (queue->added_bytes < PACK_QUEUE_AFTER_BYTES)
		return false;
	queue->has_thread =
		threads_start(&queue->thread, false, work, queue) == 0;
	queue->is_alone = !queue->has_thread;
	return queue->has_thread;
}

static int tell(const struct pack_queue *queue, struct error *err)
{
	return queue->failure.code == 0
		       ? 0
		       : error_set(err, queue->failure.code, "%s",
				   queue->failure.message);
}

int pack_queue_add(struct pack_queue *queue,
		   const struct cache_representation *representation,
		   struct error *err)
{
	struct item *item;
	int status;

	if (!needs_thread(queue, representation->body_bytes))
		return pack_builder_add(queue->builder, representation, err);
	item = copy_of(representation);
	if (item == NULL)
		return error_no_memory(err);
	pthread_mutex_lock(&queue->lock);
	while (queue->waiting_bytes > PACK_QUEUE_MAX_BYTES)
		pthread_cond_wait(&queue->has_room, &queue->lock);
	*queue->end = item;
	queue->end = &item->next;
	queue->waiting_bytes += representation->body_bytes;
	/* Being woken for each page would cost more than the page. */
	if (queue->waiting_bytes > PACK_QUEUE_MAX_BYTES / 4)
		pthread_cond_signal(&queue->has_work);
	status = tell(queue, err);
	pthread_mutex_unlock(&queue->lock);
	return status;
}

int pack_queue_drain(struct pack_queue *queue, struct error *err)
{
	int status;

	pthread_mutex_lock(&queue->lock);
	pthread_cond_signal(&queue->has_work);
	while (queue->first != NULL || queue->is_busy)
		pthread_cond_wait(&queue->has_room, &queue->lock);
	status = tell(queue, err);
	pthread_mutex_unlock(&queue->lock);
	return status;
}

void pack_queue_free(struct pack_queue *queue)
{
	if (queue == NULL)
		return;
	if (queue->has_thread) {
		pthread_mutex_lock(&queue->lock);
		queue->is_over = true;
		pthread_cond_signal(&queue->has_work);
		pthread_mutex_unlock(&queue->lock);
		pthread_join(queue->thread, NULL);
	}
	while (queue->first != NULL)
		free(take(queue));
	pthread_cond_destroy(&queue->has_room);
	pthread_cond_destroy(&queue->has_work);
	pthread_mutex_destroy(&queue->lock);
	free(queue);
}
