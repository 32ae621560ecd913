#include "media/media_walker.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "media/media_walk.h"

/* How a walk ended: what media_walk returned. */
struct verdict {
	int status;
	struct media_trouble trouble;
};

/* An id that somebody waits for. */
struct want {
	const char *id;
	struct media_entry *entry; /* NULL until it was seen */
	bool has_failed;           /* it was, but there is no memory */
	bool is_over;              /* the walk has ended */
	struct verdict verdict;    /* and so */
	struct want *next;
};

/* A walk that is ENDING has seen all that was waited for: nobody joins it any
 * more, and those who wait go on when its connections are free. */
enum walk_state { AT_REST, RUNNING, ENDING };

struct media_walker {
	const struct media_options *options;
	struct media_pool *pool;
	struct media_index *index;
	pthread_mutex_t *lock;
	pthread_cond_t has_changed; /* on the monotonic clock */
	struct want *wants;
	enum walk_state state;
	unsigned long long number;
	long long deadline_ms;
	char request[LOG_ID_BYTES]; /* for which the walk was begun */
	pthread_t thread;
	bool has_thread; /* to be joined */
	unsigned long long requests;
};

static int init_condition(struct media_walker *walker)
{
	pthread_condattr_t monotonic;
	int status;

	if (pthread_condattr_init(&monotonic) != 0)
		return -1;
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	status = pthread_cond_init(&walker->has_changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	return status == 0 ? 0 : -1;
}

struct media_walker *media_walker_open(const struct media_options *options,
				       struct media_pool *pool,
				       struct media_index *index,
				       pthread_mutex_t *lock, struct error *err)
{
	struct media_walker *walker = calloc(1, sizeof(*walker));

	if (walker == NULL || init_condition(walker) != 0) {
		free(walker);
		error_no_memory(err);
		return NULL;
	}
	walker->options = options;
	walker->pool = pool;
	walker->index = index;
	walker->lock = lock;
	return walker;
}

void media_walker_close(struct media_walker *walker)
{
	if (walker == NULL)
		return;
	if (walker->has_thread)
		pthread_join(walker->thread, NULL);
	pthread_cond_destroy(&walker->has_changed);
	free(walker);
}

bool media_walker_is_joinable(const struct media_walker *walker)
{
	return walker->state == RUNNING;
}

unsigned long long media_walker_number(const struct media_walker *walker)
{
	return walker->number;
}

unsigned long long media_walker_requests(const struct media_walker *walker)
{
	return walker->requests;
}

/* --- The walk's thread; it takes the lock where it needs it ----------------*/

static void tell(struct media_walker *walker, const struct media_entry *entry)
{
	struct want *want;

	for (want = walker->wants; want != NULL; want = want->next) {
		if (want->is_over || want->entry != NULL ||
		    strcmp(want->id, entry->id) != 0)
			continue;
		want->entry = media_entry_copy(entry, NULL);
		want->has_failed = want->entry == NULL;
	}
}

static bool is_all_seen(const struct media_walker *walker)
{
	const struct want *want;

	for (want = walker->wants; want != NULL; want = want->next)
		if (!want->is_over && want->entry == NULL && !want->has_failed)
			return false;
	return true;
}

/* A media_walk_page. */
static int take_page(void *context, struct media_entry *const *entries,
		     size_t count, struct error *err)
{
	struct media_walker *walker = context;
	long long now_ms = clock_monotonic_ms();
	bool is_enough;
	size_t i;

	(void)err;
	pthread_mutex_lock(walker->lock);
	for (i = 0; i < count; i++) {
		media_index_put(walker->index, entries[i], now_ms);
		tell(walker, entries[i]);
	}
	is_enough = is_all_seen(walker);
	if (is_enough)
		walker->state = ENDING;
	pthread_cond_broadcast(&walker->has_changed);
	pthread_mutex_unlock(walker->lock);
	return is_enough;
}

static int walk(struct media_walker *walker, long timeout_ms,
		struct media_walk_result *result, struct error *err)
{
	const struct media_walk_options options = {
		.base = walker->options->base,
		.page_size = walker->options->page_size,
		.max_pages = walker->options->max_pages,
		.concurrency = walker->options->concurrency,
		.page = take_page,
		.context = walker,
	};
	struct http_conversation *conversation =
		media_pool_take(walker->pool, timeout_ms, err);
	int status;

	*result = (struct media_walk_result){0};
	if (conversation == NULL)
		return -1;
	status = media_walk(conversation, &options, result, err);
	/* Back before anybody learns how it ended, so that what follows goes
	 * over its connections. */
	media_pool_give(walker->pool, conversation);
	return status;
}

/* Those who have not woken since an earlier walk have its verdict. */
static void end_walk(struct media_walker *walker,
		     const struct media_walk_result *result,
		     const struct verdict *verdict)
{
	struct want *want;

	walker->requests += result->requests;
	walker->state = AT_REST;
	if (verdict->status == 0)
		media_index_end_whole(walker->index);
	for (want = walker->wants; want != NULL; want = want->next) {
		if (!want->is_over)
			want->verdict = *verdict;
		want->is_over = true;
	}
	pthread_cond_broadcast(&walker->has_changed);
}

static void *run_walk(void *context)
{
	struct media_walker *walker = context;
	struct media_walk_result result;
	struct verdict verdict = {0};
	long timeout_ms;

	pthread_mutex_lock(walker->lock);
	log_set_request(walker->request);
	timeout_ms = (long)(walker->deadline_ms - clock_monotonic_ms());
	pthread_mutex_unlock(walker->lock);
	verdict.status = walk(walker, timeout_ms > 0 ? timeout_ms : 1, &result,
			      &verdict.trouble.error);
	verdict.trouble.is_timeout = result.is_timeout;
	pthread_mutex_lock(walker->lock);
	end_walk(walker, &result, &verdict);
	pthread_mutex_unlock(walker->lock);
	return NULL;
}

/* --- Those who wait; all hold the lock -------------------------------------*/

static int start_walk(struct media_walker *walker, long long deadline_ms,
		      struct error *err)
{
	if (walker->has_thread)
		pthread_join(walker->thread, NULL);
	walker->has_thread = false;
	walker->deadline_ms = deadline_ms;
	snprintf(walker->request, sizeof(walker->request), "%s", log_request());
	media_index_begin(walker->index, clock_monotonic_ms());
	if (pthread_create(&walker->thread, NULL, run_walk, walker) != 0)
		return error_set(err, EX_OSERR, "cannot start a thread");
	walker->has_thread = true;
	walker->number++;
	walker->state = RUNNING;
	return 0;
}

/* Returns 0, or -1 when the deadline has passed. */
static int wait_until(struct media_walker *walker, long long deadline_ms)
{
	struct timespec deadline = {
		.tv_sec = (time_t)(deadline_ms / 1000),
		.tv_nsec = (long)(deadline_ms % 1000) * 1000000,
	};

	return pthread_cond_timedwait(&walker->has_changed, walker->lock,
				      &deadline) == ETIMEDOUT
		       ? -1
		       : 0;
}

static void leave(struct media_walker *walker, const struct want *want)
{
	struct want **at = &walker->wants;

	while (*at != want)
		at = &(*at)->next;
	*at = want->next;
}

static int too_late(struct media_trouble *trouble)
{
	trouble->is_timeout = true;
	return error_set(&trouble->error, EX_UNAVAILABLE,
			 "the media list was not read before the deadline");
}

/* As media_walker_join; with 0 it sets `verdict`. */
static int join_walk(struct media_walker *walker, const char *id,
		     long long deadline_ms, struct media_entry **entry,
		     struct verdict *verdict, struct media_trouble *trouble)
{
	struct want want = {.id = id, .next = walker->wants};
	int status = 0;

	/* cppcheck-suppress autoVariables ; leave takes it out again */
	walker->wants = &want;
	while (status == 0 && !want.is_over &&
	       (walker->state == ENDING ||
		(want.entry == NULL && !want.has_failed)))
		status = wait_until(walker, deadline_ms);
	leave(walker, &want);
	*verdict = want.verdict;
	if (want.entry != NULL) {
		*entry = want.entry;
		return 1;
	}
	if (want.has_failed)
		return error_no_memory(&trouble->error);
	return want.is_over ? 0 : too_late(trouble);
}

int media_walker_join(struct media_walker *walker, const char *id,
		      long long deadline_ms, struct media_entry **entry,
		      struct media_trouble *trouble)
{
	struct verdict verdict;

	return join_walk(walker, id, deadline_ms, entry, &verdict, trouble);
}

int media_walker_find(struct media_walker *walker, const char *id,
		      long long deadline_ms, unsigned long long since,
		      struct media_entry **entry, struct media_trouble *trouble)
{
	struct verdict verdict;
	int status = 0;

	while (walker->state == ENDING ||
	       (walker->state == RUNNING && walker->number <= since))
		if (wait_until(walker, deadline_ms) != 0)
			return too_late(trouble);
	if (walker->state == AT_REST)
		status = start_walk(walker, deadline_ms, &trouble->error);
	if (status == 0)
		status = join_walk(walker, id, deadline_ms, entry, &verdict,
				   trouble);
	if (status != 0 || verdict.status == 0)
		return status;
	*trouble = verdict.trouble;
	if (verdict.status > 0)
		error_set(&trouble->error, EX_SOFTWARE,
			  "the walk ended before the id was seen");
	return -1;
}
