#include "media/media_pool.h"

#include <pthread.h>
#include <stdlib.h>

struct media_pool {
	pthread_mutex_t lock;
	struct http_options options;
	struct http_conversation *idle[MEDIA_POOL_MAX];
	size_t idle_count;
};

struct media_pool *media_pool_open(const struct http_options *options,
				   struct error *err)
{
	struct media_pool *pool = calloc(1, sizeof(*pool));

	if (pool == NULL || pthread_mutex_init(&pool->lock, NULL) != 0) {
		free(pool);
		error_no_memory(err);
		return NULL;
	}
	pool->options = *options;
	return pool;
}

void media_pool_close(struct media_pool *pool)
{
	if (pool == NULL)
		return;
	while (pool->idle_count > 0)
		http_conversation_close(pool->idle[--pool->idle_count]);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}

struct http_conversation *media_pool_take(struct media_pool *pool,
					  long timeout_ms, struct error *err)
{
	struct http_conversation *conversation = NULL;
	struct http_options options = pool->options;

	pthread_mutex_lock(&pool->lock);
	if (pool->idle_count > 0)
		conversation = pool->idle[--pool->idle_count];
	pthread_mutex_unlock(&pool->lock);
	if (conversation != NULL) {
		http_conversation_renew(conversation, timeout_ms);
		return conversation;
	}
	options.timeout_ms = timeout_ms;
	return http_conversation_open(&options, err);
}

void media_pool_give(struct media_pool *pool,
		     struct http_conversation *conversation)
{
	pthread_mutex_lock(&pool->lock);
	if (pool->idle_count < MEDIA_POOL_MAX) {
		pool->idle[pool->idle_count++] = conversation;
		conversation = NULL;
	}
	pthread_mutex_unlock(&pool->lock);
	http_conversation_close(conversation);
}
