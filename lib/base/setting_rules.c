#include "base/setting_rules.h"

#include <stdbool.h>
#include <string.h>

#include "base/redis_url.h"
#include "base/text.h"

#define HTTP_SCHEMES "http:// https://"

/* Of a value that is refused, what its error shows. */
#define SHOWN_MAX_BYTES 200

const struct setting_rule setting_rules[SETTING_COUNT] = {
	[SETTING_CACHE_DIR] = {"MARQUEE_CACHE_DIR", "/var/cache/marquee",
			       SETTING_KIND_PATH, NULL, 0, 0,
			       "directory of the file cache"},
	[SETTING_STATE_DIR] = {"MARQUEE_STATE_DIR", "/var/lib/marquee",
			       SETTING_KIND_PATH, NULL, 0, 0,
			       "directory of the event log's database"},
	[SETTING_SHARE_DIR] = {"MARQUEE_SHARE_DIR", MARQUEE_SHARE_DIR,
			       SETTING_KIND_PATH, NULL, 0, 0,
			       "directory of templates/ and catalogue/"},
	[SETTING_GHIBLI_URL] = {"MARQUEE_GHIBLI_URL",
				"https://ghibliapi.vercel.app",
				SETTING_KIND_URLS, HTTP_SCHEMES, 0, 0,
				"base of the films API; several, between "
				"spaces: the next is asked when one is down"},
	[SETTING_FILES_URL] = {"MARQUEE_FILES_URL", "", SETTING_KIND_URL,
			       HTTP_SCHEMES, 0, 0,
			       "base of the media-file API"},
	[SETTING_MAX_PAGES] = {"MARQUEE_MAX_PAGES", "200", SETTING_KIND_NUMBER,
			       NULL, 1, 100000,
			       "pages of the media list that are searched"},
	[SETTING_PAGE_SIZE] = {"MARQUEE_PAGE_SIZE", "5", SETTING_KIND_NUMBER,
			       NULL, 1, 10000,
			       "files on a page of the media list"},
	[SETTING_MAX_WALKS] = {"MARQUEE_MAX_WALKS", "8", SETTING_KIND_NUMBER,
			       NULL, 1, 1000,
			       "media files that are fetched at once; beyond "
			       "it callers are asked to come back"},
	[SETTING_INDEX_TTL_S] = {"MARQUEE_INDEX_TTL_S", "30",
				 SETTING_KIND_NUMBER, NULL, 0, 86400,
				 "how long the media list's other files are "
				 "remembered, in seconds"},
	[SETTING_SPECIES] = {"MARQUEE_SPECIES", "", SETTING_KIND_TEXT, NULL, 0,
			     0,
			     "keep only people of these species, names "
			     "between commas; empty: all"},
	[SETTING_PUBLIC_URL] = {"MARQUEE_PUBLIC_URL", "", SETTING_KIND_URL,
				HTTP_SCHEMES, 0, 0,
				"absolute base for canonical links and share "
				"previews; empty: none"},
	[SETTING_POSTERS] = {"MARQUEE_POSTERS", "link", SETTING_KIND_CHOICE,
			     "link off", 0, 0,
			     "posters by link from the known image hosts, or "
			     "none"},
	[SETTING_TIMEOUT_MS] = {"MARQUEE_TIMEOUT_MS", "10000",
				SETTING_KIND_NUMBER, NULL, 1, 3600000,
				"deadline of one whole upstream conversation, "
				"in milliseconds"},
	[SETTING_CONNECT_TIMEOUT_MS] = {"MARQUEE_CONNECT_TIMEOUT_MS", "3000",
					SETTING_KIND_NUMBER, NULL, 1, 3600000,
					"time to connect, in milliseconds"},
	[SETTING_RETRIES] = {"MARQUEE_RETRIES", "2", SETTING_KIND_NUMBER, NULL,
			     0, 100, "retries of one upstream request"},
	[SETTING_CONCURRENCY] = {"MARQUEE_CONCURRENCY", "16",
				 SETTING_KIND_NUMBER, NULL, 1, 1000,
				 "upstream connections of one run"},
	[SETTING_MAX_BYTES] = {"MARQUEE_MAX_BYTES", "67108864",
			       SETTING_KIND_NUMBER, NULL, 1, 1099511627776,
			       "largest upstream answer, in bytes after "
			       "decoding"},
	[SETTING_EVENTS_URL] =
		{"MARQUEE_EVENTS_URL", "sqlite:", SETTING_KIND_URL,
		 "sqlite: postgresql:// postgres://", 0, 0,
		 "where events are stored: sqlite: in "
		 "MARQUEE_STATE_DIR, or a server that several hosts share"},
	[SETTING_AMQP_URL] = {"MARQUEE_AMQP_URL", "", SETTING_KIND_URL,
			      "amqp:// amqps://", 0, 0,
			      "broker of the event queue; empty: the embedded "
			      "queue"},
	[SETTING_REDIS_URL] =
		{"MARQUEE_REDIS_URL", "", SETTING_KIND_REDIS, NULL, 0, 0,
		 "Redis of several hosts: one of them at a time asks the "
		 "upstream, the others take what it published; empty: each "
		 "asks"},
	[SETTING_REDIS_AGE_S] = {"MARQUEE_REDIS_AGE_S", "10",
				 SETTING_KIND_NUMBER, NULL, 0, 86400,
				 "how old films that another host has fetched "
				 "may be, in seconds, to be taken without "
				 "asking the upstream"},
	[SETTING_NOTIFY_ATTEMPTS] = {"MARQUEE_NOTIFY_ATTEMPTS", "10",
				     SETTING_KIND_NUMBER, NULL, 1, 1000000,
				     "attempts to notify before an event is "
				     "Failed"},
	[SETTING_API_URL] = {"MARQUEE_API_URL", "http://127.0.0.1:8080",
			     SETTING_KIND_URL, HTTP_SCHEMES, 0, 0,
			     "where notify reports back"},
	[SETTING_CONFINE] = {"MARQUEE_CONFINE", "on", SETTING_KIND_CHOICE,
			     "on off", 0, 0,
			     "whether a program gives up, by Landlock and "
			     "seccomp, what it does not need"},
	[SETTING_LOG_LEVEL] = {"MARQUEE_LOG_LEVEL", "info", SETTING_KIND_CHOICE,
			       "debug info warn error", 0, 0,
			       "least level that is logged"},
	[SETTING_LOG_FORMAT] = {"MARQUEE_LOG_FORMAT", "logfmt",
				SETTING_KIND_CHOICE, "logfmt json", 0, 0,
				"form of the log's lines"},
};

