#include "web/status_page.h"

#include <limits.h>
#include <string.h>

#include "base/clock.h"
#include "base/html.h"
#include "base/json_string.h"
#include "base/object_cutter.h"
#include "base/text.h"
#include "web/status_chart.h"

static const char head[] =
	"<!DOCTYPE html>\n"
	"<html lang=\"en\">\n"
	"<head>\n"
	"<meta charset=\"utf-8\">\n"
	"<meta name=\"viewport\" content=\"width=device-width, "
	"initial-scale=1\">\n"
	"<meta name=\"color-scheme\" content=\"light dark\">\n"
	"<meta name=\"description\" content=\"How this site is: its services, "
	"the last day, all numbers.\">\n"
	"<meta name=\"robots\" content=\"noindex\">\n"
	"<link rel=\"icon\" href=\"/favicon.svg\" type=\"image/svg+xml\">\n"
	"<link rel=\"stylesheet\" href=\"/style.css\">\n"
	"<title>Status – Marquee</title>\n"
	"</head>\n"
	"<body>\n"
	"<a class=\"skip\" href=\"#main\">Skip to the content</a>\n"
	"<header class=\"marquee\">\n"
	"<div class=\"wrap\"><a class=\"sign\" href=\"/\">Marquee</a></div>\n"
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

/* What members of /health are called. One that is missing here is shown by its
 * own name. */
static const struct {
	const char *name, *label;
} labels[] = {
	{"age_s", "Age of the data, in seconds"},
	{"films", "Films"},
	{"people", "People"},
	{"source", "Where they are from"},
	{"generation", "Generation"},
	{"last_run", "Last run"},
	{"failures", "Failed runs since the last good one"},
	{"last_error", "What went wrong last"},
	{"last_failure", "When something went wrong last"},
	{"upstream", "Media-file API"},
	{"kept", "Files kept since the start"},
	{"started", "Started"},
	{"waiting", "Events that wait"},
	{"unsent", "Events not handed on yet"},
	{"failed", "Events that failed for good"},
	{"oldest_age_s", "Age of the oldest that waits, in seconds"},
	{"queue", "Queue"},
};

static const char *label_of(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(labels) / sizeof(*labels); i++)
		if (strcmp(labels[i].name, name) == 0)
			return labels[i].label;
	return name;
}

static void write_value(const struct object_member *member, struct buffer *out)
{
	struct buffer text = BUFFER_EMPTY;

	if (json_string_is(member->value, member->value_length)) {
		json_string_decode(&text, member->value, member->value_length);
		html_text(out, text.data != NULL ? text.data : "", text.length);
		if (text.has_failed)
			out->has_failed = true;
		buffer_free(&text);
	} else {
		html_text(out, member->value, member->value_length);
	}
}

/* What is not known is not shown. */
static void write_members(const struct buffer *json, struct buffer *out)
{
	struct object_members members = OBJECT_MEMBERS_EMPTY;
	const struct object_member *member;
	const char *name;
	size_t i;

	if (object_cut(json->data, json->length, &members, NULL) != 0) {
		out->has_failed = true;
		return;
	}
	buffer_text(out, "<table>\n");
	for (i = 0; i < members.count; i++) {
		member = &members.list[i];
		name = label_of(members.names.data + member->name_at);
		if (member->value[0] == 'n') /* null */
			continue;
		buffer_text(out, "<tr><th scope=\"row\">");
		html_text(out, name, strlen(name));
		buffer_text(out, "</th><td>");
		write_value(member, out);
		buffer_text(out, "</td></tr>\n");
	}
	buffer_text(out, "</table>\n");
	object_members_free(&members);
}

static enum health_state write_service(const struct health_service *service,
				       struct buffer *out)
{
	struct buffer json = BUFFER_EMPTY;
	struct json_writer writer = JSON_WRITER(&json);
	enum health_state state;

	json_begin_object(&writer);
	state = service->report(service->context, &writer);
	json_end_object(&writer);
	buffer_format(out, "<section>\n<h2>%s <small>%s</small></h2>\n",
		      service->name, health_state_name(state));
	if (buffer_check(&json, NULL) == 0)
		write_members(&json, out);
	else
		out->has_failed = true;
	buffer_text(out, "</section>\n");
	buffer_free(&json);
	return state;
}

