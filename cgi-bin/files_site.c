#include "files_site.h"

#include <stdio.h>
#include <string.h>

#include "base/count.h"
#include "base/log.h"
#include "cache/cache_keep.h"
#include "web/files_health.h"
#include "web/health.h"
#include "web/problem.h"
#include "web/representation.h"
#include "web/routes.h"

#define FILES_PATH "/api/presentation/files/"

/* What a caller who cannot be served now is asked to wait, where nothing more
 * is known. */
#define COME_AGAIN_S 1

static const char bad_id[] =
	"A file's id is 1 to 128 letters, digits, hyphens, "
	"underscores and dots.";
static const char unreadable[] = "The file cannot be read right now.";
static const char no_upstream[] =
	"This file is not kept, and there is no media-file API to ask.";
static const char too_many[] = "Too many files are being fetched right now.";

/* How each outcome that is no file is told. */
static const struct {
	int status;
	const char *detail;
} outcomes[] = {
	[MEDIA_UNFINISHED] = {400, "This file is not finished."},
	[MEDIA_UNKNOWN] = {404, "There is no file with this id."},
	[MEDIA_FAILED] = {502, "The media-file API failed."},
	[MEDIA_TOO_SLOW] = {504, "The media-file API took too long."},
	[MEDIA_BUSY] = {503, too_many},
	[MEDIA_BAD_ID] = {400, bad_id},
};

static void refuse(void *context, int status, const struct web_request *request,
		   struct web_response *response)
{
	const char *uri = web_request_variable(request, "REQUEST_URI");

	(void)context;
	/* An id has one spelling: a path below ours that is not canonical, or
	 * too long, has none in it. */
	if (status == 404 && request->path.length == 0 && uri != NULL &&
	    strncmp(uri, FILES_PATH, strlen(FILES_PATH)) == 0)
		problem_answer_json(&(struct problem){.status = 400,
						      .detail = bad_id},
				    request, response);
	else
		problem_answer_json(
			&(struct problem){.status = status,
					  .detail =
						  problem_usual_detail(status)},
			request, response);
}

static void refuse_for(int status, const char *detail, int retry_after_s,
		       const struct web_request *request,
		       struct web_response *response)
{
	problem_answer_json(&(struct problem){.status = status,
					      .detail = detail,
					      .retry_after_s = retry_after_s},
			    request, response);
}

/* Returns 1 when it was served, 0 where it is not kept, -1 with nothing
 * sent. */
static int serve_kept(const struct files_site *site, const char *id,
		      const char *cache_status,
		      const struct web_request *request,
		      struct web_response *response)
{
	struct cache_snapshot snapshot;
	struct cache_entry entry;
	struct representation kept = {.snapshot = &snapshot,
				      .name = id,
				      .entry = &entry,
				      .status = 200,
				      .kept_status = cache_status};
	struct error err = {0};
	int status = cache_keep_open(site->cache_dir, FILES_SITE, id, &snapshot,
				     &err);

	if (status == CACHE_EMPTY)
		return 0;
	if (status == 0) {
		status = cache_snapshot_find(&snapshot, id, &entry, &err);
		if (status == 1 &&
		    representation_answer(&kept, request, response, &err) != 0)
			status = -1;
		cache_snapshot_close(&snapshot);
	}
	if (status < 0)
		log_event(LOG_LEVEL_ERROR, "a kept file cannot be read",
			  "file_id", id, "reason", err.message, NULL);
	return status;
}

/* Finished, but the cache did not take it: this answer is all there is. */
static void serve_unkept(const struct media_answer *answer,
			 const char *cache_status,
			 struct web_response *response)
{
	web_response_allow_any_origin(response);
	web_response_header(response, "Cache-Control", "no-store");
	web_response_header(response, "Cache-Status", cache_status);
	web_response_send(response, 200, MEDIA_TYPE, answer->body.data,
			  answer->body.length);
}

static void refuse_outcome(const struct media_answer *answer,
			   const char *cache_status,
			   const struct web_request *request,
			   struct web_response *response)
{
	struct problem problem = {
		.status = outcomes[answer->outcome].status,
		.detail = outcomes[answer->outcome].detail,
		.retry_after_s = answer->retry_after_s,
	};
	struct buffer detail = BUFFER_EMPTY;

	if (problem.status >= 500 && problem.retry_after_s <= 0)
		problem.retry_after_s = COME_AGAIN_S;
	if (answer->outcome == MEDIA_UNFINISHED) {
		if (!answer->may_finish)
			problem.retry_after_s = 0;
		problem.member = "processingStatus";
		problem.member_text = answer->status;
		buffer_format(&detail,
			      "This file is not finished: its status is %s.",
			      answer->status);
		if (!detail.has_failed)
			problem.detail = detail.data;
	}
	if (answer->outcome != MEDIA_BUSY && answer->outcome != MEDIA_BAD_ID)
		web_response_header(response, "Cache-Status", cache_status);
	problem_answer_json(&problem, request, response);
	buffer_free(&detail);
}

