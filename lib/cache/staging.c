#include "cache/staging.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/files.h"
#include "cache/pack_builder.h"
#include "cache/pack_queue.h"
#include "cache/pack_reuse.h"

struct staging {
	int dir;
	int pack;
	struct pack_reuse *reuse;
	struct pack_builder *builder;
	struct pack_queue *queue;
};

struct staging *staging_start(int site, struct error *err)
{
	struct staging *staging = calloc(1, sizeof(*staging));

	if (staging == NULL) {
		error_no_memory(err);
		return NULL;
	}
	staging->pack = -1;
	staging->dir = files_make_dir(site, LAYOUT_STAGING, err);
	if (staging->dir < 0)
		goto failed;
	staging->pack =
		openat(staging->dir, LAYOUT_PACK,
		       O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		       0644);
	if (staging->pack < 0) {
		error_set(err, EX_CANTCREAT, "cannot create %s: %s",
			  LAYOUT_PACK, strerror(errno));
		goto failed;
	}
	staging->reuse = pack_reuse_open(site);
	staging->builder = pack_builder_start(staging->dir, staging->pack,
					      staging->reuse, err);
	if (staging->builder != NULL)
		staging->queue = pack_queue_new(staging->builder, err);
	if (staging->queue != NULL)
		return staging;
failed:
	staging_free(staging);
	return NULL;
}

void staging_free(struct staging *staging)
{
	if (staging == NULL)
		return;
	pack_queue_free(staging->queue);
	pack_builder_free(staging->builder);
	pack_reuse_close(staging->reuse);
	if (staging->pack >= 0)
		close(staging->pack);
	if (staging->dir >= 0)
		close(staging->dir);
	free(staging);
}

int staging_add(struct staging *staging,
		const struct cache_representation *representation,
		struct error *err)
{
	return pack_queue_add(staging->queue, representation, err);
}

int staging_repeat(struct staging *staging, const char *name,
		   size_t *body_bytes, struct error *err)
{
	if (pack_queue_drain(staging->queue, err) != 0)
		return -1;
	return pack_builder_repeat(staging->builder, name, body_bytes, err);
}

bool staging_is_live(const struct staging *staging,
		     const struct cache_representation *representation)
{
	return pack_builder_is_live(staging->builder, representation);
}

int staging_finish(struct staging *staging,
		   char name[LAYOUT_GENERATION_DIGITS + 1], struct error *err)
{
	if (pack_queue_drain(staging->queue, err) != 0 ||
	    pack_builder_finish(staging->builder, name, err) != 0)
		return -1;
	return files_sync(staging->dir, LAYOUT_STAGING, err);
}
