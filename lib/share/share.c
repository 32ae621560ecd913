#include "share/share.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"

struct share {
	struct redis_url url;
	pthread_mutex_t lock;
	/* Under `lock`: */
	struct redis_link *idle; /* given back; NULL: none */
	bool is_troubled;
	long long troubled_ms; /* monotonic, when it was last */
};

struct share *share_open(const char *url, struct error *err)
{
	struct share *share = calloc(1, sizeof(*share));

	if (share == NULL) {
		error_no_memory(err);
		return NULL;
	}
	if (redis_url_read(url, &share->url, err) != 0) {
		free(share);
		return NULL;
	}
	pthread_mutex_init(&share->lock, NULL);
	return share;
}

void share_close(struct share *share)
{
	if (share == NULL)
		return;
	redis_link_close(share->idle);
	pthread_mutex_destroy(&share->lock);
	redis_url_free(&share->url);
	free(share);
}

/* An idle connection that Redis has closed meanwhile is readable: it has
 * nothing to say but that. */
static struct redis_link *take_idle(struct share *share)
{
	struct redis_link *link = share->idle;

	share->idle = NULL;
	if (link == NULL || !redis_link_is_stale(link))
		return link;
	redis_link_close(link);
	return NULL;
}

struct redis_link *share_take(struct share *share, bool may_rest,
			      long long deadline_ms, struct error *err)
{
	struct redis_link *link;
	bool is_resting;

	pthread_mutex_lock(&share->lock);
	is_resting = may_rest && share->is_troubled &&
		     clock_monotonic_ms() - share->troubled_ms < SHARE_REST_MS;
	link = is_resting ? NULL : take_idle(share);
	pthread_mutex_unlock(&share->lock);
	if (is_resting)
		error_set(err, EX_UNAVAILABLE, "Redis was away just now");
	else if (link == NULL)
		link = redis_link_open(&share->url, deadline_ms, err);
	return link;
}

void share_give(struct share *share, struct redis_link *link)
{
	struct redis_link *extra = link;

	if (link == NULL)
		return;
	if (!redis_link_is_lost(link)) {
		pthread_mutex_lock(&share->lock);
		extra = share->idle;
		share->idle = link;
		pthread_mutex_unlock(&share->lock);
	}
	redis_link_close(extra);
}

void share_tell(struct share *share, const struct error *trouble)
{
	bool was_troubled;

	pthread_mutex_lock(&share->lock);
	was_troubled = share->is_troubled;
	share->is_troubled = trouble != NULL;
	if (trouble != NULL)
		share->troubled_ms = clock_monotonic_ms();
	pthread_mutex_unlock(&share->lock);
	if (trouble != NULL && !was_troubled)
		log_event(LOG_LEVEL_WARN,
			  "doing without Redis until it is well", "reason",
			  trouble->message, NULL);
	else if (trouble == NULL && was_troubled)
		log_event(LOG_LEVEL_INFO, "Redis is well again", NULL);
}

void share_set_troubled(struct share *share, bool is_troubled)
{
	pthread_mutex_lock(&share->lock);
	share->is_troubled = is_troubled;
	pthread_mutex_unlock(&share->lock);
}

bool share_is_troubled(struct share *share)
{
	bool is_troubled;

	pthread_mutex_lock(&share->lock);
	is_troubled = share->is_troubled;
	pthread_mutex_unlock(&share->lock);
	return is_troubled;
}
