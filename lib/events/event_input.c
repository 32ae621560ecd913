#include "events/event_input.h"

#include <stdlib.h>
#include <string.h>

#include "base/count.h"
#include "base/json_grammar.h"
#include "base/object_cutter.h"
#include "base/text.h"
#include "events/event_member.h"

typedef int read_member(const struct object_member *member,
			struct event_input *input, struct error *err);

static int read_user_id(const struct object_member *member,
			struct event_input *input, struct error *err)
{
	return event_member_text(member->value, member->value_length, 1,
				 EVENT_USER_ID_MAX_BYTES, &input->user_id, err);
}

static int read_description(const struct object_member *member,
			    struct event_input *input, struct error *err)
{
	return event_member_text(member->value, member->value_length, 1,
				 EVENT_DESCRIPTION_MAX_BYTES,
				 &input->description, err);
}

static int read_status(const struct object_member *member,
		       struct event_input *input, struct error *err)
{
	return event_member_status(member->value, member->value_length,
				   &input->status, err);
}

static int read_attempts(const struct object_member *member,
			 struct event_input *input, struct error *err)
{
	return event_member_attempts(member->value, member->value_length,
				     &input->attempts, err);
}

static int read_last_error(const struct object_member *member,
			   struct event_input *input, struct error *err)
{
	return event_member_text_or_null(member->value, member->value_length, 0,
					 EVENT_LAST_ERROR_MAX_BYTES,
					 &input->last_error, err);
}

static const struct field {
	const char *name;
	enum event_field bit;
	bool is_needed; /* of a new event, which has no others */
	read_member *read;
} fields[] = {
	{"user_id", EVENT_FIELD_USER_ID, true, read_user_id},
	{"description", EVENT_FIELD_DESCRIPTION, true, read_description},
	{"status", EVENT_FIELD_STATUS, false, read_status},
	{"attempts", EVENT_FIELD_ATTEMPTS, false, read_attempts},
	{"last_error", EVENT_FIELD_LAST_ERROR, false, read_last_error},
};
#define FIELD_COUNT COUNT(fields)

/* A body on its way to become an input. */
struct reading {
	enum event_input_kind kind;
	struct object_members members;
	struct event_input input;
	struct buffer faults; /* what `errors` holds, without its brackets */
	bool has_no_memory;
};

static void add_fault(struct reading *reading, const char *name, size_t length,
		      const char *detail)
{
	struct json_writer json = JSON_WRITER(&reading->faults);

	json.needs_comma = reading->faults.length > 0;
	json_begin_object(&json);
	json_key(&json, "field");
	json_text_bytes(&json, name, length);
	json_member_text(&json, "detail", detail);
	json_end_object(&json);
}

static const struct field *find_field(const char *name, size_t length)
{
	size_t i;

	for (i = 0; i < FIELD_COUNT; i++)
		if (strlen(fields[i].name) == length &&
		    memcmp(fields[i].name, name, length) == 0)
			return &fields[i];
	return NULL;
}

static void take_member(struct reading *reading,
			const struct object_member *member)
{
	const char *name = reading->members.names.data + member->name_at;
	const struct field *field = find_field(name, member->name_length);
	struct error reason = {0};

	if (field == NULL) {
		add_fault(reading, name, member->name_length, "is not known");
	} else if (reading->kind == EVENT_NEW && !field->is_needed) {
		add_fault(reading, name, member->name_length,
			  "cannot be given for a new event");
	} else if (field->read(member, &reading->input, &reason) == 0) {
		reading->input.fields |= field->bit;
	} else if (reason.code == EX_OSERR) {
		reading->has_no_memory = true;
	} else {
		add_fault(reading, name, member->name_length, reason.message);
	}
}

