/* base/redis_url.h: a URL taken apart is put together and taken apart as the
 * same; an error never shows it. */
#include "base/redis_url.h"
#include "base/server_url.h"
#include "base/text.h"
#include "fuzz.h"

#define MAX_BYTES 256
#define SECRET "s3cretW0rd"

static void put_together(const struct redis_url *url, struct buffer *out)
{
	bool is_address = strchr(url->host, ':') != NULL;

	buffer_text(out, "redis://");
	text_percent_encode(out, url->user, strlen(url->user));
	buffer_char(out, ':');
	text_percent_encode(out, url->password, strlen(url->password));
	buffer_text(out, is_address ? "@[" : "@");
	text_percent_encode(out, url->host, strlen(url->host));
	buffer_format(out, "%s:%d/%d", is_address ? "]" : "", url->port,
		      url->database);
}

static void check_again(const struct redis_url *url)
{
	static struct buffer text;
	struct redis_url again;

	buffer_clear(&text);
	put_together(url, &text);
	FUZZ_CHECK(redis_url_read(text.data, &again, NULL) == 0);
	FUZZ_CHECK(again.port == url->port);
	FUZZ_CHECK(again.database == url->database);
	FUZZ_CHECK(strcmp(again.user, url->user) == 0);
	FUZZ_CHECK(strcmp(again.password, url->password) == 0);
	FUZZ_CHECK(strcmp(again.host, url->host) == 0);
	redis_url_free(&again);
}

FUZZ_TARGET(redis_url, MAX_BYTES)
{
	static char room[MAX_BYTES + 1];
	const char *text = fuzz_text(room, sizeof(room), data, size);
	struct redis_url url = {0};
	struct error err = {0};

	if (redis_url_read(text, &url, &err) != 0) {
		FUZZ_CHECK(err.code == EX_CONFIG && url.user == NULL);
		FUZZ_CHECK(strstr(err.message, SECRET) == NULL);
		return;
	}
	FUZZ_CHECK(url.port >= 1 && url.port <= 65535);
	FUZZ_CHECK(url.database >= 0 && url.database <= REDIS_URL_DATABASE_MAX);
	FUZZ_CHECK(url.host[0] != '\0');
	FUZZ_CHECK(strlen(url.password) <= SERVER_URL_PART_MAX_BYTES);
	FUZZ_CHECK(url.user[0] == '\0' || url.password[0] != '\0');
	check_again(&url);
	redis_url_free(&url);
}
