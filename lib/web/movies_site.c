#include "web/movies_site.h"

#include <string.h>

#include "base/clock.h"
#include "base/count.h"
#include "base/day.h"
#include "base/text.h"
#include "cache/cache_hold.h"
#include "web/events_health.h"
#include "web/files_health.h"
#include "web/health.h"
#include "web/health_note.h"
#include "web/metrics_answer.h"
#include "web/metrics_note.h"
#include "web/movies_facts.h"
#include "web/movies_health.h"
#include "web/movies_metrics.h"
#include "web/routes.h"
#include "web/status_page.h"

static const struct resource home = {{"index.html", NULL}, {0}};
static const struct resource style = {{"style.css", NULL}, {0}};
static const struct resource favicon = {{"favicon.svg", NULL}, {0}};
static const struct resource script = {{"script.js", NULL}, {0}};
static const struct resource list = {{"movies.html", "movies.json"}, {0}};
static const struct resource list_html = {{"movies.html", NULL}, {0}};
static const struct resource list_json = {{NULL, "movies.json"}, {0}};
static const struct resource feed = {{"movies.atom", NULL}, {0}};
static const struct resource docs = {{"docs.html", NULL}, {0}};
static const struct resource openapi = {{NULL, "openapi.json"}, {0}};
static const struct resource by_year = {{"movies-by-year.html", "movies.json"},
					{"/movies.html?order=year", NULL}};
static const struct resource by_year_html = {{"movies-by-year.html", NULL},
					     {0}};

/* Every handler's context is the site, which begins with the store. */
static void answer_fixed(void *context, const struct web_request *request,
			 const struct web_match *match,
			 struct web_response *response)
{
	resource_answer(context, match->route->data, 1, request, response);
}

static bool is_by_year(const struct web_request *request)
{
	return web_request_query_is(request, "order", "year");
}

static void answer_list(void *context, const struct web_request *request,
			const struct web_match *match,
			struct web_response *response)
{
	(void)match;
	resource_answer(context, is_by_year(request) ? &by_year : &list, 1,
			request, response);
}

static void answer_list_html(void *context, const struct web_request *request,
			     const struct web_match *match,
			     struct web_response *response)
{
	(void)match;
	resource_answer(context,
			is_by_year(request) ? &by_year_html : &list_html, 1,
			request, response);
}

/* Page numbers have one spelling: no zeros in front. */
static bool read_page(struct web_span text, long long *number)
{
	return text.text[0] != '0' &&
	       text_number(text.text, text.length, number) == 0;
}

static void answer_page(void *context, const struct web_request *request,
			const struct web_match *match,
			struct web_response *response)
{
	struct buffer name = BUFFER_EMPTY;
	struct resource page = {0};
	long long number;

	if (!read_page(match->parts[0], &number)) {
		resource_refuse(context, 404, request, response);
		return;
	}
	if (number == 1) {
		answer_list(context, request, match, response);
		return;
	}
	buffer_format(&name, "%s/page/%lld.html",
		      is_by_year(request) ? "movies-by-year" : "movies",
		      number);
	if (!name.has_failed) {
		page.names[RESOURCE_HTML] = name.data;
		resource_answer(context, &page, 1, request, response);
	} else {
		resource_refuse(context, 503, request, response);
	}
	buffer_free(&name);
}

static bool ends_in(struct web_span text, const char *end)
{
	size_t length = strlen(end);

	return text.length > length &&
	       memcmp(text.text + text.length - length, end, length) == 0;
}

/* A film's id may itself end in ".json": it goes before the other reading. */
static void answer_film(void *context, const struct web_request *request,
			const struct web_match *match,
			struct web_response *response)
{
	static const char *const ends[] = {".html", ".json", ""};
	struct web_span id = match->parts[0];
	struct buffer names[3] = {BUFFER_EMPTY, BUFFER_EMPTY, BUFFER_EMPTY};
	struct resource readings[2] = {0};
	bool has_failed = false;
	size_t i, count = 2;

	for (i = 0; i < 3; i++) {
		buffer_text(&names[i], "movies/");
		buffer_append(&names[i], id.text, id.length);
		buffer_text(&names[i], ends[i]);
		has_failed = has_failed || names[i].has_failed;
	}
	readings[0].names[RESOURCE_HTML] = names[RESOURCE_HTML].data;
	readings[0].names[RESOURCE_JSON] = names[RESOURCE_JSON].data;
	if (ends_in(id, ".html"))
		readings[1].names[RESOURCE_HTML] = names[2].data;
	else if (ends_in(id, ".json"))
		readings[1].names[RESOURCE_JSON] = names[2].data;
	else
		count = 1;
	if (has_failed)
		resource_refuse(context, 503, request, response);
	else
		resource_answer(context, readings, count, request, response);
	for (i = 0; i < 3; i++)
		buffer_free(&names[i]);
}

#define SERVICES 3

static void list_services(const char *cache_dir,
			  struct health_service services[SERVICES])
{
	services[0] = (struct health_service){"movies", movies_health_report,
					      cache_dir};
	services[1] = (struct health_service){"files", files_health_report,
					      cache_dir};
	services[2] = (struct health_service){"events", events_health_report,
					      cache_dir};
}

static void answer_health(void *context, const struct web_request *request,
			  const struct web_match *match,
			  struct web_response *response)
{
	const struct resource_store *store = context;
	struct health_service services[SERVICES];

