#include "media/media_find.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "media/media_index.h"
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

enum walk_state { AT_REST, RUNNING, ENDING };

struct media_finder {
	const struct media_options *options;
	struct media_pool *pool;
	pthread_mutex_t lock;
	pthread_cond_t has_changed; /* on the monotonic clock */
	struct media_index *index;
	struct want *wants;

	enum walk_state state;
	unsigned long long walk;      /* its number, from 1 */
	unsigned long long walk_lost; /* media_index_lost when it began */
	long long walk_began_ms;
	long long walk_deadline_ms;
	pthread_t walker;
	bool has_walker; /* to be joined */

	/* The whole list was read by a walk that began then, and what it saw
	 * is remembered while the index has lost no more. */
	bool is_whole;
	long long whole_ms;
	unsigned long long whole_lost;

	unsigned long long list_requests;
};

static int init_lock(struct media_finder *finder, struct error *err)
{
	pthread_condattr_t monotonic;
	int status;

	if (pthread_condattr_init(&monotonic) != 0)
		return error_no_memory(err);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	status = pthread_cond_init(&finder->has_changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	if (status != 0)
		return error_no_memory(err);
	if (pthread_mutex_init(&finder->lock, NULL) == 0)
		return 0;
	pthread_cond_destroy(&finder->has_changed);
	return error_no_memory(err);
}

struct media_finder *media_finder_open(const struct media_options *options,
				       struct media_pool *pool,
				       struct error *err)
{
	struct media_finder *finder = calloc(1, sizeof(*finder));

	if (finder == NULL) {
		error_no_memory(err);
		return NULL;
	}
	finder->options = options;
	finder->pool = pool;
	finder->index = media_index_open((long long)options->index_ttl_s * 1000,
					 MEDIA_INDEX_MAX_BYTES, err);
	if (finder->index != NULL && init_lock(finder, err) == 0)
		return finder;
	media_index_close(finder->index);
	free(finder);
	return NULL;
}

void media_finder_close(struct media_finder *finder)
{
	if (finder == NULL)
		return;
	if (finder->has_walker)
		pthread_join(finder->walker, NULL);
	media_index_close(finder->index);
	pthread_cond_destroy(&finder->has_changed);
	pthread_mutex_destroy(&finder->lock);
	free(finder);
}

/* --- The walk's thread -----------------------------------------------------*/

static void tell(struct media_finder *finder, const struct media_entry *entry)
{
	struct want *want;

	for (want = finder->wants; want != NULL; want = want->next) {
		if (want->is_over || want->entry != NULL ||
		    strcmp(want->id, entry->id) != 0)
			continue;
		want->entry = media_entry_copy(entry, NULL);
		want->has_failed = want->entry == NULL;
	}
}

static bool is_all_seen(const struct media_finder *finder)
{
	const struct want *want;

	for (want = finder->wants; want != NULL; want = want->next)
		if (!want->is_over && want->entry == NULL && !want->has_failed)
			return false;
	return true;
}

/* A media_walk_page. */
static int take_page(void *context, struct media_entry *const *entries,
		     size_t count, struct error *err)
{
	struct media_finder *finder = context;
	long long now_ms = clock_monotonic_ms();
	bool is_enough;
	size_t i;

	(void)err;
	pthread_mutex_lock(&finder->lock);
	for (i = 0; i < count; i++) {
		media_index_put(finder->index, entries[i], now_ms);
		tell(finder, entries[i]);
	}
	is_enough = is_all_seen(finder);
	if (is_enough)
		finder->state = ENDING;
	pthread_cond_broadcast(&finder->has_changed);
	pthread_mutex_unlock(&finder->lock);
	return is_enough;
}

static int walk(struct media_finder *finder, long timeout_ms,
		struct media_walk_result *result, struct error *err)
{
	const struct media_walk_options options = {
		.base = finder->options->base,
		.page_size = finder->options->page_size,
		.max_pages = finder->options->max_pages,
		.concurrency = finder->options->concurrency,
		.page = take_page,
		.context = finder,
	};
	struct http_conversation *conversation =
		media_pool_take(finder->pool, timeout_ms, err);
	int status;

	*result = (struct media_walk_result){0};
	if (conversation == NULL)
		return -1;
	status = media_walk(conversation, &options, result, err);
	/* Back before anybody learns how it ended, so that what follows goes
	 * over its connections. */
	media_pool_give(finder->pool, conversation);
	return status;
}

/* Those who have not woken since an earlier walk have its verdict. */
static void end_walk(struct media_finder *finder,
		     const struct media_walk_result *result,
		     const struct verdict *verdict)
{
	struct want *want;

	finder->list_requests += result->requests;
	finder->state = AT_REST;
	if (verdict->status == 0) {
		finder->is_whole = true;
		finder->whole_ms = finder->walk_began_ms;
		finder->whole_lost = finder->walk_lost;
	}
	for (want = finder->wants; want != NULL; want = want->next) {
		if (!want->is_over)
			want->verdict = *verdict;
		want->is_over = true;
	}
	pthread_cond_broadcast(&finder->has_changed);
}

static void *run_walk(void *context)
{
	struct media_finder *finder = context;
	struct media_walk_result result;
	struct verdict verdict = {0};
	long timeout_ms;

	pthread_mutex_lock(&finder->lock);
	timeout_ms = (long)(finder->walk_deadline_ms - clock_monotonic_ms());
	pthread_mutex_unlock(&finder->lock);
	verdict.status = walk(finder, timeout_ms > 0 ? timeout_ms : 1, &result,
			      &verdict.trouble.error);
	verdict.trouble.is_timeout = result.is_timeout;
	pthread_mutex_lock(&finder->lock);
	end_walk(finder, &result, &verdict);
	pthread_mutex_unlock(&finder->lock);
	return NULL;
}

/* --- Those who wait; all hold the lock -------------------------------------*/

static int start_walk(struct media_finder *finder, long long deadline_ms,
		      struct error *err)
{
	if (finder->has_walker)
		pthread_join(finder->walker, NULL);
	finder->has_walker = false;
	finder->walk_began_ms = clock_monotonic_ms();
	finder->walk_deadline_ms = deadline_ms;
	finder->walk_lost = media_index_lost(finder->index);
	if (pthread_create(&finder->walker, NULL, run_walk, finder) != 0)
		return error_set(err, EX_OSERR, "cannot start a thread");
	finder->has_walker = true;
	finder->walk++;
	finder->state = RUNNING;
	return 0;
}

/* Returns 0, or -1 when the deadline has passed. */
static int wait_until(struct media_finder *finder, long long deadline_ms)
{
	struct timespec deadline = {
		.tv_sec = (time_t)(deadline_ms / 1000),
		.tv_nsec = (long)(deadline_ms % 1000) * 1000000,
	};

	return pthread_cond_timedwait(&finder->has_changed, &finder->lock,
				      &deadline) == ETIMEDOUT
		       ? -1
		       : 0;
}

static bool is_unknown(struct media_finder *finder, const char *id)
{
	long long now_ms = clock_monotonic_ms();

	return finder->is_whole &&
	       finder->whole_lost == media_index_lost(finder->index) &&
	       now_ms <
		       finder->whole_ms +
			       (long long)finder->options->index_ttl_s * 1000 &&
	       media_index_find(finder->index, id, now_ms) == NULL;
}

static void leave(struct media_finder *finder, const struct want *want)
{
	struct want **at = &finder->wants;

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

/* Waits for the walk under way to see the id or to end. Returns 1 when it has
 * seen it, 0 when it is over without (and sets `verdict`), -1 where there is no
 * time or no memory. */
static int join_walk(struct media_finder *finder, const char *id,
		     long long deadline_ms, struct media_found *found,
		     struct verdict *verdict, struct media_trouble *trouble)
{
	struct want want = {.id = id, .next = finder->wants};
	int status = 0;

	/* cppcheck-suppress autoVariables ; leave takes it out again */
	finder->wants = &want;
	while (status == 0 && !want.is_over &&
	       (finder->state == ENDING ||
		(want.entry == NULL && !want.has_failed)))
		status = wait_until(finder, deadline_ms);
	leave(finder, &want);
	*verdict = want.verdict;
	if (want.entry != NULL) {
		*found = (struct media_found){want.entry, true};
		return 1;
	}
	if (want.has_failed)
		return error_no_memory(&trouble->error);
	return want.is_over ? 0 : too_late(trouble);
}

/* Has a walk that began after `since` (a number of walk) look for the id. */
static int walk_for(struct media_finder *finder, const char *id,
		    long long deadline_ms, unsigned long long since,
		    struct media_found *found, struct media_trouble *trouble)
{
	struct verdict verdict;
	int status = 0;

	while (finder->state != AT_REST &&
	       (finder->state == ENDING || finder->walk <= since))
		if (wait_until(finder, deadline_ms) != 0)
			return too_late(trouble);
	if (finder->state == AT_REST)
		status = start_walk(finder, deadline_ms, &trouble->error);
	if (status == 0)
		status = join_walk(finder, id, deadline_ms, found, &verdict,
				   trouble);
	if (status != 0 || verdict.status == 0)
		return status;
	*trouble = verdict.trouble;
	if (verdict.status > 0)
		error_set(&trouble->error, EX_SOFTWARE,
			  "the walk ended before the id was seen");
	return -1;
}

/* From what is remembered, or with the walk under way. Returns as media_find,
 * or NOT_YET where only a walk of one's own can tell. */
#define NOT_YET 2

static int find_shared(struct media_finder *finder, const char *id,
		       long long deadline_ms, struct media_found *found,
		       struct media_trouble *trouble)
{
	const struct media_entry *entry =
		media_index_find(finder->index, id, clock_monotonic_ms());
	struct verdict verdict;
	int status;

	if (entry == NULL && finder->state == RUNNING &&
	    !is_unknown(finder, id)) {
		status = join_walk(finder, id, deadline_ms, found, &verdict,
				   trouble);
		if (status != 0)
			return status;
	}
	if (entry != NULL) {
		*found = (struct media_found){
			media_entry_copy(entry, &trouble->error), false};
		return found->entry != NULL ? 1 : -1;
	}
	return is_unknown(finder, id) ? 0 : NOT_YET;
}

int media_find(struct media_finder *finder, const char *id,
	       long long deadline_ms, bool wants_fresh,
	       struct media_found *found, struct media_trouble *trouble)
{
	unsigned long long since;
	int status = NOT_YET;

	*trouble = (struct media_trouble){0};
	pthread_mutex_lock(&finder->lock);
	since = finder->walk;
	if (!wants_fresh)
		status = find_shared(finder, id, deadline_ms, found, trouble);
	if (status == NOT_YET)
		status = walk_for(finder, id, deadline_ms, since, found,
				  trouble);
	pthread_mutex_unlock(&finder->lock);
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
	media_index_drop(finder->index, id);
	finder->is_whole = false; /* or it would be unknown now */
	pthread_mutex_unlock(&finder->lock);
}

void media_find_numbers(struct media_finder *finder,
			struct media_numbers *numbers)
{
	pthread_mutex_lock(&finder->lock);
	numbers->walks = finder->walk;
	numbers->list_requests = finder->list_requests;
	pthread_mutex_unlock(&finder->lock);
}
