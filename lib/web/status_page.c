#include "web/status_page.h"

#include "base/clock.h"
#include "base/count.h"
#include "web/status_chart.h"
#include "web/status_parts.h"

static const char head[] =
	"<!DOCTYPE html>\n"
	"<html lang=\"en\">\n"
	"<head>\n"
	"<meta charset=\"utf-8\">\n"
	"<meta name=\"viewport\" content=\"width=device-width, "
	"initial-scale=1\">\n"
	"<meta name=\"description\" content=\"How this site is: its services, "
	"the last day, all numbers.\">\n"
	"<title>Status – Marquee</title>\n";

/* Where nothing is published there is neither a style nor an icon. */
static const char look[] =
	"<meta name=\"color-scheme\" content=\"light dark\">\n"
	"<meta name=\"theme-color\" content=\"#2a1518\">\n"
	"<link rel=\"icon\" href=\"/favicon.svg\" type=\"image/svg+xml\">\n"
	"<link rel=\"stylesheet\" href=\"/style.css\">\n";

/* As templates/header.mustache. */
static const char top[] =
	"</head>\n"
	"<body>\n"
	"<a class=\"skip\" href=\"#main\">Skip to the content</a>\n"
	"<header class=\"marquee\">\n"
	"<div class=\"wrap\">\n"
	"<a class=\"sign\" href=\"/\">Marquee</a>\n"
	"<nav aria-label=\"Site\">\n"
	"<ul>\n"
	"<li><a href=\"/movies\">Films</a></li>\n"
	"<li><a href=\"/movies?order=year\">By year</a></li>\n"
	"<li><a href=\"/docs\">API</a></li>\n"
	"</ul>\n"
	"</nav>\n"
	"</div>\n"
	"</header>\n"
	"<main id=\"main\" class=\"wrap status\">\n";

static const char foot[] =
	"</main>\n"
	"<footer class=\"foot\">\n"
	"<div class=\"wrap\"><p>For programs: <a href=\"/health\">/health</a>, "
	"<a href=\"/metrics\">/metrics</a></p></div>\n"
	"</footer>\n"
	"</body>\n"
	"</html>\n";

static const char *const sentences[] = {
	[HEALTH_OK] = "All is well.",
	[HEALTH_DEGRADED] = "Not all is well.",
	[HEALTH_DOWN] = "Nothing can be served.",
};

static const char unmeasured[] = "Nothing was measured in the last 24 hours.";
static const char ageless[] = "None: these films came with Marquee and were "
			      "never fetched.";

static void write_charts(const struct status_page *page, struct buffer *out)
{
	const struct status_chart charts[] = {
		{"Age of the films", STATUS_SECONDS,
		 page->day->values[DAY_AGE_S],
		 page->is_bundled ? ageless : unmeasured},
		{"Run time of fetch-movies", STATUS_MS,
		 page->day->values[DAY_RUN_MS], unmeasured},
		{"Requests that movies.fcgi answered", STATUS_COUNT,
		 page->requests, unmeasured},
	};
	size_t i;

	buffer_text(out, "<section class=\"charts\" aria-label=\"The last "
			 "day\">\n");
	for (i = 0; i < COUNT(charts); i++)
		if (charts[i].values != NULL)
			status_chart_write(&charts[i], out);
	buffer_text(out, "</section>\n");
}

static void write_page(const struct status_page *page, struct buffer *out)
{
	struct buffer services = BUFFER_EMPTY;
	struct health_whole whole = {0};
	size_t i;

	for (i = 0; i < page->service_count; i++)
		health_add(&whole,
			   status_service_write(&page->services[i], &services));
	buffer_text(out, head);
	if (page->has_style)
		buffer_text(out, look);
	buffer_text(out, top);
	buffer_format(out, "<div class=\"lead\">\n<h1>%s</h1>\n<p>As of ",
		      sentences[health_of(&whole)]);
	status_time_write(clock_wall_ms(), out);
	buffer_text(out, "</p>\n</div>\n");
	write_charts(page, out);
	buffer_text(out, "<div class=\"services\">\n");
	if (services.has_failed)
		out->has_failed = true;
	else
		buffer_append(out, services.data, services.length);
	buffer_text(out, "</div>\n");
	buffer_free(&services);
	status_numbers_write(page->numbers, out);
	buffer_text(out, foot);
}

void status_page_answer(const struct status_page *page,
			struct web_response *response)
{
	struct buffer body = BUFFER_EMPTY;
	int status = 200;

	if (buffer_check(page->numbers, NULL) == 0)
		write_page(page, &body);
	else
		body.has_failed = true;
	if (buffer_check(&body, NULL) != 0) {
		buffer_clear(&body);
		status = 500;
	}
	web_response_header(response, "Cache-Control", "no-store");
	web_response_send(response, status, "text/html; charset=utf-8",
			  body.data, body.length);
	buffer_free(&body);
}