static void name_what_is_missing(struct reading *reading)
{
	size_t i;

	if (reading->kind == EVENT_CHANGE && reading->members.count == 0)
		add_fault(reading, "", 0,
			  "at least one of user_id, description and status "
			  "must be given");
	if (reading->kind == EVENT_CHANGE)
		return;
	for (i = 0; i < FIELD_COUNT; i++)
		if (fields[i].is_needed &&
		    object_members_find(&reading->members, fields[i].name) ==
			    NULL)
			add_fault(reading, fields[i].name,
				  strlen(fields[i].name), "is missing");
}

/* Whether the text is JSON, but no object. */
static bool is_another_value(const char *text, size_t length)
{
	struct json_grammar grammar = JSON_GRAMMAR_START;
	size_t i = 0;

	while (i < length && json_grammar_is_space((unsigned char)text[i]))
		i++;
	if (i < length && text[i] == '{')
		return false;
	for (; i < length; i++)
		if (json_grammar_step(&grammar, (unsigned char)text[i]) != NULL)
			return false;
	/* Only what follows it ends a number. */
	return json_grammar_step(&grammar, ' ') == NULL &&
	       json_grammar_is_complete(&grammar) && text_is_utf8(text, length);
}

/* Cuts the body into members. A fault of the shape is none of the JSON. */
static enum event_input_verdict cut(struct reading *reading, const char *text,
				    size_t length, struct buffer *why)
{
	struct error reason = {0};

	if (object_cut(text, length, &reading->members, &reason) == 0)
		return EVENT_INPUT_GOOD;
	if (reason.code == EX_OSERR)
		return EVENT_INPUT_NO_MEMORY;
	if (is_another_value(text, length)) {
		add_fault(reading, "", 0, "the body must be an object");
		return EVENT_INPUT_WRONG;
	}
	buffer_format(why, "The body is no JSON that can be read: %s.",
		      reason.message);
	return EVENT_INPUT_NOT_JSON;
}

static enum event_input_verdict read_all(struct reading *reading,
					 const char *text, size_t length,
					 struct buffer *why)
{
	enum event_input_verdict verdict = cut(reading, text, length, why);
	size_t i;

	if (verdict == EVENT_INPUT_GOOD) {
		for (i = 0; i < reading->members.count; i++)
			take_member(reading, &reading->members.list[i]);
		name_what_is_missing(reading);
	}
	if (verdict == EVENT_INPUT_NOT_JSON || verdict == EVENT_INPUT_NO_MEMORY)
		return verdict;
	if (reading->has_no_memory || reading->faults.has_failed)
		return EVENT_INPUT_NO_MEMORY;
	if (reading->faults.length == 0)
		return EVENT_INPUT_GOOD;
	buffer_char(why, '[');
	buffer_append(why, reading->faults.data, reading->faults.length);
	buffer_char(why, ']');
	return EVENT_INPUT_WRONG;
}

enum event_input_verdict event_input_read(enum event_input_kind kind,
					  const char *text, size_t length,
					  struct event_input *input,
					  struct buffer *why)
{
	struct reading reading = {.kind = kind};
	enum event_input_verdict verdict;

	verdict = read_all(&reading, text, length, why);
	if (verdict == EVENT_INPUT_GOOD)
		*input = reading.input;
	else
		event_input_free(&reading.input);
	object_members_free(&reading.members);
	buffer_free(&reading.faults);
	return why->has_failed ? EVENT_INPUT_NO_MEMORY : verdict;
}

int event_input_digest(const struct event_input *input,
		       unsigned char digest[HASH_BYTES], struct error *err)
{
	struct hash *hash = hash_start(err);

	if (hash == NULL)
		return -1;
	hash_update_text(hash, input->user_id, strlen(input->user_id));
	hash_update_text(hash, input->description, strlen(input->description));
	return hash_finish(hash, digest, err);
}

void event_input_free(struct event_input *input)
{
	free(input->user_id);
	free(input->description);
	free(input->last_error);
	*input = EVENT_INPUT_EMPTY;
}
