#include "cache/cache_hold.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "cache/kept_bodies.h"
#include "cache/layout.h"

/* An open generation. The snapshot comes first: users know it alone. */
struct held {
	struct cache_snapshot snapshot;
	struct stat status; /* of its directory, when it was opened */
	unsigned users;     /* under the hold's lock; the hold itself is one */
};

struct cache_hold {
	const char *cache_dir, *site;
	struct buffer current; /* path */
	pthread_mutex_t lock;
	struct held *held; /* under `lock`; NULL: none */
};

struct cache_hold *cache_hold_create(const char *cache_dir, const char *site,
				     struct error *err)
{
	struct cache_hold *hold = calloc(1, sizeof(*hold));

	if (hold == NULL) {
		error_no_memory(err);
		return NULL;
	}
	hold->cache_dir = cache_dir;
	hold->site = site;
	pthread_mutex_init(&hold->lock, NULL);
	buffer_format(&hold->current, "%s/%s/%s", cache_dir, site,
		      LAYOUT_CURRENT);
	if (buffer_check(&hold->current, err) != 0) {
		cache_hold_free(hold);
		return NULL;
	}
	return hold;
}

static void close_held(struct held *held)
{
	if (held == NULL)
		return;
	kept_bodies_free(held->snapshot.kept);
	cache_snapshot_close(&held->snapshot);
	free(held);
}

void cache_hold_free(struct cache_hold *hold)
{
	if (hold == NULL)
		return;
	close_held(hold->held);
	pthread_mutex_destroy(&hold->lock);
	buffer_free(&hold->current);
	free(hold);
}

/* A directory that is open has an inode that no other one gets. */
static bool is_the_same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static struct held *take_if_current(struct cache_hold *hold,
				    const struct stat *current)
{
	struct held *held = NULL;

	pthread_mutex_lock(&hold->lock);
	if (hold->held != NULL && is_the_same(&hold->held->status, current)) {
		held = hold->held;
		held->users++;
	}
	pthread_mutex_unlock(&hold->lock);
	return held;
}

static void drop_user(struct cache_hold *hold, struct held *held)
{
	bool is_last;

	pthread_mutex_lock(&hold->lock);
	is_last = --held->users == 0;
	pthread_mutex_unlock(&hold->lock);
	if (is_last)
		close_held(held);
}

/* Makes it the one that is held; the caller is its other user. */
static void put(struct cache_hold *hold, struct held *held)
{
	struct held *old;

	pthread_mutex_lock(&hold->lock);
	old = hold->held;
	hold->held = held;
	held->users = 2;
	pthread_mutex_unlock(&hold->lock);
	if (old != NULL)
		drop_user(hold, old);
}

/* NULL where it cannot be opened, and then sets `status`. */
static struct held *open_current(const struct cache_hold *hold, int *status,
				 struct error *err)
{
	struct held *held = calloc(1, sizeof(*held));

	if (held == NULL) {
		*status = error_no_memory(err);
		return NULL;
	}
	*status = cache_snapshot_open(hold->cache_dir, hold->site,
				      &held->snapshot, err);
	if (*status == 0 && fstat(held->snapshot.dir, &held->status) != 0)
		*status = error_set(err, EX_IOERR,
				    "cannot look at the generation");
	if (*status != 0) {
		close_held(held);
		return NULL;
	}
	held->snapshot.published_at = held->status.st_mtime;
	held->snapshot.kept = kept_bodies_create();
	return held;
}

int cache_hold_take(struct cache_hold *hold,
		    const struct cache_snapshot **snapshot, struct error *err)
{
	struct held *held = NULL;
	struct stat current;
	int status;

	if (stat(hold->current.data, &current) == 0)
		held = take_if_current(hold, &current);
	if (held == NULL) {
		held = open_current(hold, &status, err);
		if (held == NULL)
			return status;
		put(hold, held);
	}
	*snapshot = &held->snapshot;
	return 0;
}

void cache_hold_give_back(struct cache_hold *hold,
			  const struct cache_snapshot *snapshot)
{
	/* Every snapshot that was given is the first of a struct held. */
	union {
		const struct cache_snapshot *given;
		struct held *held;
	} address = {.given = snapshot};

	drop_user(hold, address.held);
}
