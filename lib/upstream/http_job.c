#include "upstream/http_job.h"

#include <stdlib.h>
#include <string.h>

#include "upstream/http_policy.h"

void http_job_free(struct http_job *job)
{
	free(job->url);
	free(job->if_none_match);
	free(job->if_modified_since);
	buffer_free(&job->public_url);
	free(job);
}

void http_job_append(struct http_job **list, struct http_job *job)
{
	while (*list != NULL)
		list = &(*list)->next;
	job->next = NULL;
	*list = job;
}

void http_job_take_out(struct http_job **list, const struct http_job *job)
{
	while (*list != job)
		list = &(*list)->next;
	*list = job->next;
}

/* strdup that passes NULL on. */
static char *copy_or_null(const char *text, bool *has_failed)
{
	char *copy = text == NULL ? NULL : strdup(text);

	*has_failed = *has_failed || (text != NULL && copy == NULL);
	return copy;
}

struct http_job *http_job_new(const struct http_request *request)
{
	const char *etag = request->if_none_match;
	const char *date = request->if_modified_since;
	struct http_job *job = calloc(1, sizeof(*job));
	bool has_failed = false;

	if (job == NULL)
		return NULL;
	job->request = *request;
	job->url = copy_or_null(request->url, &has_failed);
	job->if_none_match = copy_or_null(
		http_is_entity_tag(etag) ? etag : NULL, &has_failed);
	job->if_modified_since =
		copy_or_null(http_is_date(date) ? date : NULL, &has_failed);
	http_public_url(&job->public_url, request->url);
	if (has_failed || job->public_url.has_failed) {
		http_job_free(job);
		return NULL;
	}
	return job;
}

static bool is_success(const struct http_job *job)
{
	const struct http_transfer *transfer = &job->transfer;
	bool is_conditional =
		job->if_none_match != NULL || job->if_modified_since != NULL;

	return transfer->outcome == HTTP_ENOUGH ||
	       (transfer->outcome == HTTP_ANSWERED &&
		(transfer->status == 200 ||
		 (transfer->status == 304 && is_conditional)));
}

int http_job_judge(struct http_job *job, bool *may_retry, struct error *failure)
{
	const struct http_transfer *transfer = &job->transfer;
	const struct http_sink *sink = &job->request.sink;

	if (is_success(job)) {
		if (transfer->outcome == HTTP_ENOUGH ||
		    transfer->status != 200 || sink->finish == NULL ||
		    sink->finish(sink->context, failure) == 0)
			return 0;
		*may_retry = failure->code == EX_UNAVAILABLE;
		return -1;
	}
	if (transfer->outcome == HTTP_ANSWERED) {
		*may_retry = http_status_is_retried(transfer->status);
		return error_set(failure, EX_UNAVAILABLE,
				 "the server answers %ld", transfer->status);
	}
	*may_retry = transfer->outcome == HTTP_LOST;
	*failure = transfer->reason;
	return -1;
}

int http_job_report(const struct http_job *job, const struct error *failure,
		    struct error *err)
{
	const struct http_transfer *transfer = &job->transfer;
	struct http_response response = {
		.url = job->public_url.data,
		.status = transfer->status,
		.body_bytes = job->body_bytes,
		.attempts = job->attempts,
		.is_timeout = failure != NULL &&
			      (transfer->is_timeout || job->is_expired),
	};

	if (http_is_entity_tag(transfer->etag))
		response.etag = transfer->etag;
	if (http_is_date(transfer->last_modified))
		response.last_modified = transfer->last_modified;
	if (failure != NULL && job->attempts > 1)
		error_set(&response.failure, failure->code,
			  "%s: %s (%u attempts)", response.url,
			  failure->message, job->attempts);
	else if (failure != NULL)
		error_set(&response.failure, failure->code, "%s: %s",
			  response.url, failure->message);
	return job->request.done(job->request.context, &response, err);
}
