#include "web/validators.h"

#include <string.h>

#include "base/clock.h"

/* Bytes of the quoted tag that `text` begins with, or 0. */
static size_t tag_bytes(const char *text)
{
	const char *end;

	if (text[0] != '"')
		return 0;
	end = strchr(text + 1, '"');
	return end != NULL ? (size_t)(end - text) + 1 : 0;
}

bool validators_list_names(const char *list, const char *etag, bool is_weak)
{
	size_t length, etag_length = strlen(etag);
	bool is_tag_weak;

	list += strspn(list, " \t,");
	if (list[0] == '*')
		return list[1 + strspn(list + 1, " \t")] == '\0';
	while (*list != '\0') {
		is_tag_weak = strncmp(list, "W/", 2) == 0;
		if (is_tag_weak)
			list += 2;
		length = tag_bytes(list);
		if (length == 0)
			return false;
		if ((is_weak || !is_tag_weak) && length == etag_length &&
		    memcmp(list, etag, length) == 0)
			return true;
		list += length;
		list += strspn(list, " \t,");
	}
	return false;
}

/* Whether `header` is a date, and Last-Modified is later. */
static bool is_changed_since(const char *header, time_t last_modified,
			     bool *is_date)
{
	time_t date;

	*is_date = header != NULL && clock_parse_http_date(header, &date) == 0;
	return *is_date && last_modified > date;
}

enum validators_verdict validators_judge(const struct web_request *request,
					 const struct validators *validators)
{
	const char *match = web_request_header(request, "HTTP_IF_MATCH");
	const char *none = web_request_header(request, "HTTP_IF_NONE_MATCH");
	bool is_date, is_changed;

	if (match != NULL) {
		if (!validators_list_names(match, validators->etag, false))
			return VALIDATORS_FAILED;
	} else if (is_changed_since(
			   web_request_header(request,
					      "HTTP_IF_UNMODIFIED_SINCE"),
			   validators->last_modified, &is_date)) {
		return VALIDATORS_FAILED;
	}
	if (none != NULL)
		return validators_list_names(none, validators->etag, true)
			       ? VALIDATORS_NOT_MODIFIED
			       : VALIDATORS_SEND;
	is_changed = is_changed_since(
		web_request_header(request, "HTTP_IF_MODIFIED_SINCE"),
		validators->last_modified, &is_date);
	return is_date && !is_changed ? VALIDATORS_NOT_MODIFIED
				      : VALIDATORS_SEND;
}

bool validators_allow_range(const struct web_request *request,
			    const struct validators *validators)
{
	const char *header = web_request_variable(request, "HTTP_IF_RANGE");
	time_t date;

	if (header == NULL)
		return true;
	header += strspn(header, " \t");
	if (header[0] == '"' || header[0] == 'W')
		return strcmp(header, validators->etag) == 0;
	return clock_parse_http_date(header, &date) == 0 &&
	       date == validators->last_modified;
}
