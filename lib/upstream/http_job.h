/*
 * One request of a conversation, through all its attempts.
 */
#ifndef MARQUEE_UPSTREAM_HTTP_JOB_H
#define MARQUEE_UPSTREAM_HTTP_JOB_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"
#include "upstream/http.h"
#include "upstream/http_transfer.h"

struct http_job {
	struct http_job *next;       /* in the list that holds it */
	struct http_request request; /* what it points to is below */
	char *url;
	char *if_none_match; /* NULL: not sent */
	char *if_modified_since;
	char *content_type;
	struct buffer body;            /* of the request */
	struct buffer public_url;      /* without userinfo */
	struct http_transfer transfer; /* the attempt that runs or ended last */
	unsigned attempts;
	size_t body_bytes;       /* of all attempts that ended */
	long long not_before_ms; /* of clock_monotonic_ms */
	bool is_expired;         /* its turn never came before the deadline */
};

/* Copies the request. NULL where there is no memory. */
struct http_job *http_job_new(const struct http_request *request);
void http_job_free(struct http_job *job);

/* Lists: first in, first out. The job taken out must be in the list. */
void http_job_append(struct http_job **list, struct http_job *job);
void http_job_take_out(struct http_job **list, const struct http_job *job);

/* Judges the attempt that has ended. Returns 0 for a success; else -1 with the
 * reason, and `may_retry` says whether another attempt may be better. */
int http_job_judge(struct http_job *job, bool *may_retry,
		   struct error *failure);

/* Calls `done` with how the request ended; `failure` is NULL after success.
 * Returns what `done` returns. */
int http_job_report(const struct http_job *job, const struct error *failure,
		    struct error *err);

#endif