static void log_failure(const char *id, const struct media_answer *answer)
{
	if (answer->reason.message[0] != '\0' && !answer->is_collapsed)
		log_event(LOG_LEVEL_WARN,
			  answer->outcome == MEDIA_UNKEPT
				  ? "a file cannot be kept"
				  : "a file cannot be fetched",
			  "file_id", id, "reason", answer->reason.message,
			  NULL);
}

static void tell_health(struct files_note *note,
			const struct media_answer *answer)
{
	if (answer->is_collapsed)
		return;
	if (answer->outcome == MEDIA_KEPT)
		files_note_update(note, false);
	else if (answer->outcome == MEDIA_FAILED ||
		 answer->outcome == MEDIA_TOO_SLOW ||
		 answer->outcome == MEDIA_UNKEPT)
		files_note_update(note, true);
}

/* One that another caller had kept a moment before was not fetched. */
static void describe(const struct media_answer *answer, char *cache_status,
		     size_t size)
{
	bool is_kept = answer->outcome == MEDIA_KEPT;

	if (is_kept && !answer->is_new && !answer->is_collapsed)
		snprintf(cache_status, size, FRESHNESS_KEPT_HIT);
	else
		snprintf(cache_status, size, "marquee; fwd=miss%s%s",
			 is_kept ? "; stored" : "",
			 answer->is_collapsed ? "; collapsed" : "");
}

static void serve_fetched(const struct files_site *site, const char *id,
			  const struct web_request *request,
			  struct web_response *response)
{
	struct media_answer answer;
	char cache_status[64];

	media_fetch(site->media, id, &answer);
	log_failure(id, &answer);
	tell_health(site->note, &answer);
	describe(&answer, cache_status, sizeof(cache_status));
	if (answer.outcome == MEDIA_UNKEPT)
		serve_unkept(&answer, cache_status, response);
	else if (answer.outcome != MEDIA_KEPT)
		refuse_outcome(&answer, cache_status, request, response);
	else if (serve_kept(site, id, cache_status, request, response) != 1)
		refuse_for(503, unreadable, COME_AGAIN_S, request, response);
	media_answer_free(&answer);
}

static void serve(const struct files_site *site, const char *id,
		  const struct web_request *request,
		  struct web_response *response)
{
	int status =
		serve_kept(site, id, FRESHNESS_KEPT_HIT, request, response);

	if (status == 1)
		return;
	if (site->media == NULL) {
		refuse_for(503, status < 0 ? unreadable : no_upstream, 0,
			   request, response);
		return;
	}
	/* One that cannot be read is fetched anew. */
	if (atomic_fetch_add(site->waiting, 1) < site->max_waiting)
		serve_fetched(site, id, request, response);
	else
		refuse_for(503, too_many, COME_AGAIN_S, request, response);
	atomic_fetch_sub(site->waiting, 1);
}

static void answer_file(void *context, const struct web_request *request,
			const struct web_match *match,
			struct web_response *response)
{
	struct web_span part = match->parts[0];
	struct buffer id = BUFFER_EMPTY;

	buffer_append(&id, part.text, part.length);
	if (buffer_check(&id, NULL) != 0)
		refuse_for(503, unreadable, 0, request, response);
	else if (!media_is_id(id.data))
		refuse_for(400, bad_id, 0, request, response);
	else
		serve(context, id.data, request, response);
	buffer_free(&id);
}

static void answer_health(void *context, const struct web_request *request,
			  const struct web_match *match,
			  struct web_response *response)
{
	const struct files_site *site = context;
	const struct health_service services[] = {
		{"files", files_health_report, site->cache_dir},
	};

	(void)request;
	(void)match;
	health_answer(services, COUNT(services), response);
}

#define READ (WEB_GET | WEB_HEAD)

static const struct web_route routes[] = {
	{FILES_PATH "{}", READ, answer_file, NULL},
	{"/ping/?", READ, health_route_ping, NULL},
	{"/health/?", READ, answer_health, NULL},
	{0},
};

static void write_metrics(const void *context, struct metrics_writer *writer)
{
	files_note_write_metrics(((const struct files_site *)context)->note,
				 writer);
}

int files_site_count(struct files_site *site, struct metrics_note *metrics,
		     struct error *err)
{
	*metrics = (struct metrics_note){
		.kept = {.cache_dir = site->cache_dir,
			 .site = METRICS_SITE,
			 .name = METRICS_NOTE_FILES},
		.responder = "files",
		.routes = routes,
		.source = {write_metrics, site},
	};
	if (metrics_note_start(metrics, err) != 0)
		return -1;
	site->counters = metrics->counters;
	return 0;
}

void files_site_answer(const void *site, const struct web_request *request,
		       struct web_response *response)
{
	struct files_site context = *(const struct files_site *)site;
	const struct web_site urls = {
		.routes = routes, .refuse = refuse, .context = &context};

	request_counters_answer(context.counters, &urls, request, response);
}
