#include "web/health.h"

#include <stdbool.h>
#include <string.h>

#include "base/clock.h"

const char *health_state_name(enum health_state state)
{
	static const char *const names[] = {
		[HEALTH_OK] = "ok",
		[HEALTH_DEGRADED] = "degraded",
		[HEALTH_DOWN] = "down",
		[HEALTH_DISABLED] = "disabled",
	};

	return names[state];
}

void health_add(struct health_whole *whole, enum health_state state)
{
	if (state == HEALTH_DEGRADED || state == HEALTH_DOWN)
		whole->has_trouble = true;
	if (state == HEALTH_OK || state == HEALTH_DEGRADED)
		whole->has_serving = true;
}

enum health_state health_of(const struct health_whole *whole)
{
	if (!whole->has_serving)
		return HEALTH_DOWN;
	return whole->has_trouble ? HEALTH_DEGRADED : HEALTH_OK;
}

static void send(int status, struct buffer *body, struct web_response *response)
{
	buffer_char(body, '\n');
	if (buffer_check(body, NULL) != 0) {
		buffer_clear(body);
		status = 500;
	}
	web_response_header(response, "Cache-Control", "no-store");
	web_response_allow_any_origin(response);
	if (status == 503)
		web_response_header(response, "Retry-After", WEB_RETRY_AFTER_S);
	web_response_send(response, status, "application/json", body->data,
			  body->length);
	buffer_free(body);
}

void health_answer_ping(struct web_response *response)
{
	struct buffer body = BUFFER_EMPTY;
	struct json_writer json = JSON_WRITER(&body);
	char now[CLOCK_RFC3339_BYTES];

	clock_rfc3339(clock_wall_ms(), now);
	json_begin_object(&json);
	json_member_text(&json, "ping", "pong!");
	json_member_text(&json, "now", now);
	json_end_object(&json);
	send(200, &body, response);
}

void health_route_ping(void *context, const struct web_request *request,
		       const struct web_match *match,
		       struct web_response *response)
{
	(void)context;
	(void)request;
	(void)match;
	health_answer_ping(response);
}

/* The state is known only when the members are written, but stands first. */
static enum health_state write_service(const struct health_service *service,
				       struct json_writer *json)
{
	struct buffer members = BUFFER_EMPTY;
	struct json_writer inner = JSON_WRITER(&members);
	enum health_state state = service->report(service->context, &inner);

	json_key(json, service->name);
	json_begin_object(json);
	json_member_text(json, "status", health_state_name(state));
	if (members.length > 0) {
		buffer_char(json->out, ',');
		buffer_append(json->out, members.data, members.length);
	}
	json_end_object(json);
	if (members.has_failed)
		json->out->has_failed = true;
	buffer_free(&members);
	return state;
}

void health_answer(const struct health_service *services, size_t count,
		   struct web_response *response)
{
	struct buffer body = BUFFER_EMPTY, entries = BUFFER_EMPTY;
	struct json_writer json = JSON_WRITER(&body);
	struct json_writer inner = JSON_WRITER(&entries);
	struct health_whole whole = {0};
	size_t i;

	json_begin_object(&inner);
	for (i = 0; i < count; i++)
		health_add(&whole, write_service(&services[i], &inner));
	json_end_object(&inner);
	json_begin_object(&json);
	json_member_text(&json, "status", health_state_name(health_of(&whole)));
	json_key(&json, "services");
	buffer_append(&body, entries.data, entries.length);
	json_end_object(&json);
	body.has_failed = body.has_failed || entries.has_failed;
	buffer_free(&entries);
	send(health_of(&whole) == HEALTH_DOWN ? 503 : 200, &body, response);
}

static void write_state(const struct health_service *service,
			enum health_state actual, struct metrics_writer *writer)
{
	static const struct metric service_state = {
		"marquee_service_state", METRIC_GAUGE,
		"Whether a service is in that state, as /health has it."};
	enum health_state state;

	for (state = HEALTH_OK; state <= HEALTH_DISABLED; state++) {
		const char *name = health_state_name(state);
		const struct metric_label labels[] = {
			{"service", service->name, strlen(service->name)},
			{"state", name, strlen(name)},
		};

		metrics_put(writer, &service_state, labels, 2, state == actual);
	}
}

void health_write_metrics(const struct health_service *services, size_t count,
			  struct metrics_writer *writer)
{
	size_t i;

	for (i = 0; i < count; i++) {
		struct buffer members = BUFFER_EMPTY;
		struct json_writer json = JSON_WRITER(&members);

		write_state(&services[i],
			    services[i].report(services[i].context, &json),
			    writer);
		if (members.has_failed)
			writer->out->has_failed = true;
		buffer_free(&members);
	}
}
