/*
 * Conversations with the media API that are at rest: whoever takes one goes on
 * over connections that are open already. Any thread.
 */
#ifndef MARQUEE_MEDIA_MEDIA_POOL_H
#define MARQUEE_MEDIA_MEDIA_POOL_H

#include "base/error.h"
#include "upstream/http.h"

/* Kept at rest; more are closed. */
#define MEDIA_POOL_MAX 16

struct media_pool;

/* `options` but for its timeout_ms hold for all of them. NULL with EX_OSERR. */
struct media_pool *media_pool_open(const struct http_options *options,
				   struct error *err);

/* Every conversation was given back. NULL is allowed. */
void media_pool_close(struct media_pool *pool);

/* Takes the one that was given back last, with `timeout_ms` from now. NULL with
 * EX_OSERR. */
struct http_conversation *media_pool_take(struct media_pool *pool,
					  long timeout_ms, struct error *err);
void media_pool_give(struct media_pool *pool,
		     struct http_conversation *conversation);

#endif