/* Whether `word` is one of the words of `list`. */
static bool is_among(const char *list, const char *word, size_t length)
{
	while (*list != '\0') {
		const char *end = strchrnul(list, ' ');

		if ((size_t)(end - list) == length &&
		    memcmp(list, word, length) == 0)
			return true;
		list = *end == ' ' ? end + 1 : end;
	}
	return false;
}

static bool is_base(const char *schemes)
{
	return strcmp(schemes, HTTP_SCHEMES) == 0;
}

/* A scheme of `list`, and behind `://`, a user and `@` a host, which only a
 * local PostgreSQL server does without; no characters that a URL may not have.
 * The rest is for whoever uses the URL. */
static bool is_url(const char *list, const char *url, size_t length)
{
	const char *colon = memchr(url, ':', length);
	const char *host, *at;
	size_t scheme, i;

	if (colon == NULL)
		return false;
	for (i = 0; i < length; i++)
		if ((unsigned char)url[i] <= ' ' ||
		    strchr("\"<>\\^`{|}\x7f", url[i]) != NULL)
			return false;
	scheme = (size_t)(colon - url) + 1;
	if (is_among(list, url, scheme))
		return true;
	scheme += 2;
	if (scheme >= length || !is_among(list, url, scheme))
		return false;
	/* Paths are put behind a base. */
	if (is_base(list) && (memchr(url, '?', length) != NULL ||
			      memchr(url, '#', length) != NULL))
		return false;
	host = url + scheme;
	i = 0;
	while (i < length - scheme && strchr("/?#", host[i]) == NULL)
		i++;
	at = memrchr(host, '@', i);
	if (at != NULL) {
		i -= (size_t)(at + 1 - host);
		host = at + 1;
	}
	return (i > 0 && host[0] != ':') || strncmp(url, "postgres", 8) == 0;
}

struct url_check {
	const char *schemes;
	int count;
};

static int check_url(void *context, const char *url, size_t length)
{
	struct url_check *check = context;

	check->count++;
	return is_url(check->schemes, url, length) ? 0 : -1;
}

static bool is_redis_url(const char *value)
{
	struct redis_url url;

	if (!is_url("redis://", value, strlen(value)) ||
	    redis_url_read(value, &url, NULL) != 0)
		return false;
	redis_url_free(&url);
	return true;
}

static bool is_allowed(const struct setting_rule *rule, const char *value)
{
	struct url_check check = {rule->allowed, 0};
	size_t length = strlen(value);
	long long number;

	switch (rule->kind) {
	case SETTING_KIND_TEXT:
		return true;
	case SETTING_KIND_PATH:
		return length > 0;
	case SETTING_KIND_NUMBER:
		return text_number(value, length, &number) == 0 &&
		       number >= rule->least && number <= rule->most;
	case SETTING_KIND_CHOICE:
		return is_among(rule->allowed, value, length);
	case SETTING_KIND_URL:
		return length == 0 || is_url(rule->allowed, value, length);
	case SETTING_KIND_URLS:
		return settings_each(value, ' ', check_url, &check) == 0 &&
		       check.count > 0;
	case SETTING_KIND_REDIS:
		return length == 0 || is_redis_url(value);
	}
	return false;
}

