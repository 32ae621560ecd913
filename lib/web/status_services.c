#include "base/count.h"
#include "web/status_parts.h"

#include <string.h>

#include "base/clock.h"
#include "base/html.h"
#include "base/json_string.h"
#include "base/object_cutter.h"
#include "base/text.h"

/* What members of /health are called. One that is missing here is shown by its
 * own name. */
static const struct {
	const char *name, *label;
} labels[] = {
	{"age_s", "Age of the data"},
	{"published", "Shown since"},
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
	{"oldest_age_s", "Age of the oldest that waits"},
	{"queue", "Queue"},
};

/* What words of /health mean. One that is missing here is shown as it is. */
static const struct {
	const char *name, *word, *meaning;
} words[] = {
	{"source", "upstream", "The films API"},
	{"source", "bundled",
	 "Marquee itself: they came with it and were never fetched"},
	{"source", "rolled-back",
	 "An earlier fetch, which somebody has gone back to"},
};

static const char *label_of(const char *name)
{
	size_t i;

	for (i = 0; i < COUNT(labels); i++)
		if (strcmp(labels[i].name, name) == 0)
			return labels[i].label;
	return name;
}

/* Returns NULL where it has none. */
static const char *meaning_of(const char *name,
			      const struct object_member *member)
{
	size_t i;

	for (i = 0; i < COUNT(words); i++)
		if (strcmp(words[i].name, name) == 0 &&
		    json_string_equals(member->value, member->value_length,
				       words[i].word))
			return words[i].meaning;
	return NULL;
}

static void write_text(const struct object_member *member, struct buffer *out)
{
	struct buffer text = BUFFER_EMPTY;
	long long wall_ms;

	json_string_decode(&text, member->value, member->value_length);
	if (text.data != NULL && strlen(text.data) == text.length &&
	    clock_parse_rfc3339(text.data, &wall_ms) == 0)
		status_time_write(wall_ms, out);
	else
		html_text(out, text.data != NULL ? text.data : "", text.length);
	if (text.has_failed)
		out->has_failed = true;
	buffer_free(&text);
}

static bool is_duration(const char *name)
{
	size_t length = strlen(name);

	return length > 2 && strcmp(name + length - 2, "_s") == 0;
}

static void write_value(const char *name, const struct object_member *member,
			struct buffer *out)
{
	const char *meaning = meaning_of(name, member);
	long long number;

	if (meaning != NULL)
		buffer_text(out, meaning);
	else if (json_string_is(member->value, member->value_length))
		write_text(member, out);
	else if (is_duration(name) &&
		 text_number(member->value, member->value_length, &number) == 0)
		status_seconds_write(number, out);
	else
		html_text(out, member->value, member->value_length);
}

static void write_rows(const struct object_members *members, struct buffer *out)
{
	const struct object_member *member;
	const char *name, *label;
	size_t i;

	for (i = 0; i < members->count; i++) {
		member = &members->list[i];
		name = members->names.data + member->name_at;
		label = label_of(name);
		if (member->value[0] == 'n') /* null */
			continue;
		buffer_text(out, "<tr><th scope=\"row\">");
		html_text(out, label, strlen(label));
		buffer_text(out, "</th><td>");
		write_value(name, member, out);
		buffer_text(out, "</td></tr>\n");
	}
}

/* What is not known is not shown. */
static void write_members(const struct buffer *json, enum health_state state,
			  struct buffer *out)
{
	struct object_members members = OBJECT_MEMBERS_EMPTY;
	struct buffer rows = BUFFER_EMPTY;

	if (object_cut(json->data, json->length, &members, NULL) != 0) {
		out->has_failed = true;
		return;
	}
	write_rows(&members, &rows);
	if (rows.has_failed)
		out->has_failed = true;
	else if (rows.length > 0)
		buffer_format(out, "<table>\n%s</table>\n", rows.data);
	else if (state == HEALTH_DISABLED)
		buffer_text(out, "<p>No setting asks for it.</p>\n");
	else
		buffer_text(out, "<p>Nothing is known of it yet.</p>\n");
	buffer_free(&rows);
	object_members_free(&members);
}

enum health_state status_service_write(const struct health_service *service,
				       struct buffer *out)
{
	struct buffer json = BUFFER_EMPTY;
	struct json_writer writer = JSON_WRITER(&json);
	enum health_state state;

	json_begin_object(&writer);
	state = service->report(service->context, &writer);
	json_end_object(&writer);
	buffer_format(out,
		      "<section aria-labelledby=\"%s\">\n<h2 id=\"%s\">%s "
		      "<small class=\"%s\">%s</small></h2>\n",
		      service->name, service->name, service->name,
		      health_state_name(state), health_state_name(state));
	if (buffer_check(&json, NULL) == 0)
		write_members(&json, state, out);
	else
		out->has_failed = true;
	buffer_text(out, "</section>\n");
	buffer_free(&json);
	return state;
}
