#include "upstream/http_job.h"

#include <stdlib.h>
#include <string.h>

#include "upstream/http_policy.h"

void http_job_free(struct http_job *job)
{
	free(job->url);
	free(job->if_none_match);
	free(job->if_modified_since);
	free(job->content_type);
	buffer_free(&job->body);
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
	job->content_type = copy_or_null(request->content_type, &has_failed);
	buffer_append(&job->body, request->body, request->body_bytes);
	http_public_url(&job->public_url, request->url);
	if (has_failed || job->body.has_failed || job->public_url.has_failed) {
		http_job_free(job);
		return NULL;
	}
	return job;
}

static bool is_not_modified(const struct http_job *job)
{
	return job->transfer.status == 304 && job->request.method == HTTP_GET &&
	       (job->if_none_match != NULL || job->if_modified_since != NULL);
}

static bool is_success(const struct http_job *job)
{
	const struct http_transfer *transfer = &job->transfer;

	return transfer->outcome == HTTP_ENOUGH ||
	       (transfer->outcome == HTTP_ANSWERED &&
		(http_status_is_success(job->request.method,
					transfer->status) ||
		 is_not_modified(job)));
}

static int refuse_status(const struct http_job *job, struct error *failure)
{
	long status = job->transfer.status;

	if (job->request.method != HTTP_GET && status >= 300 && status <= 399 &&
	    status != 304)
		return error_set(failure, EX_UNAVAILABLE,
				 "the server answers %ld, and a %s follows no "
				 "redirect",
				 status, http_method_name(job->request.method));
	return error_set(failure, EX_UNAVAILABLE, "the server answers %ld",
			 status);
}

int http_job_judge(struct http_job *job, bool *may_retry, struct error *failure)
{
	const struct http_transfer *transfer = &job->transfer;
	const struct http_sink *sink = &job->request.sink;
	bool may_repeat = http_method_may_be_repeated(job->request.method);

	if (is_success(job)) {
		if (transfer->outcome == HTTP_ENOUGH || is_not_modified(job) ||
		    sink->finish == NULL ||
		    sink->finish(sink->context, failure) == 0)
			return 0;
		*may_retry = may_repeat && failure->code == EX_UNAVAILABLE;
		return -1;
	}
	if (transfer->outcome == HTTP_ANSWERED) {
		*may_retry =
			may_repeat && http_status_is_retried(transfer->status);
		return refuse_status(job, failure);
	}
	*may_retry = may_repeat && transfer->outcome == HTTP_LOST;
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
		.link = transfer->link,
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
