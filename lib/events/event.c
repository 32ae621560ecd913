#include "events/event.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/count.h"
#include "base/object_cutter.h"
#include "events/event_member.h"

static const char *const status_names[EVENT_STATUSES] = {
	[EVENT_NOT_PROCESSED] = "NotProcessed",
	[EVENT_PROCESSED] = "Processed",
	[EVENT_FAILED] = "Failed",
};

const char *event_status_name(enum event_status status)
{
	return status_names[status];
}

bool event_status_read(const char *name, enum event_status *status)
{
	int i;

	for (i = 0; i < EVENT_STATUSES; i++)
		if (strcmp(status_names[i], name) == 0) {
			*status = (enum event_status)i;
			return true;
		}
	return false;
}

static void write_time(struct json_writer *json, const char *key, long long ms)
{
	char text[CLOCK_RFC3339_BYTES];

	clock_rfc3339(ms, text);
	json_member_text(json, key, text);
}

void event_write(const struct event *event, struct json_writer *json)
{
	json_begin_object(json);
	json_member_text(json, "event_id", event->id);
	json_member_text(json, "user_id", event->user_id);
	json_member_text(json, "description", event->description);
	json_member_text(json, "status", event_status_name(event->status));
	write_time(json, "created_at", event->created_ms);
	write_time(json, "updated_at", event->updated_ms);
	if (event->attempts > 0 || event->last_error != NULL) {
		json_member_number(json, "attempts", event->attempts);
		json_member_text(json, "last_error", event->last_error);
	}
	json_end_object(json);
}

typedef int read_member(const struct object_member *member, struct event *event,
			struct error *err);

static int read_id(const struct object_member *member, struct event *event,
		   struct error *err)
{
	char *id;

	if (event_member_text(member->value, member->value_length, 0,
			      EVENT_ID_BYTES, &id, err) != 0)
		return -1;
	if (event_id_is(id, strlen(id))) {
		memcpy(event->id, id, EVENT_ID_BYTES);
		free(id);
		return 0;
	}
	free(id);
	return error_set(err, EX_DATAERR, "must be a UUID in lower case");
}

static int read_user_id(const struct object_member *member, struct event *event,
			struct error *err)
{
	return event_member_text(member->value, member->value_length, 1,
				 EVENT_USER_ID_MAX_BYTES, &event->user_id, err);
}

static int read_description(const struct object_member *member,
			    struct event *event, struct error *err)
{
	return event_member_text(member->value, member->value_length, 1,
				 EVENT_DESCRIPTION_MAX_BYTES,
				 &event->description, err);
}

static int read_status(const struct object_member *member, struct event *event,
		       struct error *err)
{
	return event_member_status(member->value, member->value_length,
				   &event->status, err);
}

static int read_time(const struct object_member *member, long long *ms,
		     struct error *err)
{
	char *text;
	int status;

	if (event_member_text(member->value, member->value_length, 0,
			      CLOCK_RFC3339_BYTES, &text, err) != 0)
		return -1;
	status = clock_parse_rfc3339(text, ms);
	free(text);
	if (status == 0)
		return 0;
	return error_set(err, EX_DATAERR,
			 "must be a time like \"2026-11-21T08:00:00.123Z\"");
}

static int read_created(const struct object_member *member, struct event *event,
			struct error *err)
{
	return read_time(member, &event->created_ms, err);
}

static int read_updated(const struct object_member *member, struct event *event,
			struct error *err)
{
	return read_time(member, &event->updated_ms, err);
}

static int read_attempts(const struct object_member *member,
			 struct event *event, struct error *err)
{
	return event_member_attempts(member->value, member->value_length,
				     &event->attempts, err);
}

static int read_last_error(const struct object_member *member,
			   struct event *event, struct error *err)
{
	return event_member_text_or_null(member->value, member->value_length, 0,
					 EVENT_LAST_ERROR_MAX_BYTES,
					 &event->last_error, err);
}

static const struct {
	const char *name;
	read_member *read;
	bool is_optional;
} known[] = {
	{"event_id", read_id, false},
	{"user_id", read_user_id, false},
	{"description", read_description, false},
	{"status", read_status, false},
	{"created_at", read_created, false},
	{"updated_at", read_updated, false},
	{"attempts", read_attempts, true},
	{"last_error", read_last_error, true},
};

static int read_members(const struct object_members *members,
			struct event *event, struct error *err)
{
	const struct object_member *member;
	size_t i;

	for (i = 0; i < COUNT(known); i++) {
		member = object_members_find(members, known[i].name);
		if (member == NULL && known[i].is_optional)
			continue;
		if (member == NULL)
			return error_set(err, EX_DATAERR, "%s is missing",
					 known[i].name);
		if (known[i].read(member, event, err) != 0) {
			char reason[ERROR_MESSAGE_BYTES];

			memcpy(reason, err->message, sizeof(reason));
			return error_set(err, err->code, "%s %s", known[i].name,
					 reason);
		}
	}
	return 0;
}

int event_read(const char *text, size_t length, struct event *event,
	       struct error *err)
{
	struct object_members members = OBJECT_MEMBERS_EMPTY;
	struct error failure = {0};
	struct event read = {0};
	int status;

	status = object_cut(text, length, &members, &failure);
	if (status == 0)
		status = read_members(&members, &read, &failure);
	object_members_free(&members);
	if (status == 0) {
		*event = read;
		return 0;
	}
	event_free(&read);
	return error_set(err, failure.code == EX_OSERR ? EX_OSERR : EX_DATAERR,
			 "%s", failure.message);
}

void event_etag(const struct event *event, char etag[EVENT_ETAG_BYTES])
{
	snprintf(etag, EVENT_ETAG_BYTES, "\"%s-%lld\"", event->id,
		 event->version);
}

void event_free(struct event *event)
{
	free(event->user_id);
	free(event->description);
	free(event->last_error);
	*event = (struct event){0};
}
