#include "upstream/http.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "upstream/http_job.h"
#include "upstream/http_policy.h"
#include "upstream/http_transfer.h"

struct http_conversation {
	struct http_options options;
	struct http_engine *engine;
	struct http_job *waiting; /* in the order of adding */
	struct http_job *running;
	unsigned running_count;
	long long deadline_ms;
	bool is_stopped;
	struct http_totals totals;
};

struct http_conversation *http_conversation_open(
	const struct http_options *options, struct error *err)
{
	struct http_conversation *conversation;

	conversation = calloc(1, sizeof(*conversation));
	if (conversation == NULL) {
		error_no_memory(err);
		return NULL;
	}
	conversation->options = *options;
	if (conversation->options.concurrency == 0)
		conversation->options.concurrency = 1;
	conversation->deadline_ms = clock_monotonic_ms() + options->timeout_ms;
	conversation->engine =
		http_engine_open(conversation->options.concurrency, err);
	if (conversation->engine == NULL) {
		free(conversation);
		return NULL;
	}
	return conversation;
}

static void drop_all(struct http_conversation *conversation)
{
	struct http_job *job;

	while ((job = conversation->running) != NULL) {
		conversation->running = job->next;
		http_engine_drop(conversation->engine, &job->transfer);
		http_job_free(job);
	}
	while ((job = conversation->waiting) != NULL) {
		conversation->waiting = job->next;
		http_job_free(job);
	}
	conversation->running_count = 0;
}

void http_conversation_renew(struct http_conversation *conversation,
			     long timeout_ms)
{
	drop_all(conversation);
	conversation->deadline_ms = clock_monotonic_ms() + timeout_ms;
	conversation->totals = (struct http_totals){0};
}

void http_conversation_close(struct http_conversation *conversation)
{
	if (conversation == NULL)
		return;
	drop_all(conversation);
	http_engine_close(conversation->engine);
	free(conversation);
}

int http_get(struct http_conversation *conversation,
	     const struct http_request *request, struct error *err)
{
	struct http_job *job;

	if (!http_url_is_usable(request->url))
		return error_set(err, EX_CONFIG,
				 "an upstream URL must begin with http:// or "
				 "https://, name a host and hold no spaces");
	if (conversation->totals.requests >= HTTP_MAX_REQUESTS)
		return error_set(err, EX_SOFTWARE,
				 "more than %d requests in one conversation",
				 HTTP_MAX_REQUESTS);
	job = http_job_new(request);
	if (job == NULL)
		return error_no_memory(err);
	conversation->totals.requests++;
	http_job_append(&conversation->waiting, job);
	return 0;
}

void http_stop(struct http_conversation *conversation)
{
	conversation->is_stopped = true;
}

struct http_totals http_conversation_totals(
	const struct http_conversation *conversation)
{
	return conversation->totals;
}

/* Tells `done` and forgets the request. `failure` is NULL after success. */
static int complete(struct http_conversation *conversation,
		    struct http_job *job, const struct error *failure,
		    struct error *err)
{
	int status = http_job_report(job, failure, err);

	http_engine_drop(conversation->engine, &job->transfer);
	http_job_free(job);
	return status;
}

static unsigned any_number(void)
{
	unsigned number = 0;

	/* Without entropy the wait is the shortest, which does no harm. */
	if (getrandom(&number, sizeof(number), GRND_NONBLOCK) !=
	    (ssize_t)sizeof(number))
		return 0;
	return number;
}

static int refuse_wait(struct error *failure, const char *why)
{
	char reason[ERROR_MESSAGE_BYTES];

	memcpy(reason, failure->message, sizeof(reason));
	return error_set(failure, failure->code, "%s %s", reason, why);
}

/* Queues the next attempt. Returns 0, or -1 after adding to `failure` why
 * there is none. */
static int try_again(struct http_conversation *conversation,
		     struct http_job *job, struct error *failure)
{
	const struct http_sink *sink = &job->request.sink;
	long long now_ms = clock_monotonic_ms();
	long long left_ms = conversation->deadline_ms - now_ms;
	long long asked_ms, wait_ms;

