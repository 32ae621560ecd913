#include "media/media_work.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cache/cache_keep.h"
#include "media/media_load.h"
#include "media/media_merge.h"

/* How often the list is asked about a file of which it and the details say
 * different things. */
#define MAX_ROUNDS 2

struct task {
	const struct media_work *work;
	const char *id;
	long long deadline_ms;
	struct media_found found;
	bool is_finished; /* the details said so before */
	struct media_answer *answer;
};

static void fail(struct task *task, const struct media_trouble *trouble)
{
	task->answer->outcome =
		trouble->is_timeout ? MEDIA_TOO_SLOW : MEDIA_FAILED;
	task->answer->reason = trouble->error;
}

static void say_unfinished(struct task *task, const char *status)
{
	struct media_answer *answer = task->answer;

	answer->outcome = MEDIA_UNFINISHED;
	snprintf(answer->status, sizeof(answer->status), "%s", status);
	answer->may_finish = media_status_may_finish(status);
	answer->retry_after_s =
		answer->may_finish ? MEDIA_UNFINISHED_RETRY_S : 0;
}

static bool is_kept(const struct task *task)
{
	struct cache_snapshot snapshot;

	if (cache_keep_open(task->work->options->cache_dir, MEDIA_SITE,
			    task->id, &snapshot, NULL) != 0)
		return false;
	cache_snapshot_close(&snapshot);
	return true;
}

static void keep(struct task *task, struct buffer *body)
{
	const struct cache_representation representation = {
		.name = task->id,
		.media_type = MEDIA_TYPE,
		.body = body->data,
		.body_bytes = body->length,
	};
	struct media_answer *answer = task->answer;
	int status = cache_keep_put(task->work->options->cache_dir, MEDIA_SITE,
				    &representation, &answer->reason);

	answer->is_new = status == 1;
	answer->outcome = status < 0 ? MEDIA_UNKEPT : MEDIA_KEPT;
	if (status < 0) {
		answer->body = *body;
		*body = BUFFER_EMPTY;
	} else if (status == 1) {
		media_share_put(task->work->share, task->id);
	}
}

/* Over a conversation of the pool. Returns as media_load. */
static int load(struct task *task, bool wants_segments,
		struct media_loaded *loaded, struct media_trouble *trouble)
{
	const struct media_work *work = task->work;
	long long left_ms = task->deadline_ms - clock_monotonic_ms();
	struct http_conversation *conversation;
	int status;

	*loaded = (struct media_loaded){0};
	*trouble = (struct media_trouble){0};
	if (left_ms <= 0) {
		trouble->is_timeout = true;
		return error_set(&trouble->error, EX_UNAVAILABLE,
				 "no time is left for the details");
	}
	conversation =
		media_pool_take(work->pool, (long)left_ms, &trouble->error);
	if (conversation == NULL)
		return -1;
	status = media_load(conversation, work->options->base, task->id,
			    wants_segments, loaded, trouble);
	media_pool_give(work->pool, conversation);
	return status;
}

static void merge_and_keep(struct task *task, const struct media_loaded *loaded)
{
	struct media_trouble trouble = {0};
	struct buffer body = BUFFER_EMPTY;

	if (media_merge(task->found.entry, &loaded->details, &loaded->segments,
			&body, &trouble.error) == 0)
		keep(task, &body);
	else
		fail(task, &trouble);
	buffer_free(&body);
}

/* Loads a file that is finished. Returns whether the list is to be read again
 * first: what is remembered of it was of no use. */
static bool finish(struct task *task)
{
	char status[MEDIA_STATUS_BYTES];
	struct media_trouble trouble;
	struct media_loaded loaded;
	bool is_finished, must_go_on = false;

	if (load(task, true, &loaded, &trouble) != 0) {
		must_go_on = loaded.is_missing && !task->found.is_fresh;
		if (loaded.is_missing || trouble.error.code == EX_DATAERR)
			media_find_forget(task->work->finder, task->id);
		if (!must_go_on)
			fail(task, &trouble);
	} else {
		is_finished = media_status_read(&loaded.details, status);
		if (status[0] == '\0') {
			is_finished = task->found.entry->is_finished;
			memcpy(status, task->found.entry->status,
			       sizeof(status));
		}
		if (is_finished)
			merge_and_keep(task, &loaded);
		else
			say_unfinished(task, status);
	}
	media_loaded_free(&loaded);
	return must_go_on;
}

/* Asks the details alone about a file that was not finished when the list was
 * read. Returns whether the list is to be read again: they say that it is
 * finished, or nothing. */
static bool ask_details(struct task *task)
{
	char status[MEDIA_STATUS_BYTES];
	struct media_trouble trouble;
	struct media_loaded loaded;
	bool must_go_on = false;

	if (load(task, false, &loaded, &trouble) == 0) {
		task->is_finished = media_status_read(&loaded.details, status);
		must_go_on = task->is_finished || status[0] == '\0';
		if (!must_go_on)
			say_unfinished(task, status);
	} else if (loaded.is_missing) {
		must_go_on = true;
	} else {
		fail(task, &trouble);
	}
	media_loaded_free(&loaded);
	return must_go_on;
}

/* One look at the list and what follows from it. Returns whether another one
 * is needed. */
static bool try_round(struct task *task, bool is_last)
{
	const struct media_entry *entry = task->found.entry;

	if (entry->is_finished || task->is_finished)
		return finish(task);
	if (is_last || (task->found.is_fresh && entry->status[0] != '\0')) {
		say_unfinished(task, entry->status);
		return false;
	}
	return ask_details(task);
}

static void run(struct task *task)
{
	struct media_trouble trouble;
	bool goes_on = true;
	int round, status;

	for (round = 1; goes_on; round++) {
		if (task->found.entry == NULL) {
			status = media_find(task->work->finder, task->id,
					    task->deadline_ms, round > 1,
					    &task->found, &trouble);
			if (status < 0)
				fail(task, &trouble);
			else if (status == 0)
				task->answer->outcome = MEDIA_UNKNOWN;
			if (status <= 0)
				return;
		}
		goes_on = try_round(task, round == MAX_ROUNDS);
		free(task->found.entry);
		task->found.entry = NULL;
	}
}

void media_work(const struct media_work *work, const char *id,
		const struct media_entry *known, struct media_answer *answer)
{
	struct media_trouble trouble = {0};
	struct task task = {
		.work = work,
		.id = id,
		.deadline_ms = clock_monotonic_ms() + work->options->timeout_ms,
		.answer = answer,
	};

	*answer = (struct media_answer){.outcome = MEDIA_KEPT};
	if (is_kept(&task))
		return;
	if ((known == NULL || known->is_finished) &&
	    media_share_take(work->share, id)) {
		answer->is_new = true;
		return;
	}
	if (known != NULL) {
		task.found.entry = media_entry_copy(known, &trouble.error);
		task.found.is_fresh = true;
		if (task.found.entry == NULL) {
			fail(&task, &trouble);
			return;
		}
	}
	run(&task);
}