	(void)request;
	(void)match;
	list_services(store->cache_dir, services);
	health_answer(services, SERVICES, response);
}

static void write_states(const void *cache_dir, struct metrics_writer *writer)
{
	struct health_service services[SERVICES];

	list_services(cache_dir, services);
	health_write_metrics(services, SERVICES, writer);
}

/* The counters come last: a process that answers no other request has nothing
 * to count. */
static void collect_metrics(const struct movies_site *site, bool is_only_one,
			    struct buffer *text)
{
	const struct metrics_source sources[] = {
		{write_states, site->store.cache_dir},
		{movies_metrics_write, site->store.cache_dir},
		{request_counters_write, site->counters},
	};
	struct buffer texts[1 + METRICS_NOTES] = {BUFFER_EMPTY};
	size_t count = COUNT(sources), i;

	metrics_note_read_all(site->store.cache_dir, texts + 1);
	metrics_collect(sources, is_only_one ? count - 1 : count, texts,
			1 + METRICS_NOTES, text);
	for (i = 0; i <= METRICS_NOTES; i++)
		buffer_free(&texts[i]);
}

static void answer_metrics(void *context, const struct web_request *request,
			   const struct web_match *match,
			   struct web_response *response)
{
	struct buffer text = BUFFER_EMPTY;

	(void)match;
	collect_metrics(context, request->is_only_one, &text);
	metrics_answer(&text, response);
	buffer_free(&text);
}

/* What fetch-movies has measured and, should it run no more, how old the films are
 * by now; and what the page shows of that. Returns 0, or -1 for want of memory. */
static int read_day(const char *cache_dir, struct day *day,
		    struct status_page *page)
{
	struct buffer note = BUFFER_EMPTY;
	struct movies_facts facts;
	int status;

	health_note_read(cache_dir, MOVIES_SITE, DAY_NOTE, &note);
	day_read(&note, clock_wall_ms() / 1000, day);
	movies_facts_read(cache_dir, &facts);
	page->has_style = facts.is_published;
	page->is_bundled = facts.is_published && facts.is_bundled;
	if (movies_facts_have_age(&facts))
		day_raise(day, DAY_AGE_S, facts.freshness.age_s);
	status = note.has_failed || facts.note.has_failed ? -1 : 0;
	movies_facts_free(&facts);
	buffer_free(&note);
	return status;
}

static void answer_status(void *context, const struct web_request *request,
			  const struct web_match *match,
			  struct web_response *response)
{
	const struct movies_site *site = context;
	struct health_service services[SERVICES];
	struct buffer numbers = BUFFER_EMPTY;
	struct day day;
	long long requests[DAY_SLOTS];
	struct status_page page = {
		.services = services,
		.service_count = SERVICES,
		.numbers = &numbers,
		.day = &day,
		.requests = request->is_only_one ? NULL : requests,
	};

	(void)match;
	list_services(site->store.cache_dir, services);
	collect_metrics(site, request->is_only_one, &numbers);
	if (read_day(site->store.cache_dir, &day, &page) != 0)
		numbers.has_failed = true;
	request_counters_day(site->counters, requests);
	status_page_answer(&page, response);
	buffer_free(&numbers);
}

static void refuse(void *context, int status, const struct web_request *request,
		   struct web_response *response)
{
	resource_refuse(context, status, request, response);
}

#define READ (WEB_GET | WEB_HEAD)

static const struct web_route routes[] = {
	{"/", READ, answer_fixed, &home},
	{"/movies/?", READ, answer_list, NULL},
	{"/movies.html", READ, answer_list_html, NULL},
	{"/movies.json", READ, answer_fixed, &list_json},
	{"/movies.atom", READ, answer_fixed, &feed},
	{"/movies/page/{}/?", READ, answer_page, NULL},
	{"/movies/{}", READ, answer_film, NULL},
	{"/style.css", READ, answer_fixed, &style},
	{"/script.js", READ, answer_fixed, &script},
	{"/favicon.svg", READ, answer_fixed, &favicon},
	{"/docs/?", READ, answer_fixed, &docs},
	{"/openapi.json", READ, answer_fixed, &openapi},
	{"/ping/?", READ, health_route_ping, NULL},
	{"/health/?", READ, answer_health, NULL},
	{"/metrics/?", READ, answer_metrics, NULL},
	{"/status/?", READ, answer_status, NULL},
	{0},
};

int movies_site_init(struct movies_site *site, const char *cache_dir,
		     struct error *err)
{
	site->store = (struct resource_store){cache_dir, MOVIES_SITE, NULL};
	site->counters = request_counters_create("movies", routes, err);
	if (site->counters != NULL)
		site->store.hold =
			cache_hold_create(cache_dir, MOVIES_SITE, err);
	return site->store.hold != NULL ? 0 : -1;
}

void movies_site_free(struct movies_site *site)
{
	cache_hold_free(site->store.hold);
	request_counters_free(site->counters);
}

void movies_site_answer(const void *context, const struct web_request *request,
			struct web_response *response)
{
	struct movies_site site = *(const struct movies_site *)context;
	const struct web_site table = {
		.routes = routes, .refuse = refuse, .context = &site};

	request_counters_answer(site.counters, &table, request, response);
}