static void describe_allowed(const struct setting_rule *rule,
			     struct buffer *out)
{
	switch (rule->kind) {
	case SETTING_KIND_TEXT:
		buffer_text(out, "text without control characters");
		break;
	case SETTING_KIND_PATH:
		buffer_text(out, "a path");
		break;
	case SETTING_KIND_NUMBER:
		buffer_format(out, "a whole number from %lld to %lld",
			      rule->least, rule->most);
		break;
	case SETTING_KIND_CHOICE:
		buffer_format(out, "one of: %s", rule->allowed);
		break;
	case SETTING_KIND_URL:
		buffer_format(
			out, "empty, or a URL that begins with one of: %s%s",
			rule->allowed,
			is_base(rule->allowed) ? ", without ? and #" : "");
		break;
	case SETTING_KIND_URLS:
		buffer_format(out,
			      "URLs between spaces, each beginning with one "
			      "of: %s%s",
			      rule->allowed,
			      is_base(rule->allowed) ? ", without ? and #"
						     : "");
		break;
	case SETTING_KIND_REDIS:
		buffer_text(out, "empty, or " REDIS_URL_FORM "; rediss:// is "
				 "not, as hiredis 0.14 has no TLS");
		break;
	}
}

/* A value as an error shows it: its secrets masked, one line, and short enough
 * to leave room for what is allowed. */
static void show_value(const char *value, struct buffer *out)
{
	struct buffer masked = BUFFER_EMPTY;
	size_t at = 0, step;

	setting_rule_mask(value, &masked);
	while (at < masked.length && at < SHOWN_MAX_BYTES) {
		step = text_utf8_step(masked.data + at, masked.length - at);
		if (step == 0 || text_has_control(masked.data + at, step))
			buffer_text(out, TEXT_REPLACEMENT);
		else
			buffer_append(out, masked.data + at, step);
		at += step != 0 ? step : 1;
	}
	if (at < masked.length)
		buffer_text(out, "…");
	buffer_free(&masked);
}

int setting_rule_check(const struct setting_rule *rule, const char *value,
		       struct error *err)
{
	struct buffer allowed = BUFFER_EMPTY;
	struct buffer shown = BUFFER_EMPTY;

	if (!text_has_control(value, strlen(value)) && is_allowed(rule, value))
		return 0;
	describe_allowed(rule, &allowed);
	show_value(value, &shown);
	error_set(err, EX_CONFIG, "%s is \"%s\", allowed is %s", rule->name,
		  shown.length != 0 ? shown.data : "",
		  allowed.length != 0 ? allowed.data : "?");
	buffer_free(&allowed);
	buffer_free(&shown);
	return -1;
}

/* In scheme://user:password@host the password ends at the last `@`: one that
 * holds a raw `/` is none to a URL parser, but still a secret. */
static void mask_userinfo(const char *url, size_t length, struct buffer *out)
{
	static const char scheme_characters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789+-.";
	const char *at = memrchr(url, '@', length);
	const char *user = url + strspn(url, scheme_characters);
	const char *colon = NULL;

	user = strncmp(user, "://", 3) == 0 ? user + 3 : url;
	if (at != NULL && user < at)
		colon = memchr(user, ':', (size_t)(at - user));
	if (colon != NULL) {
		buffer_append(out, url, (size_t)(colon + 1 - url));
		buffer_text(out, "***");
		length -= (size_t)(at - url);
		url = at;
	}
	buffer_append(out, url, length);
}

/* The value of the first parameter, or NULL: libpq takes passwords as
 * parameters too (password, sslpassword). What only ends in such a name is part
 * of something else, which may be a password that is to be masked whole. */
static const char *find_parameter(const char *word, const char *end)
{
	static const char parameter[] = "password=";
	const char *from = word, *found, *name;

	while ((found = memmem(from, (size_t)(end - from), parameter,
			       sizeof(parameter) - 1)) != NULL) {
		from = found + sizeof(parameter) - 1;
		name = found;
		if (name - word >= 3 && memcmp(name - 3, "ssl", 3) == 0)
			name -= 3;
		if (name == word || strchr("?&;", name[-1]) != NULL)
			return from;
	}
	return NULL;
}

/* One URL. */
static void mask_word(const char *word, size_t length, struct buffer *out)
{
	struct buffer rest = BUFFER_EMPTY;
	const char *end = word + length;
	const char *found;

	while ((found = find_parameter(word, end)) != NULL) {
		buffer_append(&rest, word, (size_t)(found - word));
		buffer_text(&rest, "***");
		word = found + strcspn(found, "& ");
	}
	buffer_append(&rest, word, (size_t)(end - word));
	if (buffer_check(&rest, NULL) == 0)
		mask_userinfo(rest.data, rest.length, out);
	else
		out->has_failed = true;
	buffer_free(&rest);
}

void setting_rule_mask(const char *value, struct buffer *out)
{
	size_t length;

	while (*value != '\0') {
		length = strcspn(value, " ");
		if (length > 0)
			mask_word(value, length, out);
		else
			buffer_char(out, ' ');
		value += length > 0 ? length : 1;
	}
}