	if (job->attempts > conversation->options.retries)
		return -1;
	asked_ms = http_retry_after_ms(job->transfer.retry_after, time(NULL));
	wait_ms = http_backoff_ms(job->attempts, any_number());
	if (asked_ms > wait_ms)
		wait_ms = asked_ms;
	if (wait_ms >= left_ms && asked_ms > 0)
		return refuse_wait(failure, "and asks for a wait that goes "
					    "past the deadline");
	if (wait_ms >= left_ms)
		return refuse_wait(failure, "and no time is left for another "
					    "attempt");
	log_event(LOG_LEVEL_DEBUG, "request is tried again", "url",
		  job->public_url.data, "reason", failure->message, "wait_ms",
		  LOG_INT(wait_ms), NULL);
	http_engine_drop(conversation->engine, &job->transfer);
	job->transfer = (struct http_transfer){0};
	if (sink->restart != NULL && sink->restart(sink->context, failure) != 0)
		return -1;
	conversation->totals.retries++;
	job->not_before_ms = now_ms + wait_ms;
	http_job_append(&conversation->waiting, job);
	return 0;
}

static int settle(struct http_conversation *conversation, struct http_job *job,
		  struct error *err)
{
	struct error failure = {0};
	bool may_retry = false;

	http_job_take_out(&conversation->running, job);
	conversation->running_count--;
	job->body_bytes += job->transfer.body_bytes;
	conversation->totals.body_bytes += job->transfer.body_bytes;
	if (http_job_judge(job, &may_retry, &failure) == 0)
		return complete(conversation, job, NULL, err);
	if (may_retry && try_again(conversation, job, &failure) == 0)
		return 0;
	return complete(conversation, job, &failure, err);
}

static long within_int(long long ms)
{
	return ms < 1 ? 1 : ms > INT_MAX ? INT_MAX : (long)ms;
}

static int start(struct http_conversation *conversation, struct http_job *job,
		 struct error *err)
{
	long long left_ms = conversation->deadline_ms - clock_monotonic_ms();

	http_job_take_out(&conversation->waiting, job);
	job->attempts++;
	job->transfer = (struct http_transfer){
		.url = job->url,
		.method = job->request.method,
		.body = &job->body,
		.content_type = job->content_type,
		.if_none_match = job->if_none_match,
		.if_modified_since = job->if_modified_since,
		.timeout_ms = within_int(left_ms),
		.connect_timeout_ms =
			within_int(conversation->options.connect_timeout_ms),
		.max_bytes = conversation->options.max_bytes,
		.sink = &job->request.sink,
		.owner = job,
	};
	http_job_append(&conversation->running, job);
	conversation->running_count++;
	return http_engine_start(conversation->engine, &job->transfer, err);
}

/* Starts what may start now. `next_ms` is set to the moment at which there is
 * something to start that waits for nothing but the time. */
static int start_ready(struct http_conversation *conversation,
		       long long *next_ms, struct error *err)
{
	long long now_ms = clock_monotonic_ms();
	struct http_job *job, *following;

	*next_ms = conversation->deadline_ms;
	for (job = conversation->waiting; job != NULL; job = following) {
		following = job->next;
		if (conversation->running_count >=
		    conversation->options.concurrency)
			return 0;
		if (job->not_before_ms <= now_ms) {
			if (start(conversation, job, err) != 0)
				return -1;
		} else if (job->not_before_ms < *next_ms) {
			*next_ms = job->not_before_ms;
		}
	}
	return 0;
}

/* What has not begun by now ends; what runs is ended by its own timeout. */
static int expire_waiting(struct http_conversation *conversation,
			  struct error *err)
{
	struct error failure = {0};
	struct http_job *job;

	error_set(&failure, EX_UNAVAILABLE,
		  "no time is left before the deadline");
	while (!conversation->is_stopped &&
	       (job = conversation->waiting) != NULL) {
		conversation->waiting = job->next;
		job->is_expired = true;
		if (complete(conversation, job, &failure, err) != 0)
			return -1;
	}
	return 0;
}

static int run_once(struct http_conversation *conversation, struct error *err)
{
	struct http_transfer *ended;
	long long next_ms, now_ms = clock_monotonic_ms();

	if (now_ms >= conversation->deadline_ms &&
	    expire_waiting(conversation, err) != 0)
		return -1;
	if (start_ready(conversation, &next_ms, err) != 0 ||
	    http_engine_wait(conversation->engine, within_int(next_ms - now_ms),
			     &ended, err) != 0)
		return -1;
	if (ended == NULL)
		return 0;
	return settle(conversation, ended->owner, err);
}

int http_run(struct http_conversation *conversation, struct error *err)
{
	int status = 0;

	conversation->is_stopped = false;
	while (status == 0 && !conversation->is_stopped &&
	       (conversation->waiting != NULL || conversation->running != NULL))
		status = run_once(conversation, err);
	drop_all(conversation);
	return status;
}
