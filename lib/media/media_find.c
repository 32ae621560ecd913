#include "media/media_find.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "media/media_index.h"
#include "media/media_walker.h"

struct media_finder {
	pthread_mutex_t lock;
	struct media_index *index;
	struct media_walker *walker;
};

struct media_finder *media_finder_open(const struct media_options *options,
				       struct media_pool *pool,
				       struct error *err)
{
	struct media_finder *finder = calloc(1, sizeof(*finder));

	if (finder == NULL || pthread_mutex_init(&finder->lock, NULL) != 0) {
		free(finder);
		error_no_memory(err);
		return NULL;
	}
	finder->index = media_index_open((long long)options->index_ttl_s * 1000,
					 MEDIA_INDEX_MAX_BYTES, err);
	if (finder->index != NULL)
		finder->walker = media_walker_open(options, pool, finder->index,
						   &finder->lock, err);
	if (finder->walker != NULL)
		return finder;
	media_finder_close(finder);
	return NULL;
}

void media_finder_close(struct media_finder *finder)
{
	if (finder == NULL)
		return;
	media_walker_close(finder->walker);
	media_index_close(finder->index);
	pthread_mutex_destroy(&finder->lock);
	free(finder);
}

static bool is_unknown(struct media_finder *finder, const char *id)
{
	return media_index_is_unknown(finder->index, id, clock_monotonic_ms());
}

/* From what is remembered, or with the walk under way. Returns as media_find,
 * or NOT_YET where only a walk of one's own can tell. Holds the lock. */
#define NOT_YET 2

static int find_shared(struct media_finder *finder, const char *id,
		       long long deadline_ms, struct media_found *found,
		       struct media_trouble *trouble)
{
	const struct media_entry *remembered =
		media_index_find(finder->index, id, clock_monotonic_ms());
	int status;

	if (remembered != NULL) {
		found->entry = media_entry_copy(remembered, &trouble->error);
		found->is_fresh = false;
		return found->entry != NULL ? 1 : -1;
	}
	if (is_unknown(finder, id))
		return 0;
	if (!media_walker_is_joinable(finder->walker))
		return NOT_YET;
	found->is_fresh = true;
	status = media_walker_join(finder->walker, id, deadline_ms,
				   &found->entry, trouble);
	if (status != 0)
		return status;
	return is_unknown(finder, id) ? 0 : NOT_YET;
}

int media_find(struct media_finder *finder, const char *id,
	       long long deadline_ms, bool wants_fresh,
	       struct media_found *found, struct media_trouble *trouble)
{
	struct media_found result = {0};
	unsigned long long since;
	int status = NOT_YET;

	*trouble = (struct media_trouble){0};
	pthread_mutex_lock(&finder->lock);
	since = media_walker_number(finder->walker);
	if (!wants_fresh)
		status = find_shared(finder, id, deadline_ms, &result, trouble);
	if (status == NOT_YET) {
		result.is_fresh = true;
		status = media_walker_find(finder->walker, id, deadline_ms,
					   since, &result.entry, trouble);
	}
	pthread_mutex_unlock(&finder->lock);
	if (status == 1)
		*found = result;
	return status;
}

bool media_find_is_unknown(struct media_finder *finder, const char *id)
{
	bool result;

	pthread_mutex_lock(&finder->lock);
	result = is_unknown(finder, id);
	pthread_mutex_unlock(&finder->lock);
	return result;
}

void media_find_forget(struct media_finder *finder, const char *id)
{
	pthread_mutex_lock(&finder->lock);
	media_index_forget(finder->index, id);
	pthread_mutex_unlock(&finder->lock);
}

void media_find_numbers(struct media_finder *finder,
			struct media_numbers *numbers)
{
	pthread_mutex_lock(&finder->lock);
	numbers->walks = media_walker_number(finder->walker);
	numbers->list_requests = media_walker_requests(finder->walker);
	pthread_mutex_unlock(&finder->lock);
}
