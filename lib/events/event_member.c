#include "events/event_member.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/json_string.h"
#include "base/text.h"

static int check_text(const struct buffer *text, size_t least, size_t most,
		      struct error *err)
{
	if (text->length > most)
		return error_set(err, EX_DATAERR,
				 "must have at most %zu bytes of UTF-8, and "
				 "has %zu",
				 most, text->length);
	if (text->length < least)
		return error_set(err, EX_DATAERR, "must not be empty");
	if (memchr(text->data, '\0', text->length) != NULL)
		return error_set(err, EX_DATAERR, "must not hold U+0000");
	return 0;
}

int event_member_text(const char *json, size_t length, size_t least,
		      size_t most, char **text, struct error *err)
{
	struct buffer decoded = BUFFER_EMPTY;

	if (!json_string_is(json, length))
		return error_set(err, EX_DATAERR, "must be a string");
	buffer_text(&decoded, "");
	json_string_decode(&decoded, json, length);
	if (buffer_check(&decoded, err) != 0 ||
	    check_text(&decoded, least, most, err) != 0) {
		buffer_free(&decoded);
		return -1;
	}
	*text = decoded.data;
	return 0;
}

static bool is_null(const char *json, size_t length)
{
	return length == 4 && memcmp(json, "null", 4) == 0;
}

int event_member_text_or_null(const char *json, size_t length, size_t least,
			      size_t most, char **text, struct error *err)
{
	if (!is_null(json, length)) {
		if (!json_string_is(json, length))
			return error_set(err, EX_DATAERR,
					 "must be a string or null");
		return event_member_text(json, length, least, most, text, err);
	}
	*text = NULL;
	return 0;
}

int event_member_status(const char *json, size_t length,
			enum event_status *status, struct error *err)
{
	int i;

	for (i = 0; i < EVENT_STATUSES; i++)
		if (json_string_equals(
			    json, length,
			    event_status_name((enum event_status)i))) {
			*status = (enum event_status)i;
			return 0;
		}
	return error_set(err, EX_DATAERR,
			 "must be \"NotProcessed\", \"Processed\" or "
			 "\"Failed\"");
}

int event_member_attempts(const char *json, size_t length, unsigned *attempts,
			  struct error *err)
{
	long long number;

	if (text_number(json, length, &number) != 0 ||
	    number > EVENT_ATTEMPTS_MAX)
		return error_set(err, EX_DATAERR,
				 "must be a whole number from 0 to %d",
				 EVENT_ATTEMPTS_MAX);
	*attempts = (unsigned)number;
	return 0;
}
