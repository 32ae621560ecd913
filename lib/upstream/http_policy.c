#include "upstream/http_policy.h"

#include <limits.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/text.h"

bool http_status_is_success(enum http_method method, long status)
{
	if (method == HTTP_GET)
		return status == 200;
	return status >= 200 && status <= 299;
}

bool http_method_may_be_repeated(enum http_method method)
{
	return method != HTTP_POST;
}

const char *http_method_name(enum http_method method)
{
	static const char *const names[] = {
		[HTTP_GET] = "GET",
		[HTTP_PUT] = "PUT",
		[HTTP_POST] = "POST",
	};

	return names[method];
}

bool http_status_is_retried(long status)
{
	return status == 408 || status == 429 || status >= 500;
}

long http_backoff_ms(unsigned retry, unsigned random)
{
	long longest = HTTP_BACKOFF_FIRST_MS;

	while (retry-- > 1 && longest < HTTP_BACKOFF_LONGEST_MS)
		longest *= 2;
	if (longest > HTTP_BACKOFF_LONGEST_MS)
		longest = HTTP_BACKOFF_LONGEST_MS;
	return (long)(random % ((unsigned)longest + 1));
}

long long http_retry_after_ms(const char *value, time_t now)
{
	long long seconds;
	time_t date;

	if (value == NULL)
		return -1;
	if (text_number(value, strlen(value), &seconds) == 0)
		return seconds > LLONG_MAX / 1000 ? LLONG_MAX : seconds * 1000;
	if (clock_parse_http_date(value, &date) != 0)
		return -1;
	return date <= now ? 0 : ((long long)date - (long long)now) * 1000;
}

/* Where the authority begins: after "scheme://". */
static const char *authority_of(const char *url)
{
	const char *at = strstr(url, "://");

	return at == NULL ? NULL : at + 3;
}

void http_public_url(struct buffer *out, const char *url)
{
	const char *authority = authority_of(url);
	size_t length, i, skip = 0;

	if (authority == NULL) {
		buffer_text(out, url);
		return;
	}
	length = strcspn(authority, "/?#");
	for (i = 0; i < length; i++)
		if (authority[i] == '@')
			skip = i + 1;
	buffer_append(out, url, (size_t)(authority - url));
	buffer_text(out, authority + skip);
}

bool http_url_is_usable(const char *url)
{
	const char *authority = authority_of(url);
	size_t length = strlen(url), i;

	if (strncasecmp(url, "http://", 7) != 0 &&
	    strncasecmp(url, "https://", 8) != 0)
		return false;
	for (i = 0; i < length; i++)
		if ((unsigned char)url[i] <= ' ' || url[i] == 0x7f)
			return false;
	return authority != NULL && strcspn(authority, "/?#") > 0;
}

bool http_is_entity_tag(const char *value)
{
	size_t length, i;

	if (value == NULL)
		return false;
	if (strncmp(value, "W/", 2) == 0)
		value += 2;
	length = strlen(value);
	if (length < 2 || length > HTTP_MAX_VALIDATOR_BYTES ||
	    value[0] != '"' || value[length - 1] != '"')
		return false;
	for (i = 1; i < length - 1; i++)
		if ((unsigned char)value[i] <= ' ' || value[i] == '"' ||
		    value[i] == 0x7f)
			return false;
	return true;
}

bool http_is_date(const char *value)
{
	time_t seconds;

	return value != NULL && strlen(value) <= HTTP_MAX_VALIDATOR_BYTES &&
	       !text_has_control(value, strlen(value)) &&
	       clock_parse_http_date(value, &seconds) == 0;
}