static void write_charts(const struct status_page *page, struct buffer *out)
{
	const struct status_chart charts[] = {
		{"Age of the films", "s", page->day->values[DAY_AGE_S], false},
		{"Run time of fetch-movies", "s", page->day->values[DAY_RUN_MS],
		 true},
		{"Requests that movies.fcgi answered", "", page->requests,
		 false},
	};
	size_t i;

	buffer_text(out, "<section class=\"charts\" aria-label=\"The last "
			 "day\">\n");
	for (i = 0; i < sizeof(charts) / sizeof(*charts); i++)
		if (charts[i].values != NULL)
			status_chart_write(&charts[i], out);
	buffer_text(out, "</section>\n");
}

/* A line of the text of /metrics. */
struct line {
	const char *at, *end;
};

static bool begins_with(const struct line *line, const char *text)
{
	size_t length = strlen(text);

	return (size_t)(line->end - line->at) >= length &&
	       memcmp(line->at, text, length) == 0;
}

/* What stands behind the second space: "# HELP name " is before it. */
static void write_help(const struct line *line, struct buffer *out)
{
	const char *name = line->at + strlen("# HELP ");
	const char *text = memchr(name, ' ', (size_t)(line->end - name));

	text = text != NULL ? text + 1 : name;
	buffer_text(out, "<tr><th colspan=\"2\" scope=\"colgroup\">");
	html_text(out, text, (size_t)(line->end - text));
	buffer_text(out, "</th></tr>\n");
}

/* A number that is a time is shown as one. */
static void write_number(const struct line *name, const char *value,
			 size_t length, struct buffer *out)
{
	const char *point = memchr(value, '.', length);
	char when[CLOCK_RFC3339_BYTES];
	long long seconds;

	if (memmem(name->at, (size_t)(name->end - name->at), "_time",
		   strlen("_time")) != NULL &&
	    text_number(value, point != NULL ? (size_t)(point - value) : length,
			&seconds) == 0 &&
	    seconds < LLONG_MAX / 1000) {
		clock_rfc3339(seconds * 1000, when);
		buffer_text(out, when);
	} else {
		html_text(out, value, length);
	}
}

static void write_sample(const struct line *line, struct buffer *out)
{
	const char *value =
		memrchr(line->at, ' ', (size_t)(line->end - line->at));
	struct line name = *line;

	if (value == NULL)
		return;
	name.end = value;
	buffer_text(out, "<tr><td><code>");
	html_text(out, name.at, (size_t)(name.end - name.at));
	buffer_text(out, "</code></td><td>");
	write_number(&name, value + 1, (size_t)(line->end - value - 1), out);
	buffer_text(out, "</td></tr>\n");
}

static void write_numbers(const struct buffer *text, struct buffer *out)
{
	struct line line = {text->data, text->data};
	const char *end = text->data + text->length;

	buffer_text(out, "<details>\n<summary>All numbers</summary>\n"
			 "<table>\n");
	for (; line.at < end; line.at = line.end + 1) {
		line.end = memchr(line.at, '\n', (size_t)(end - line.at));
		if (line.end == NULL)
			break;
		if (begins_with(&line, "# HELP "))
			write_help(&line, out);
		else if (!begins_with(&line, "#"))
			write_sample(&line, out);
	}
	buffer_text(out, "</table>\n</details>\n");
}

static void write_page(const struct status_page *page, struct buffer *out)
{
	struct buffer services = BUFFER_EMPTY;
	struct health_whole whole = {0};
	char now[CLOCK_RFC3339_BYTES];
	size_t i;

	clock_rfc3339(clock_wall_ms(), now);
	for (i = 0; i < page->service_count; i++)
		health_add(&whole,
			   write_service(&page->services[i], &services));
	buffer_text(out, head);
	buffer_format(out,
		      "<div class=\"lead\">\n<h1>%s</h1>\n<p>At <time>%s"
		      "</time>.</p>\n</div>\n",
		      sentences[health_of(&whole)], now);
	if (services.has_failed)
		out->has_failed = true;
	else
		buffer_append(out, services.data, services.length);
	buffer_free(&services);
	write_charts(page, out);
	write_numbers(page->numbers, out);
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
