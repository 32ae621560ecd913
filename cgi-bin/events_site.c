#include "events_site.h"

#include "base/count.h"
#include "events_answer.h"
#include "events_read.h"
#include "events_write.h"
#include "web/events_health.h"
#include "web/health.h"
#include "web/routes.h"

static void refuse(void *context, int status, const struct web_request *request,
		   struct web_response *response)
{
	(void)context;
	events_refuse(status,
		      status == 405
			      ? "This address takes other methods: see Allow."
			      : problem_usual_detail(status),
		      request, response);
}

/* This process need not look into the cache to know how it is. */
static enum health_state report(const void *context, struct json_writer *json)
{
	struct events_note *note = ((const struct events_site *)context)->note;
	struct events_facts facts = {.is_alive = true};
	enum health_state state;

	events_note_describe(note, &facts.note);
	events_health_read_relay(note->kept.cache_dir, &facts.relay);
	state = events_health_write(&facts, json);
	buffer_free(&facts.note);
	buffer_free(&facts.relay);
	return state;
}

static void answer_health(void *context, const struct web_request *request,
			  const struct web_match *match,
			  struct web_response *response)
{
	const struct health_service services[] = {{"events", report, context}};

	(void)request;
	(void)match;
	health_answer(services, COUNT(services), response);
}

#define READ (WEB_GET | WEB_HEAD)

static const struct web_route routes[] = {
	{"/events/?", READ, events_answer_list, NULL},
	{"/events/?", WEB_POST, events_answer_post, NULL},
	{"/events/{}/?", READ, events_answer_one, NULL},
	{"/events/{}/?", WEB_PUT, events_answer_put, NULL},
	{"/ping/?", READ, health_route_ping, NULL},
	{"/health/?", READ, answer_health, NULL},
	{0},
};

static void write_metrics(const void *context, struct metrics_writer *writer)
{
	events_note_write_metrics(((const struct events_site *)context)->note,
				  writer);
}

int events_site_count(struct events_site *site, struct metrics_note *metrics,
		      struct error *err)
{
	*metrics = (struct metrics_note){
		.kept = {.cache_dir = site->note->kept.cache_dir,
			 .site = METRICS_SITE,
			 .name = METRICS_NOTE_EVENTS},
		.responder = "events",
		.routes = routes,
		.source = {write_metrics, site},
	};
	if (metrics_note_start(metrics, err) != 0)
		return -1;
	site->counters = metrics->counters;
	return 0;
}

void events_site_answer(const void *site, const struct web_request *request,
			struct web_response *response)
{
	struct events_site context = *(const struct events_site *)site;
	const struct web_site urls = {
		.routes = routes, .refuse = refuse, .context = &context};

	request_counters_answer(context.counters, &urls, request, response);
}
